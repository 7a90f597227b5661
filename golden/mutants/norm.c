/* RMSNormalization-23, LayerNormalization-17 and RotaryEmbedding-23. */
#include "golden/mutants/functions.h"
#include "golden/mutants/sums.h"

#include <math.h>

MUTANT_DEFINE(rms_epsilon_outside, "rms-epsilon-outside", MUST_DIE, 44, "RMSNormalization adds epsilon to the root, not under it")
MUTANT_DEFINE(rms_no_epsilon, "rms-no-epsilon", MUST_DIE, 44, "RMSNormalization leaves epsilon out")
MUTANT_DEFINE(rms_ddof, "rms-n-minus-1", MUST_DIE, 44, "RMSNormalization divides the sum of squares by n - 1")
MUTANT_DEFINE(rms_own_type, "rms-squares-in-own-type", MUST_DIE, 29, "RMSNormalization squares and sums in the type of X, not in the stash type")
MUTANT_DEFINE(rms_last_axis, "rms-last-axis", MUST_DIE, 22, "RMSNormalization takes the last axis alone whatever axis says")
MUTANT_DEFINE(rms_plus_one, "rms-scale-plus-1", MUST_DIE, 0, "RMSNormalization multiplies by 1 + scale")
MUTANT_DEFINE(rms_scale_last, "rms-scale-before-cast", MUST_LIVE, 0, "RMSNormalization multiplies by the scale before the cast to the type of X")
MUTANT_DEFINE(rms_reciprocal, "rms-reciprocal", MUST_LIVE, 0, "RMSNormalization multiplies by the reciprocal of the root")
MUTANT_DEFINE(layer_epsilon_outside, "layer-epsilon-outside", MUST_DIE, 44, "LayerNormalization adds epsilon to the deviation, not to the variance")
MUTANT_DEFINE(layer_ddof, "layer-n-minus-1", MUST_DIE, 44, "LayerNormalization divides the sum of squares by n - 1")
MUTANT_DEFINE(rope_layout, "rope-layouts-swapped", MUST_DIE, 43, "RotaryEmbedding pairs halves where interleaved = 1 and neighbours where it is 0")
MUTANT_DEFINE(rope_position, "rope-position-off-by-1", MUST_DIE, 43, "RotaryEmbedding uses the row of the cache after the one asked for")
MUTANT_DEFINE(rope_direction, "rope-turns-back", MUST_DIE, 43, "RotaryEmbedding turns by the negative angle")
MUTANT_DEFINE(rope_pass, "rope-turns-the-rest", MUST_DIE, 43, "RotaryEmbedding gives zeros for the channels that it leaves alone")
MUTANT_DEFINE(rope_positions, "rope-ignores-positions", MUST_DIE, 43, "RotaryEmbedding takes the position in the sequence for position_ids")
MUTANT_DEFINE(rope_batch, "rope-first-batch", MUST_DIE, 43, "RotaryEmbedding uses the angles of the first batch for all")

/* ---- norms -------------------------------------------------------------------------------------------------------------- */

static double mean_square(DType type, const double *v, int64_t n)
{
    const DType own = mutant(rms_own_type) ? type : naive_compute_type(type);
    return format_round(own, sums_dot(own, v, 1, v, 1, n) / (double)(n > 1 && mutant(rms_ddof) ? n - 1 : n));
}

static gboolean rms_normalization(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *scale = eval_input(ev, 1);
    int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0 || eval_int(ev, "stash_type") != DTYPE_FLOAT || x->dtype == DTYPE_DOUBLE || !shape_broadcasts_to(&scale->shape, &x->shape))
        return eval_own_kernel(ev, error);
    if (mutant(rms_last_axis))
        axis = x->shape.rank - 1;
    const int64_t n = naive_span(&x->shape, axis, x->shape.rank);
    const DType type = DTYPE_FLOAT;
    const double epsilon = mutant(rms_no_epsilon) ? 0 : (double)eval_float(ev, "epsilon");
    g_autofree double *v = naive_read(x), *s = naive_read(scale), *y = g_new(double, x->count + 1);
    for (int64_t i = 0; i < x->count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&x->shape, i, index);
        const double square = mean_square(x->dtype, v + i / n * n, n);
        const double root = mutant(rms_epsilon_outside) ? format_round(type, sqrt(square) + epsilon)
                                                        : format_round(type, function_sqrt(format_round(type, square + epsilon)));
        double normal = format_round(type, mutant(rms_reciprocal) ? v[i] * format_round(type, 1 / root) : v[i] / root);
        if (!mutant(rms_scale_last))
            normal = format_round(x->dtype, normal);
        y[i] = normal * (s[naive_broadcast(&scale->shape, x->shape.rank, index)] + (mutant(rms_plus_one) ? 1 : 0));
    }
    return naive_give(ev, 0, scale->dtype, &x->shape, y, error);
}
NAIVE_DEFINE(rms_normalization, "RMSNormalization", "", rms_normalization)

static gboolean layer_normalization(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *scale = eval_input(ev, 1), *bias = eval_input(ev, 2);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0 || x->dtype != DTYPE_FLOAT || eval_output_count(ev) > 1 || x->count == 0 ||
        !shape_broadcasts_to(&scale->shape, &x->shape) || (bias && !shape_broadcasts_to(&bias->shape, &x->shape)))
        return eval_own_kernel(ev, error);
    const int64_t n = naive_span(&x->shape, axis, x->shape.rank);
    const double epsilon = (double)eval_float(ev, "epsilon");
    const DType type = DTYPE_FLOAT;
    g_autofree double *v = naive_read(x), *s = naive_read(scale), *b = bias ? naive_read(bias) : NULL;
    g_autofree double *d = g_new(double, n + 1), *y = g_new(double, x->count + 1);
    for (int64_t line = 0; line < x->count / n; line++) {
        const double mean = format_round(type, sums_dot(type, v + line * n, 1, NULL, 0, n) / (double)n);
        for (int64_t i = 0; i < n; i++)
            d[i] = format_round(type, v[line * n + i] - mean);
        const double variance = format_round(type, sums_dot(type, d, 1, d, 1, n) / (double)(n > 1 && mutant(layer_ddof) ? n - 1 : n));
        const double deviation = mutant(layer_epsilon_outside) ? format_round(type, function_sqrt(variance) + epsilon)
                                                               : format_round(type, function_sqrt(format_round(type, variance + epsilon)));
        for (int64_t i = 0; i < n; i++) {
            int64_t index[SHAPE_MAX_RANK];
            naive_unravel(&x->shape, line * n + i, index);
            double z = format_round(type, format_round(type, d[i] / deviation) * s[naive_broadcast(&scale->shape, x->shape.rank, index)]);
            y[line * n + i] = b ? z + b[naive_broadcast(&bias->shape, x->shape.rank, index)] : z;
        }
    }
    return naive_give(ev, 0, x->dtype, &x->shape, y, error);
}
NAIVE_DEFINE(layer_normalization, "LayerNormalization", "", layer_normalization)

/* ---- RotaryEmbedding ------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t batch, heads, length, depth, turned; /* turned: channels that are rotated */
    gboolean heads_last; /* X is [B, S, H * D] */
} Rope;

static gboolean read_rope(Eval *ev, Rope *r)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t *d = x->shape.dims;
    const int64_t heads = eval_has(ev, "num_heads") ? eval_int(ev, "num_heads") : 0;
    r->heads_last = x->shape.rank == 3;
    if (x->shape.rank != 4 && (x->shape.rank != 3 || heads < 1 || d[2] % heads))
        return FALSE;
    *r = r->heads_last ? (Rope){ d[0], heads, d[1], d[2] / heads, 0, TRUE } : (Rope){ d[0], d[1], d[2], d[3], 0, FALSE };
    r->turned = eval_int(ev, "rotary_embedding_dim") ? eval_int(ev, "rotary_embedding_dim") : r->depth;
    const Tensor *c = eval_input(ev, 1), *s = eval_input(ev, 2), *p = eval_input(ev, 3);
    return r->turned % 2 == 0 && r->turned <= r->depth && shape_equal(&c->shape, &s->shape) && c->shape.rank == (p ? 2 : 3) &&
           c->shape.dims[c->shape.rank - 1] == r->turned / 2 &&
           (p ? p->count == r->batch * r->length : c->shape.dims[0] == r->batch && c->shape.dims[1] == r->length);
}

/* The row of the caches for a position; -1 if there is none. */
static int64_t angle_row(const Tensor *cache, const Tensor *positions, const Rope *r, int64_t b, int64_t s)
{
    const int64_t rows = cache->count / (r->turned / 2);
    if (mutant(rope_batch))
        b = 0;
    int64_t row = b * r->length + s;
    if (positions)
        row = mutant(rope_positions) ? s : tensor_get_int(positions, row);
    if (mutant(rope_position))
        row = (row + 1) % MAX(rows, 1);
    return row >= 0 && row < rows ? row : -1;
}

static gboolean rotary_embedding(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *positions = eval_input(ev, 3);
    Rope r;
    if (!read_rope(ev, &r) || r.turned == 0)
        return eval_own_kernel(ev, error);
    g_autofree double *v = naive_read(x), *c = naive_read(eval_input(ev, 1)), *s = naive_read(eval_input(ev, 2));
    g_autofree double *y = g_new(double, x->count + 1);
    const gboolean neighbours = (eval_int(ev, "interleaved") != 0) != mutant(rope_layout);
    const int64_t half = r.turned / 2;
    const DType type = naive_compute_type(x->dtype);
    for (int64_t i = 0; i < x->count / MAX(r.depth, 1); i++) {
        const int64_t b = i / (r.heads * r.length), t = r.heads_last ? i / r.heads % r.length : i % r.length;
        const int64_t row = angle_row(eval_input(ev, 1), positions, &r, b, t);
        if (row < 0)
            return eval_own_kernel(ev, error);
        const double *from = v + i * r.depth;
        double *to = y + i * r.depth;
        for (int64_t k = r.turned; k < r.depth; k++)
            to[k] = mutant(rope_pass) ? 0 : from[k];
        for (int64_t k = 0; k < half; k++) {
            const int64_t p = neighbours ? 2 * k : k, q = neighbours ? 2 * k + 1 : k + half;
            const double cosine = c[row * half + k], sine = mutant(rope_direction) ? -s[row * half + k] : s[row * half + k];
            to[p] = format_round(type, cosine * from[p]) - format_round(type, sine * from[q]);
            to[q] = format_round(type, sine * from[p]) + format_round(type, cosine * from[q]);
        }
    }
    return naive_give(ev, 0, x->dtype, &x->shape, y, error);
}
NAIVE_DEFINE(rotary_embedding, "RotaryEmbedding", "", rotary_embedding)
