/* com.microsoft MatMulNBits-1: A times the transpose of a matrix [N, K] of packed integers in blocks along K.
 *
 * Source: ONNX Runtime's description of the operator (docs/ContribOperators.md). accuracy_level permits less than the
 * result computed here; weights prepacked for a device are refused. */
#include "reference/eval/eval.h"
#include "reference/ops/shared/experts.h"
#include "reference/ops/shared/packed_weights.h"

#define I G_GINT64_FORMAT

typedef struct {
    const Tensor *a, *bias;
    Tensor *weights; /* [1, N, K] */
    int64_t rows, n, k;
    gboolean exact;
} Product;

static gboolean positive(const Eval *ev, const char *name, int64_t *value, GError **error)
{
    *value = eval_int(ev, name);
    return (*value >= 1 && *value <= G_MAXINT32) ||
           eval_fail(error, "%s is %" I ", expected 1 to 2^31 - 1", name, *value);
}

static gboolean begin(const Eval *ev, Product *p, GError **error)
{
    const int64_t bits = eval_int(ev, "bits");
    int64_t block;
    p->a = eval_input(ev, 0);
    p->bias = eval_input(ev, 5);
    const Tensor *b = eval_input(ev, 1), *scales = eval_input(ev, 2), *zero_points = eval_input(ev, 3),
                 *groups = eval_input(ev, 4);
    if (!positive(ev, "N", &p->n, error) || !positive(ev, "K", &p->k, error) ||
        !positive(ev, "block_size", &block, error))
        return FALSE;
    if (bits != 2 && bits != 4 && bits != 8)
        return eval_fail(error, "bits is %" I ", expected 2, 4 or 8", bits);
    if (block < 16 || (block & (block - 1)) != 0)
        return eval_fail(error, "block_size is %" I ", expected a power of two from 16 on", block);
    if (eval_int(ev, "weight_prepacked") != 0) {
        g_set_error_literal(error, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED,
                            "weights prepacked for a device are not implemented");
        return FALSE;
    }
    const Shape *a = &p->a->shape;
    if (a->rank < 1 || a->dims[a->rank - 1] != p->k)
        return eval_fail(error, "the last dim of A is %" I ", expected K = %" I, a->rank < 1 ? 0 : a->dims[a->rank - 1],
                         p->k);
    p->rows = shape_span(a, 0, a->rank - 1);
    const int64_t blocks = (p->k + block - 1) / block;
    if (!eval_expect_shape(b, "B", &SHAPE(p->n, blocks, block * bits / 8), error) ||
        !eval_expect_shape(scales, "scales", &SHAPE(p->n, blocks), error) ||
        !eval_expect_shape(p->bias, "bias", &SHAPE(p->n), error))
        return FALSE;
    const gboolean packed = zero_points && zero_points->dtype == DTYPE_UINT8;
    if (zero_points && !packed && zero_points->dtype != p->a->dtype)
        return eval_fail(error, "zero_points are %s, expected uint8 or %s", dtype_name(zero_points->dtype),
                         dtype_name(p->a->dtype));
    if (!eval_expect_shape(zero_points, "zero_points", &SHAPE(p->n, packed ? (blocks * bits + 7) / 8 : blocks), error))
        return FALSE;
    if (groups && groups->count < p->k)
        return eval_fail(error, "g_idx has %" I " elements, expected %" I, groups->count, p->k);
    const PackedWeights weights = { .codes = b,
                                    .scales = scales,
                                    .zero_points = zero_points,
                                    .groups = groups,
                                    .rows = p->n,
                                    .columns = p->k,
                                    .blocks = blocks,
                                    .block_size = block,
                                    .row_bytes = blocks * block * bits / 8,
                                    .zero_point_run = blocks,
                                    .bits = (int)bits };
    p->weights = packed_weights_unpack(&weights, p->a->dtype, &SHAPE(1, p->n, p->k), &p->exact, error);
    return p->weights != NULL;
}

/* Values into y, or the ends of the finished y into `ends`. */
static gboolean multiply(const Product *p, const Interval *a, Tensor *y, const Tensor *finished, SpanEnds *ends,
                         GError **error)
{
    g_autofree Span *in = g_try_new(Span, (gsize)p->k), *out = g_try_new(Span, (gsize)p->n);
    g_autofree double *row = g_try_new(double, (gsize)p->k);
    if (!in || !out || !row)
        return eval_fail(error, "no memory for a row of %" I " and %" I " features", p->k, p->n);
    /* The bias of a Projection is [experts, outputs]: with one expert, N elements in a row as well. */
    const Projection projection = {
        .weights = p->weights, .bias = p->bias, .inputs = p->k, .outputs = p->n, .row = row
    };
    for (int64_t m = 0; m < p->rows; m++) {
        span_load(p->a, a, m * p->k, p->k, in);
        expert_project(&projection, 0, p->a->dtype, ends != NULL, in, out);
        if (y)
            span_store(y, m * p->n, p->n, out);
        else if (!span_ends(ends, finished, m * p->n, p->n, out, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean mat_mul_n_bits(Eval *ev, GError **error)
{
    Product p = { 0 };
    if (!begin(ev, &p, error))
        return FALSE;
    g_autoptr(Tensor) weights G_GNUC_UNUSED = p.weights; /* released with this scope */
    Shape shape = p.a->shape;
    shape.dims[shape.rank - 1] = p.n;
    Tensor *y = eval_output(ev, 0, p.a->dtype, &shape, error);
    return y && (y->count == 0 || multiply(&p, NULL, y, NULL, NULL, error));
}

static gboolean bound(Eval *ev, GError **error)
{
    Product p = { 0 };
    Interval a, rest;
    gboolean known = eval_input_interval(ev, 0, &a);
    for (gsize i = 1; i < eval_input_count(ev); i++)
        known = eval_input_interval(ev, i, &rest) && !rest.lower && known;
    if (!begin(ev, &p, error))
        return FALSE;
    g_autoptr(Tensor) weights G_GNUC_UNUSED = p.weights; /* released with this scope */
    SpanEnds ends = { NULL, NULL };
    const Tensor *y = eval_output_tensor(ev, 0);
    if (known && y->count > 0 && !multiply(&p, &a, NULL, y, &ends, error))
        return FALSE;
    eval_set_interval(ev, 0, ends.lower, ends.upper);
    if (!known || !p.exact)
        eval_set_uncertified(ev, 0);
    return TRUE;
}

OPERATOR_DEFINE(mat_mul_n_bits, "MatMulNBits", "com.microsoft",
    { .since = 1,
      .signature = "A:T1, B:T2, scales:T1, zero_points:T3?, g_idx:T4?, bias:T1? -> Y:T1",
      .types = "T1: float float16 bfloat16 | T2: uint8 | T3: uint8 float16 float bfloat16 | T4: int32",
      .attributes = "K:int!, N:int!, accuracy_level:int=0, bits:int=4, block_size:int!, weight_prepacked:int=0",
      .kernel = mat_mul_n_bits,
      .bound = bound })
