/* Writes into caches: TensorScatter-24 and ScatterND without reduction. */
#include "golden/mutants/naive.h"

#include <string.h>

MUTANT_DEFINE(scatter_clamps, "cache-circular-clamps", MUST_DIE, 42, "TensorScatter keeps a circular write inside by clamping, not by wrapping")
MUTANT_DEFINE(scatter_off, "cache-off-by-1", MUST_DIE, 42, "TensorScatter writes one place further on")
MUTANT_DEFINE(scatter_first, "cache-first-write-index", MUST_DIE, 42, "TensorScatter uses the first batch's write index for all")
MUTANT_DEFINE(scatter_last, "cache-last-row-lost", MUST_DIE, 42, "TensorScatter drops the last row of the update")
MUTANT_DEFINE(scatter_axis, "cache-axis-default", MUST_DIE, 22, "TensorScatter ignores axis and writes along the last but one")
MUTANT_DEFINE(scatter_all_wrap, "cache-all-indices-wrap", MUST_DIE, 42, "TensorScatter in circular mode takes the remainder of all indices before the axis, as the published pseudocode does")
MUTANT_DEFINE(scatter_nd_negative, "scatter-nd-negative", MUST_DIE, 0, "ScatterND takes a negative index for 0")
MUTANT_DEFINE(scatter_nd_first, "scatter-nd-first-wins", MUST_DIE, 42, "ScatterND drops the last update")

static gboolean has_codes(const Tensor *t)
{
    return format_is_float(t->dtype) || format_is_int(t->dtype) || t->dtype == DTYPE_BOOL;
}

static int64_t landing(int64_t write, int64_t t, int64_t size, gboolean circular)
{
    const int64_t at = write + t + (mutant(scatter_off) ? 1 : 0);
    if (circular && mutant(scatter_clamps))
        return MIN(at, size - 1);
    return at % size;
}

static gboolean tensor_scatter(Eval *ev, GError **error)
{
    const Tensor *past = eval_input(ev, 0), *update = eval_input(ev, 1), *writes = eval_input(ev, 2);
    const int rank = past->shape.rank;
    int axis = shape_axis(eval_int(ev, "axis"), rank);
    const char *mode = eval_string(ev, "mode");
    Shape same = update->shape;
    if (axis < 1 || !has_codes(past) || past->dtype != update->dtype || same.rank != rank || past->count == 0 || !mode ||
        (strcmp(mode, "linear") && strcmp(mode, "circular")) || (writes && writes->count != past->shape.dims[0]))
        return eval_own_kernel(ev, error);
    const int64_t size = past->shape.dims[axis], rows = same.dims[axis];
    same.dims[axis] = size;
    const gboolean circular = *mode == 'c';
    if (!shape_equal(&same, &past->shape) || rows > size)
        return eval_own_kernel(ev, error);
    for (int64_t b = 0; writes && b < writes->count; b++)
        if (tensor_get_int(writes, b) < 0 || (!circular && tensor_get_int(writes, b) + rows > size))
            return eval_own_kernel(ev, error);
    if (rank > 2 && axis != rank - 2 && update->shape.dims[rank - 2] <= past->shape.dims[rank - 2] && mutant(scatter_axis))
        axis = rank - 2;
    g_autoptr(Tensor) y = tensor_copy(past, error);
    for (int64_t i = 0; y && i < update->count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&update->shape, i, index);
        const int64_t t = index[axis], b = mutant(scatter_first) ? 0 : index[0];
        if (rows > 1 && t == rows - 1 && mutant(scatter_last))
            continue;
        index[axis] = landing(writes ? tensor_get_int(writes, b) : 0, t, past->shape.dims[axis], circular);
        for (int d = 0; circular && d < axis && mutant(scatter_all_wrap); d++)
            index[d] %= size;
        const int64_t to = naive_ravel(&past->shape, index);
        if (to >= 0 && to < y->count)
            tensor_set_bits(y, to, tensor_get_bits(update, i));
    }
    if (y)
        eval_set_tensor(ev, 0, tensor_ref(y));
    return y != NULL;
}
NAIVE_DEFINE(tensor_scatter, "TensorScatter", "", tensor_scatter)

static gboolean scatter_nd(Eval *ev, GError **error)
{
    const Tensor *data = eval_input(ev, 0), *indices = eval_input(ev, 1), *updates = eval_input(ev, 2);
    const char *reduction = eval_has(ev, "reduction") ? eval_string(ev, "reduction") : "none";
    const int rank = indices->shape.rank;
    if (!has_codes(data) || rank < 1 || strcmp(reduction, "none") != 0)
        return eval_own_kernel(ev, error);
    const int64_t deep = indices->shape.dims[rank - 1];
    if (deep < 1 || deep > data->shape.rank)
        return eval_own_kernel(ev, error);
    const int64_t tuples = indices->count / deep, inner = naive_span(&data->shape, (int)deep, data->shape.rank);
    if (updates->count != tuples * inner)
        return eval_own_kernel(ev, error);
    g_autoptr(Tensor) y = tensor_copy(data, error);
    const int64_t last = tuples > 1 && mutant(scatter_nd_first) ? tuples - 1 : tuples;
    for (int64_t i = 0; y && i < last; i++) {
        int64_t flat = 0;
        for (int64_t d = 0; d < deep; d++) {
            int64_t at = tensor_get_int(indices, i * deep + d);
            if (at < -data->shape.dims[d] || at >= data->shape.dims[d])
                return eval_own_kernel(ev, error);
            if (at < 0)
                at = mutant(scatter_nd_negative) ? 0 : at + data->shape.dims[d];
            flat = flat * data->shape.dims[d] + at;
        }
        for (int64_t k = 0; k < inner; k++)
            tensor_set_bits(y, flat * inner + k, tensor_get_bits(updates, i * inner + k));
    }
    if (y)
        eval_set_tensor(ev, 0, tensor_ref(y));
    return y != NULL;
}
NAIVE_DEFINE(scatter_nd, "ScatterND", "", scatter_nd)
