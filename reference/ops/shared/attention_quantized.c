#include "reference/ops/shared/attention_quantized.h"

#include "reference/ops/shared/quantize.h"

#include <math.h>

enum { SCALES = 3, ZERO_POINTS = 7 };
typedef enum { PLACE_Q, PLACE_K, PLACE_P, PLACE_V } Place;
static const char *const names[] = { "q", "k", "p", "v" };

typedef struct {
    DType          target;
    const Tensor  *scale, *zero_point;
    int64_t        block[4]; /* 0: the whole axis */
    int64_t        strides[4];
} Fake;

static char *attribute_of(Place place, const char *suffix)
{
    return g_strconcat(names[place], suffix, NULL);
}

static gboolean read_block(const Eval *ev, Place place, Fake *f, GError **error)
{
    g_autofree char *name = attribute_of(place, "_block");
    gsize n = 0;
    const int64_t *block = place == PLACE_P ? NULL : eval_ints(ev, name, &n);
    if (n != 0 && n != 4)
        return eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected 4", name, n);
    for (gsize d = 0; d < n; d++) {
        if (block[d] != -1 && block[d] < 1)
            return eval_fail(error, "%s has the entry %" G_GINT64_FORMAT ", expected -1 or at least 1", name, block[d]);
        f->block[d] = MAX(block[d], 0);
    }
    return TRUE;
}

static gboolean check_scale(Place place, Fake *f, const Shape *x, GError **error)
{
    Shape wanted = SHAPE(1, 1, 1, 1);
    for (int d = 0; d < 4; d++)
        if (f->block[d] > 0)
            wanted.dims[d] = x->dims[d] / f->block[d] + (x->dims[d] % f->block[d] != 0);
    const gboolean single = f->scale->shape.rank == 0 && shape_count(&wanted) == 1;
    if (!single && !shape_equal(&f->scale->shape, &wanted)) {
        g_autofree char *found = shape_to_string(&f->scale->shape), *due = shape_to_string(&wanted);
        return eval_fail(error, "%s_scale has shape %s, expected %s", names[place], found, due);
    }
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(&wanted, strides);
    for (int d = 0; d < 4; d++)
        f->strides[d] = f->block[d] > 0 ? strides[d] : 0;
    if (f->zero_point && !shape_equal(&f->zero_point->shape, &f->scale->shape)) {
        g_autofree char *found = shape_to_string(&f->zero_point->shape), *due = shape_to_string(&f->scale->shape);
        return eval_fail(error, "%s_zero_point has shape %s, expected %s like the scale", names[place], found, due);
    }
    return TRUE;
}

/* *present: whether this place is quantized. */
static gboolean read_fake(const Eval *ev, Place place, const Shape *x, Fake *f, gboolean *present, GError **error)
{
    g_autofree char *name = attribute_of(place, "_dtype");
    const int64_t type = eval_int(ev, name);
    *f = (Fake){ .scale = eval_input(ev, SCALES + (gsize)place), .zero_point = eval_input(ev, ZERO_POINTS + (gsize)place) };
    *present = type != 0;
    if (type == 0)
        return (!f->scale && !f->zero_point) || eval_fail(error, "%s_scale or %s_zero_point is given, but %s is 0", names[place], names[place], name);
    if (type != DTYPE_INT8 && type != DTYPE_UINT8 && type != DTYPE_INT4 && type != DTYPE_UINT4 && type != DTYPE_FLOAT8E4M3FN &&
        type != DTYPE_FLOAT8E5M2)
        return eval_fail(error, "%s is %" G_GINT64_FORMAT ", expected an 8- or 4-bit integer, FLOAT8E4M3FN or FLOAT8E5M2", name, type);
    f->target = (DType)type;
    if (!f->scale)
        return eval_fail(error, "%s is given without %s_scale", name, names[place]);
    if (f->zero_point && f->zero_point->dtype != f->target)
        return eval_fail(error, "%s_zero_point is %s, expected %s", names[place], dtype_name(f->zero_point->dtype), dtype_name(f->target));
    if (f->zero_point && dtype_is_float(f->target))
        return eval_fail(error, "%s_zero_point is given for %s, which takes none", names[place], dtype_name(f->target));
    return read_block(ev, place, f, error) && check_scale(place, f, x, error);
}

/* ---- values ---------------------------------------------------------------------------------------------------------------- */

static double code_of(DType target, double quotient, double zero_point)
{
    if (dtype_is_integer(target))
        return quantize_to_range(quotient, zero_point, (double)dtype_min(target), (double)dtype_max(target));
    const FloatFormat *format = dtype_info(target)->format;
    return float_decode(format, float_encode(format, quotient, OVERFLOW_SATURATE));
}

/* *sure: another correct way to divide finds the same code. */
static double fake(DType target, double x, double scale, double zero_point, gboolean *sure)
{
    const double quotient = (double)(float)(x / scale), code = code_of(target, quotient, zero_point);
    if (quotient * scale != x)
        *sure &= code_of(target, quotient * (1 - 0x1p-22), zero_point) == code && code_of(target, quotient * (1 + 0x1p-22), zero_point) == code;
    return (double)(float)((code - zero_point) * scale);
}

static gboolean fake_tensor(const Fake *f, const Tensor *x, Tensor **out, gboolean *sure, GError **error)
{
    if (!(*out = tensor_new_uninitialised(x->dtype, &x->shape, error)))
        return FALSE;
    for (int64_t i = 0; i < x->count; i++) {
        int64_t at = 0, rest = i;
        for (int d = 4; d-- > 0; rest /= x->shape.dims[d])
            at += f->block[d] > 0 ? rest % x->shape.dims[d] / f->block[d] * f->strides[d] : 0;
        const double zero = f->zero_point ? (double)tensor_get_int(f->zero_point, at) : 0;
        tensor_set_double(*out, i, fake(f->target, tensor_get_double(x, i), tensor_get_double(f->scale, at), zero, sure));
    }
    return TRUE;
}

static gboolean operand(Eval *ev, Stages *s, Place place, gsize which, GError **error)
{
    const Tensor **operands[] = { &s->q, &s->k, &s->v };
    Fake f;
    gboolean present;
    if (!read_fake(ev, place, &(*operands[which])->shape, &f, &present, error))
        return FALSE;
    if (!present)
        return TRUE;
    if (!fake_tensor(&f, *operands[which], &s->own[which], &s->certified, error))
        return FALSE;
    *operands[which] = s->own[which];
    return TRUE;
}

/* ---- hooks ----------------------------------------------------------------------------------------------------------------- */

static gboolean round_through(Eval *ev, Stages *s, const char *attribute, GError **error)
{
    const DType type = (DType)eval_int(ev, attribute);
    Tensor **const all[] = { &s->scores, &s->low, &s->high };
    for (gsize t = 0; type != DTYPE_FLOAT && t < G_N_ELEMENTS(all); t++) {
        if (!*all[t])
            continue;
        Tensor *rounded = tensor_copy(*all[t], error);
        if (!rounded)
            return FALSE;
        for (int64_t i = 0; i < rounded->count; i++)
            tensor_set_double(rounded, i, quantize_round(dtype_info(type)->format, tensor_get_double(rounded, i)));
        tensor_unref(*all[t]);
        *all[t] = rounded;
    }
    return TRUE;
}

static gboolean score(Eval *ev, Stages *s, GError **error)
{
    if (!round_through(ev, s, "qk_accum", error))
        return FALSE;
    if (eval_int(ev, "is_causal"))
        stages_hide_later_keys(s);
    return stages_through_graph(ev, s, "score_mod", error);
}

static gboolean prob(Eval *ev, Stages *s, GError **error)
{
    Fake f;
    gboolean present;
    if (!read_fake(ev, PLACE_P, &s->scores->shape, &f, &present, error))
        return FALSE;
    /* Only known probabilities are followed: the ends of the others may have different codes. */
    s->certified &= !s->low || tensor_equal(s->low, s->high);
    g_clear_pointer(&s->low, tensor_unref);
    g_clear_pointer(&s->high, tensor_unref);
    Tensor *out = NULL;
    if (!fake_tensor(&f, s->scores, &out, &s->certified, error))
        return FALSE;
    tensor_unref(s->scores);
    s->scores = out;
    return TRUE;
}

static gboolean last(Eval *ev, Stages *s, GError **error)
{
    return round_through(ev, s, "pv_accum", error);
}

static gboolean check_accumulation(const Eval *ev, const char *name, GError **error)
{
    const int64_t type = eval_int(ev, name);
    return type == DTYPE_FLOAT || type == DTYPE_FLOAT16 || type == DTYPE_BFLOAT16 ||
           eval_fail(error, "%s is %" G_GINT64_FORMAT ", expected 1, 10 or 16", name, type);
}

gboolean quantized_read(Eval *ev, Stages *s, GError **error)
{
    s->q = eval_input(ev, 0);
    s->k = eval_input(ev, 1);
    s->v = eval_input(ev, 2);
    s->score = score;
    s->dtype = DTYPE_FLOAT;
    if (!stages_check_shapes(s, error) || !check_accumulation(ev, "qk_accum", error) || !check_accumulation(ev, "pv_accum", error) ||
        !operand(ev, s, PLACE_Q, 0, error) || !operand(ev, s, PLACE_K, 1, error) || !operand(ev, s, PLACE_V, 2, error))
        return FALSE;
    const Shape probabilities = SHAPE(s->batch, s->heads, s->queries, s->keys);
    Fake f;
    gboolean present;
    if (!read_fake(ev, PLACE_P, &probabilities, &f, &present, error))
        return FALSE;
    s->prob = present ? prob : NULL;
    s->last = eval_int(ev, "pv_accum") != DTYPE_FLOAT ? last : NULL;
    const float scale = eval_float(ev, "scale");
    stages_set_scale(s, DTYPE_FLOAT, eval_has(ev, "scale") ? &scale : NULL);
    return TRUE;
}
