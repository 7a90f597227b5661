/* com.microsoft GatherBlockQuantized-1: Gather on a table quantized in blocks, dequantized on the way out.
 *
 * Source: ONNX Runtime's description of the operator (docs/ContribOperators.md). uint8 data holds codes of `bits` bits
 * packed along the last axis, low bits first. An index outside the table gives zeros. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/packed_weights.h"

#define I G_GINT64_FORMAT

typedef struct {
    const Tensor *data, *indices, *scales, *zero_points;
    int gather_axis, quantize_axis, bits;
    gboolean packed;   /* uint8 data */
    gboolean is_float; /* float8 or float4 data: no zero point */
    int64_t block;
    Shape table; /* of the codes, unpacked */
    int64_t strides[SHAPE_MAX_RANK], scale_strides[SHAPE_MAX_RANK];
} Table;

static gboolean read_attributes(const Eval *ev, Table *t, GError **error)
{
    const int rank = t->data->shape.rank;
    const int64_t bits = eval_int(ev, "bits"), gather = eval_int(ev, "gather_axis"),
                  quantize = eval_int(ev, "quantize_axis");
    t->gather_axis = shape_axis(gather, rank);
    t->quantize_axis = shape_axis(quantize, rank);
    t->block = eval_int(ev, "block_size");
    t->is_float = dtype_is_float(t->data->dtype);
    t->packed = t->data->dtype == DTYPE_UINT8;
    if (rank < 1 || t->gather_axis < 0 || t->quantize_axis < 0)
        return eval_fail(error, "gather_axis %" I " and quantize_axis %" I " are not both in [-%d, %d)", gather,
                         quantize, rank, rank);
    if (t->block < 0 || (t->block == 0 && !t->is_float) ||
        (t->block > 0 && (t->block < 16 || (t->block & (t->block - 1)) != 0)))
        return eval_fail(error, "block_size is %" I ", expected a power of two from 16 on", t->block);
    if (t->packed && bits != 2 && bits != 4 && bits != 8)
        return eval_fail(error, "bits is %" I ", expected 2, 4 or 8", bits);
    if (t->packed && t->gather_axis != 0)
        return eval_fail(error, "gather_axis is %d, expected 0 for uint8 data", t->gather_axis);
    if (t->packed && bits < 8 && rank < 2)
        return eval_fail(error, "packed data has rank %d, expected 2 or more", rank);
    t->bits = t->packed ? (int)bits : 8;
    return TRUE;
}

static gboolean read_shapes(Table *t, GError **error)
{
    const int rank = t->data->shape.rank;
    int64_t dims[SHAPE_MAX_RANK];
    for (int d = 0; d < rank; d++)
        dims[d] = t->data->shape.dims[d];
    if (t->packed && dims[rank - 1] > G_MAXINT64 / 4)
        return eval_fail(error, "data has too many columns");
    if (t->packed)
        dims[rank - 1] *= 8 / t->bits;
    if (!shape_make(dims, (gsize)rank, &t->table, error))
        return FALSE;
    const int64_t length = t->table.dims[t->quantize_axis], block = t->block ? t->block : MAX(length, 1);
    t->block = block;
    Shape expected = t->table;
    expected.dims[t->quantize_axis] = length / block + (length % block != 0);
    gboolean fits = t->scales->shape.rank == rank;
    for (int d = 0; fits && d < rank; d++)
        fits = t->scales->shape.dims[d] == expected.dims[d] ||
               (t->is_float && d != t->quantize_axis && t->scales->shape.dims[d] == 1);
    if (!fits) {
        g_autofree char *found = shape_to_string(&t->scales->shape), *wanted = shape_to_string(&expected);
        return eval_fail(error, "scales have shape %s, expected %s", found, wanted);
    }
    shape_strides(&t->table, t->strides);
    shape_strides(&t->scales->shape, t->scale_strides);
    for (int d = 0; d < rank; d++)
        if (t->scales->shape.dims[d] == 1)
            t->scale_strides[d] = 0;
    if (!t->zero_points)
        return TRUE;
    if (t->is_float)
        return eval_fail(error, "zero_points are given for float data, expected none");
    if (t->packed && t->bits < 8)
        expected.dims[rank - 1] = (expected.dims[rank - 1] * t->bits + 7) / 8;
    if (shape_equal(&t->zero_points->shape, &expected))
        return TRUE;
    g_autofree char *found = shape_to_string(&t->zero_points->shape), *wanted = shape_to_string(&expected);
    return eval_fail(error, "zero_points have shape %s, expected %s", found, wanted);
}

static double zero_point(const Table *t, int64_t scale_at)
{
    if (t->is_float)
        return 0;
    if (!t->zero_points)
        return t->packed ? 1u << (t->bits - 1) : 0;
    if (!t->packed || t->bits == 8)
        return tensor_get_double(t->zero_points, scale_at);
    const int64_t columns = t->scales->shape.dims[t->scales->shape.rank - 1], bytes = (columns * t->bits + 7) / 8;
    return packed_code((const uint8_t *)t->zero_points->data + scale_at / columns * bytes, scale_at % columns, t->bits);
}

/* The dequantized element at a place of the unpacked table. */
static double element(const Table *t, const int64_t *index)
{
    int64_t at = 0, scale_at = 0;
    for (int d = 0; d < t->table.rank; d++) {
        at += index[d] * t->strides[d];
        scale_at += (d == t->quantize_axis ? index[d] / t->block : index[d]) * t->scale_strides[d];
    }
    const double code = t->packed ? packed_code(t->data->data, at, t->bits) : tensor_get_double(t->data, at);
    return (code - zero_point(t, scale_at)) * tensor_get_double(t->scales, scale_at);
}

static gboolean gather_block_quantized(Eval *ev, GError **error)
{
    Table t = { .data = eval_input(ev, 0),
                .indices = eval_input(ev, 1),
                .scales = eval_input(ev, 2),
                .zero_points = eval_input(ev, 3) };
    if (!read_attributes(ev, &t, error) || !read_shapes(&t, error))
        return FALSE;
    const int rank = t.table.rank, axis = t.gather_axis, q = t.indices->shape.rank;
    if (q + rank - 1 > SHAPE_MAX_RANK)
        return eval_fail(error, "the output would have rank %d, expected at most %d", q + rank - 1, SHAPE_MAX_RANK);
    Shape shape = { .rank = 0 };
    for (int d = 0; d < axis; d++)
        shape.dims[shape.rank++] = t.table.dims[d];
    for (int d = 0; d < q; d++)
        shape.dims[shape.rank++] = t.indices->shape.dims[d];
    for (int d = axis + 1; d < rank; d++)
        shape.dims[shape.rank++] = t.table.dims[d];
    Tensor *y = eval_output(ev, 0, t.scales->dtype, &shape, error);
    if (!y || y->count == 0)
        return y != NULL;
    const int64_t size = t.table.dims[axis], inner = shape_span(&t.table, axis + 1, rank), n = t.indices->count;
    for (int64_t i = 0; i < y->count; i++) {
        int64_t row = tensor_get_int(t.indices, i / inner % n), index[SHAPE_MAX_RANK], rest = i % inner;
        if (row < -size || row >= size) {
            tensor_set_double(y, i, 0);
            continue;
        }
        for (int d = rank - 1; d > axis; d--) {
            index[d] = rest % t.table.dims[d];
            rest /= t.table.dims[d];
        }
        index[axis] = row < 0 ? row + size : row;
        rest = i / inner / n;
        for (int d = axis - 1; d >= 0; d--) {
            index[d] = rest % t.table.dims[d];
            rest /= t.table.dims[d];
        }
        tensor_set_double(y, i, element(&t, index));
    }
    return TRUE;
}

OPERATOR_DEFINE(gather_block_quantized, "GatherBlockQuantized", "com.microsoft",
                { .since = 1,
                  .signature = "data:T1, indices:Tind, scales:T2, zero_points:T1? -> output:T2",
                  .types = "T1: int4 uint4 uint8 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz float4e2m1 | "
                           "T2: float float16 bfloat16 | Tind: int32 int64",
                  .attributes = "bits:int=4, block_size:int=128, gather_axis:int=0, quantize_axis:int=1",
                  .kernel = gather_block_quantized,
                  .bound = bound_exact })
