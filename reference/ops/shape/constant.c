#include "reference/ops/shared/move.h"

/* Where a value of a sparse tensor stands: indices are linear [NNZ] or coordinates [NNZ, rank]. */
static gboolean sparse_position(const Tensor *indices, int64_t i, const Shape *shape, int64_t *position, GError **error)
{
    const int64_t *index = indices->data;
    if (indices->shape.rank == 1) {
        *position = index[i];
        if (*position >= 0 && *position < shape_count(shape))
            return TRUE;
        return eval_fail(error, "sparse_value: index %" G_GINT64_FORMAT " is outside the dense tensor", *position);
    }
    *position = 0;
    for (int d = 0; d < shape->rank; d++) {
        const int64_t at = index[i * shape->rank + d];
        if (at < 0 || at >= shape->dims[d])
            return eval_fail(error, "sparse_value: index %" G_GINT64_FORMAT " is outside dim %d of %" G_GINT64_FORMAT, at, d,
                             shape->dims[d]);
        *position = *position * shape->dims[d] + at;
    }
    return TRUE;
}

static Tensor *densify(const SparseTensor *sparse, GError **error)
{
    const Tensor *values = sparse->values->tensor, *indices = sparse->indices->tensor;
    const gboolean fits = values && indices && indices->dtype == DTYPE_INT64 && values->shape.rank == 1 &&
                          indices->shape.rank >= 1 && indices->shape.rank <= 2 && indices->shape.dims[0] == values->count &&
                          (indices->shape.rank == 1 || indices->shape.dims[1] == sparse->shape.rank);
    if (!fits) {
        eval_fail(error, "sparse_value: expected values [NNZ] and int64 indices [NNZ] or [NNZ,%d]", sparse->shape.rank);
        return NULL;
    }
    g_autoptr(Tensor) dense = tensor_new(values->dtype, &sparse->shape, error);
    if (!dense)
        return NULL;
    for (int64_t i = 0; i < values->count; i++) {
        int64_t position;
        if (!sparse_position(indices, i, &sparse->shape, &position, error))
            return NULL;
        move_run(values, i, dense, position, 1);
    }
    tensor_adopt_strings(dense);
    return g_steal_pointer(&dense);
}

static Tensor *strings(const Bytes *values, gsize n, const Shape *shape, GError **error)
{
    Tensor *y = tensor_new(DTYPE_STRING, shape, error);
    for (gsize i = 0; y && i < n; i++)
        tensor_set_string(y, (int64_t)i, (const char *)values[i].data, (gssize)values[i].size);
    return y;
}

/* The tensor that an attribute stands for; a single number or string is a scalar, a list has rank 1. */
static Tensor *tensor_of(const Attribute *a, GError **error)
{
    const Shape list = SHAPE((int64_t)a->n);
    switch (a->type) {
    case ATTRIBUTE_TENSOR:
        return tensor_ref(a->tensor->tensor);
    case ATTRIBUTE_SPARSE_TENSOR:
        return densify(a->sparse, error);
    case ATTRIBUTE_INT:
        return tensor_from_data(DTYPE_INT64, &SHAPE0, &a->i, error);
    case ATTRIBUTE_FLOAT:
        return tensor_from_data(DTYPE_FLOAT, &SHAPE0, &a->f, error);
    case ATTRIBUTE_STRING:
        return strings(&a->s, 1, &SHAPE0, error);
    case ATTRIBUTE_INTS:
        return tensor_from_data(DTYPE_INT64, &list, a->ints, error);
    case ATTRIBUTE_FLOATS:
        return tensor_from_data(DTYPE_FLOAT, &list, a->floats, error);
    case ATTRIBUTE_STRINGS:
        return strings(a->strings, a->n, &list, error);
    default:
        eval_fail(error, "attribute '%s' holds no constant", a->name);
        return NULL;
    }
}

static gboolean constant(Eval *ev, GError **error)
{
    static const char *const names[] = { "value",      "sparse_value", "value_int",    "value_ints",
                                         "value_float", "value_floats", "value_string", "value_strings" };
    const Attribute *given = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const Attribute *a = eval_attribute(ev, names[i]);
        if (a && given)
            return eval_fail(error, "attributes '%s' and '%s' are both given, expected one", given->name, a->name);
        given = a ? a : given;
    }
    if (!given)
        return eval_fail(error, "no value is given");
    Tensor *y = tensor_of(given, error);
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

#define REST .signature = "-> output:T", .kernel = constant, .bound = bound_exact
#define ALL                                                                                                             \
    .attributes = "value:tensor, sparse_value:sparse, value_int:int, value_ints:ints, value_float:float, "              \
                  "value_floats:floats, value_string:string, value_strings:strings"
OPERATOR_DEFINE(constant, "Constant", "",
    { .since = 1, .types = "T: floats1", .attributes = "value:tensor!", REST },
    { .since = 9, .types = "T: all1", .attributes = "value:tensor!", REST },
    { .since = 11, .types = "T: all1", .attributes = "value:tensor, sparse_value:sparse", REST },
    { .since = 12, .types = "T: all1", ALL, REST },
    { .since = 13, .types = "T: all13", ALL, REST },
    { .since = 19, .types = "T: all19", ALL, REST },
    { .since = 21, .types = "T: all21", ALL, REST },
    { .since = 23, .types = "T: all23", ALL, REST },
    { .since = 24, .types = "T: all24", ALL, REST },
    { .since = 25, .types = "T: all25", ALL, REST })
