/* QuantizeLinear and DequantizeLinear, of the default domain and with blocks on several axes.
 * Text: y = saturate(round(x / scale) + zero_point), x first brought to the precision; y = (x - zero_point) * scale. */
#include "golden/mutants/naive.h"

#include <math.h>

MUTANT_DEFINE(q_truncates, "q-truncates", MUST_DIE, 1, "QuantizeLinear drops the fraction of the quotient")
MUTANT_DEFINE(q_half_away, "q-half-away", MUST_DIE, 2, "QuantizeLinear rounds ties away from zero")
MUTANT_DEFINE(q_half_up, "q-half-up", MUST_DIE, 3, "QuantizeLinear rounds by floor(t + 1/2)")
MUTANT_DEFINE(q_zero_point_first, "q-zero-point-first", MUST_DIE, 13, "QuantizeLinear adds the zero point before it rounds")
MUTANT_DEFINE(q_saturates_first, "q-saturates-first", MUST_DIE, 14, "QuantizeLinear saturates, adds the zero point and wraps")
MUTANT_DEFINE(q_clips_symmetric, "q-clips-symmetric", MUST_DIE, 15, "QuantizeLinear never gives the lowest value of a signed type")
MUTANT_DEFINE(q_wraps, "q-wraps", MUST_DIE, 16, "QuantizeLinear keeps the low bits instead of saturating")
MUTANT_DEFINE(q_ignores_zero_point, "q-ignores-zero-point", MUST_DIE, 20, "QuantizeLinear does not add the zero point")
MUTANT_DEFINE(q_f8_truncates, "q-f8-truncates", MUST_DIE, 1, "QuantizeLinear to a float type cuts the significand off")
MUTANT_DEFINE(q_f8_overflows, "q-f8-overflows", MUST_DIE, 6, "QuantizeLinear to float8 never saturates")
MUTANT_DEFINE(q_f8_always_saturates, "q-f8-always-saturates", MUST_DIE, 7, "QuantizeLinear to float8 ignores saturate = 0")
MUTANT_DEFINE(q_infinity_wraps, "q-infinity-wraps", MUST_DIE, 16, "QuantizeLinear goes through int32: beyond it lies the lowest int32")
MUTANT_DEFINE(q_uint8_default, "q-default-int8", MUST_DIE, 19, "QuantizeLinear without zero point and output_dtype gives the range of int8")
MUTANT_DEFINE(q_reciprocal, "q-reciprocal", MUST_LIVE, 0, "QuantizeLinear multiplies by the rounded reciprocal, and divides where that lands on a tie")
MUTANT_DEFINE(q_wide, "q-divides-in-double", MUST_LIVE, 0, "QuantizeLinear divides in double whatever the precision is")
MUTANT_DEFINE(dq_ignores_zero_point, "dq-ignores-zero-point", MUST_DIE, 20, "DequantizeLinear does not subtract the zero point")
MUTANT_DEFINE(dq_wraps, "dq-wraps", MUST_DIE, 16, "DequantizeLinear subtracts the zero point in the quantized type, wrapping")
MUTANT_DEFINE(dq_adds_zero_point, "dq-adds-zero-point", MUST_DIE, 20, "DequantizeLinear adds the zero point")
MUTANT_DEFINE(dq_int32_through_float, "dq-int32-through-f16", MUST_DIE, 4, "DequantizeLinear rounds x - zero point to float16 before the product")
MUTANT_DEFINE(dq_scale_bf16, "dq-scale-bf16", MUST_DIE, 4, "DequantizeLinear rounds the scale to bfloat16")
MUTANT_DEFINE(dq_float_steps, "dq-float-steps", MUST_LIVE, 0, "DequantizeLinear multiplies in float and rounds once more to the output type")
MUTANT_DEFINE(blocks_transposed, "blocks-transposed", MUST_DIE, 22, "the block lengths of the last two axes are taken for each other")
MUTANT_DEFINE(blocks_ragged, "blocks-ragged-reuses", MUST_DIE, 23, "a short last block uses the scale of the block before it")
MUTANT_DEFINE(blocks_counted, "blocks-from-count", MUST_DIE, 24, "the block length is taken from floor(size / number of scales)")
MUTANT_DEFINE(blocks_first, "blocks-first-scale", MUST_DIE, 25, "every element uses the first scale")
MUTANT_DEFINE(blocks_first_zero, "blocks-first-zero-point", MUST_DIE, 21, "every element uses the first zero point")
MUTANT_DEFINE(blocks_run_on, "blocks-run-on", MUST_DIE, 26, "blocks are counted over the flat tensor and run on across rows")
MUTANT_DEFINE(blocks_by_ceiling, "blocks-smallest-length", MUST_DIE, 24, "the smallest block length that gives the number of scales is used instead of the one given")
MUTANT_DEFINE(blocks_axis_ignored, "blocks-axis-last", MUST_DIE, 22, "a scale of rank 1 is taken along the last axis whatever axis says")

/* ---- which scale ------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t length[SHAPE_MAX_RANK]; /* of a block on each axis; the whole axis: its size */
} Blocks;

static void whole(const Shape *x, Blocks *b)
{
    for (int d = 0; d < x->rank; d++)
        b->length[d] = MAX(x->dims[d], 1);
}

/* Default domain: per tensor, per axis, blocks on one axis. FALSE: not of this form, for the operator's own kernel to refuse. */
static gboolean linear_blocks(const Eval *ev, const Shape *x, const Tensor *scale, Blocks *b)
{
    whole(x, b);
    const int64_t block = eval_int(ev, "block_size");
    int64_t axis = eval_has(ev, "axis") ? eval_int(ev, "axis") : 1;
    axis += axis < 0 ? x->rank : 0;
    if (block == 0 && scale->count == 1)
        return TRUE;
    if (block < 0 || axis < 0 || axis >= x->rank)
        return FALSE;
    if (block == 0) {
        b->length[mutant(blocks_axis_ignored) && x->dims[x->rank - 1] == scale->count ? x->rank - 1 : axis] = 1;
        return TRUE;
    }
    for (int d = 0; d < x->rank; d++)
        b->length[d] = d == axis ? block : 1;
    if (mutant(blocks_by_ceiling) && scale->shape.rank == x->rank && scale->shape.dims[axis] && x->dims[axis])
        b->length[axis] = (x->dims[axis] + scale->shape.dims[axis] - 1) / scale->shape.dims[axis];
    return TRUE;
}

/* assay.block_qdq: block_shape, one length an axis; axes and block_sizes, one for those listed and 1 elsewhere. */
static gboolean listed_blocks(const Eval *ev, const Shape *x, const Tensor *scale, Blocks *b)
{
    gsize n, m, sizes_n;
    const int64_t *shape = eval_ints(ev, "block_shape", &n), *axes = eval_ints(ev, "axes", &m);
    const int64_t *sizes = eval_ints(ev, "block_sizes", &sizes_n);
    whole(x, b);
    if (!n && !m)
        return linear_blocks(ev, x, scale, b);
    if (n ? n != (gsize)x->rank : m != sizes_n)
        return FALSE;
    for (int d = 0; d < x->rank; d++)
        b->length[d] = !n ? 1 : shape[d] == -1 ? MAX(x->dims[d], 1) : shape[d];
    for (gsize i = 0; !n && i < m; i++) {
        const int64_t d = axes[i] < 0 ? axes[i] + x->rank : axes[i];
        if (d < 0 || d >= x->rank)
            return FALSE;
        b->length[d] = sizes[i] == -1 ? MAX(x->dims[d], 1) : sizes[i];
    }
    for (int d = 0; d < x->rank; d++)
        if (b->length[d] < 1)
            return FALSE;
    return TRUE;
}

typedef gboolean (*FindBlocks)(const Eval *ev, const Shape *x, const Tensor *scale, Blocks *b);

static int64_t block_of(int64_t i, int64_t size, int64_t length)
{
    const int64_t blocks = (size + length - 1) / length;
    if (mutant(blocks_counted) && length < size)
        return MIN(i / MAX(size / blocks, 1), blocks - 1);
    const int64_t block = i / length;
    return mutant(blocks_ragged) && block > 0 && (block + 1) * length > size ? block - 1 : block;
}

/* The element of the scale for each element of x. */
static int64_t *scale_indices(const Shape *x, Blocks b, const Tensor *scale)
{
    const int64_t count = naive_span(x, 0, x->rank);
    int64_t *of = g_new(int64_t, count + 1);
    if (x->rank >= 2 && mutant(blocks_transposed)) {
        const int64_t last = b.length[x->rank - 1];
        b.length[x->rank - 1] = b.length[x->rank - 2];
        b.length[x->rank - 2] = last;
    }
    const gboolean run_on = mutant(blocks_run_on), first = mutant(blocks_first);
    for (int64_t i = 0; i < count; i++) {
        int64_t index[SHAPE_MAX_RANK], flat = 0;
        naive_unravel(x, i, index);
        for (int d = 0; d < x->rank; d++)
            flat = flat * ((x->dims[d] + b.length[d] - 1) / b.length[d]) + block_of(index[d], x->dims[d], b.length[d]);
        if (run_on && x->rank && b.length[x->rank - 1] > 1 && b.length[x->rank - 1] < x->dims[x->rank - 1])
            flat = i / b.length[x->rank - 1];
        of[i] = first ? 0 : MIN(flat, scale->count - 1);
    }
    return of;
}

/* ---- quantizing ---------------------------------------------------------------------------------------------------------- */

static DType quantized_type(const Eval *ev, const Tensor *zero_point)
{
    const int64_t given = eval_has(ev, "output_dtype") ? eval_int(ev, "output_dtype") : 0;
    return given ? (DType)given : zero_point ? zero_point->dtype : DTYPE_UINT8;
}

static DType division_type(const Eval *ev, const Tensor *scale)
{
    const int64_t given = eval_has(ev, "precision") ? eval_int(ev, "precision") : 0;
    if (mutant(q_wide))
        return DTYPE_DOUBLE;
    if (given)
        return (DType)given;
    return scale->dtype == DTYPE_FLOAT8E8M0 ? DTYPE_FLOAT : scale->dtype == DTYPE_INT32 ? DTYPE_DOUBLE : scale->dtype;
}

static double quotient(DType precision, double x, double s)
{
    const double a = format_round(precision, x), b = format_round(precision, s);
    const double exact = format_round(precision, a / b);
    if (!mutant(q_reciprocal) || precision == DTYPE_DOUBLE || b == 0 || !isfinite(a) || !isfinite(b))
        return exact;
    /* In float, also for narrower types: a reciprocal rounded to those would be no correct way to divide. */
    const double product = (double)((float)a * (1.0f / (float)b));
    return fabs(exact - trunc(exact)) == 0.5 || !isfinite(product) ? exact : format_round(precision, product);
}

static double to_integer(double t, double z, double low, double high)
{
    if (isnan(t))
        return 0;
    if (mutant(q_zero_point_first)) {
        t += z;
        z = 0;
    }
    if (mutant(q_infinity_wraps) && !(fabs(t) < 0x1p31))
        t = -0x1p31;
    t = mutant(q_truncates)   ? trunc(t)
        : mutant(q_half_away) ? round(t)
        : mutant(q_half_up)   ? floor(t + 0.5)
                              : nearbyint(t);
    if (mutant(q_ignores_zero_point))
        z = 0;
    if (mutant(q_saturates_first))
        t = MAX(MIN(t, high), low);
    else if (!mutant(q_wraps) || fabs(t + z) >= 0x1p62)
        return MAX(MIN(t + z, high), mutant(q_clips_symmetric) && low < 0 ? low + 1 : low);
    return (double)(int64_t)(t + z);
}

static gboolean give_quantized(Eval *ev, DType to, const Shape *shape, double *y, const double *t, const double *z,
                               GError **error)
{
    const int64_t count = naive_span(shape, 0, shape->rank);
    if (!format_is_float(to)) {
        const gboolean narrow = mutant(q_uint8_default) && !eval_input(ev, 2) && to == DTYPE_UINT8;
        const double low = (double)(narrow ? -128 : format_int_min(to)), high = (double)(narrow ? 127 : format_int_max(to));
        for (int64_t i = 0; i < count; i++)
            y[i] = to_integer(t[i], z ? z[i] : 0, low, high);
        return naive_give(ev, 0, to, shape, y, error);
    }
    gboolean saturate = !eval_has(ev, "saturate") || eval_int(ev, "saturate") != 0;
    saturate = (saturate && !mutant(q_f8_overflows)) || (!saturate && mutant(q_f8_always_saturates));
    const FormatRounding rounding = mutant(q_f8_truncates) ? TOWARD_ZERO : NEAREST_EVEN;
    Tensor *out = eval_output(ev, 0, to, shape, error);
    for (int64_t i = 0; out && i < count; i++)
        tensor_set_bits(out, i, format_encode(to, z ? t[i] + z[i] : t[i], rounding, saturate));
    return out != NULL;
}

static gboolean quantize(Eval *ev, FindBlocks find, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *scale = eval_input(ev, 1), *zero_point = eval_input(ev, 2);
    const DType to = quantized_type(ev, zero_point), precision = division_type(ev, scale);
    Blocks blocks;
    if (scale->count == 0 || (zero_point && zero_point->count == 0) || (!format_is_float(to) && !format_is_int(to)) ||
        !find(ev, &x->shape, scale, &blocks))
        return eval_own_kernel(ev, error);
    g_autofree double *numbers = naive_read(x), *scales = naive_read(scale);
    g_autofree double *zeros = zero_point ? naive_read(zero_point) : NULL, *z = NULL;
    g_autofree int64_t *of = scale_indices(&x->shape, blocks, scale);
    g_autofree double *t = g_new(double, x->count + 1);
    if (zeros)
        z = g_new(double, x->count + 1);
    for (int64_t i = 0; i < x->count; i++) {
        t[i] = quotient(precision, numbers[i], scales[of[i]]);
        if (zeros)
            z[i] = zeros[mutant(blocks_first_zero) ? 0 : MIN(of[i], zero_point->count - 1)];
    }
    return give_quantized(ev, to, &x->shape, numbers, t, z, error);
}

static gboolean quantize_linear(Eval *ev, GError **error)
{
    return quantize(ev, linear_blocks, error);
}

static gboolean block_quantize_linear(Eval *ev, GError **error)
{
    return quantize(ev, listed_blocks, error);
}

NAIVE_DEFINE(quantize_linear, "QuantizeLinear", "", quantize_linear)
NAIVE_DEFINE(block_quantize_linear, "QuantizeLinear", "assay.block_qdq", block_quantize_linear)

/* ---- back ---------------------------------------------------------------------------------------------------------------- */

static double difference(DType dtype, double x, double z)
{
    if (mutant(dq_ignores_zero_point))
        return x;
    if (mutant(dq_adds_zero_point))
        return x + z;
    const double d = x - z;
    if (mutant(dq_wraps) && format_is_int(dtype))
        return (double)format_int_decode(dtype, format_int_encode(dtype, (int64_t)d));
    return d;
}

static gboolean dequantize(Eval *ev, FindBlocks find, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *scale = eval_input(ev, 1), *zero_point = eval_input(ev, 2);
    const int64_t given = eval_has(ev, "output_dtype") ? eval_int(ev, "output_dtype") : 0;
    const DType to = given ? (DType)given : eval_version(ev) < 19 && *eval_node(ev)->domain == '\0' ? DTYPE_FLOAT : scale->dtype;
    Blocks blocks;
    if (scale->count == 0 || (zero_point && zero_point->count == 0) || !find(ev, &x->shape, scale, &blocks))
        return eval_own_kernel(ev, error);
    g_autofree double *numbers = naive_read(x), *scales = naive_read(scale);
    g_autofree double *zeros = zero_point ? naive_read(zero_point) : NULL;
    g_autofree int64_t *of = scale_indices(&x->shape, blocks, scale);
    for (int64_t i = 0; i < x->count; i++) {
        double s = scales[of[i]];
        double d = zeros ? difference(x->dtype, numbers[i], zeros[mutant(blocks_first_zero) ? 0 : MIN(of[i], zero_point->count - 1)])
                         : numbers[i];
        if (mutant(dq_scale_bf16))
            s = format_round(DTYPE_BFLOAT16, s);
        if (mutant(dq_int32_through_float))
            d = format_round(DTYPE_FLOAT16, d);
        numbers[i] = d * s;
        if (mutant(dq_float_steps))
            numbers[i] = (double)((float)d * (float)s);
    }
    return naive_give(ev, 0, to, &x->shape, numbers, error);
}

static gboolean dequantize_linear(Eval *ev, GError **error)
{
    return dequantize(ev, linear_blocks, error);
}

static gboolean block_dequantize_linear(Eval *ev, GError **error)
{
    return dequantize(ev, listed_blocks, error);
}

NAIVE_DEFINE(dequantize_linear, "DequantizeLinear", "", dequantize_linear)
NAIVE_DEFINE(block_dequantize_linear, "DequantizeLinear", "assay.block_qdq", block_dequantize_linear)
