/* OneHotEncoder. Numbers that are not int64 are "cast to integers" first: towards zero. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_lookup.h"

#include "reference/tensor/convert.h"

/* x itself if it is text or int64, else its integers. */
static Tensor *integers(const Tensor *x, GError **error)
{
    if (x->dtype == DTYPE_STRING || x->dtype == DTYPE_INT64)
        return tensor_ref(x);
    Tensor *cast = tensor_new(DTYPE_INT64, &x->shape, error);
    if (cast)
        convert_to_int64(x->dtype, x->data, cast->data, (gsize)x->count);
    return cast;
}

static gboolean one_hot_encoder(Eval *ev, GError **error)
{
    g_autoptr(Tensor) x = integers(eval_input(ev, 0), error);
    g_autoptr(Tensor) ints = lookup_ints(ev, "cats_int64s", error), strings = lookup_strings(ev, "cats_strings", error);
    if (!x)
        return FALSE;
    if (!ints == !strings)
        return eval_fail(error, "exactly one of cats_int64s and cats_strings must be given");
    const Tensor *categories = ints ? ints : strings;
    if ((x->dtype == DTYPE_STRING) != (categories == strings))
        return eval_fail(error, "the categories are %s, the input is %s", dtype_name(categories->dtype),
                         dtype_name(x->dtype));
    if (x->shape.rank == SHAPE_MAX_RANK)
        return eval_fail(error, "input has rank %d, too many for one more dim", x->shape.rank);
    Shape shape = x->shape;
    shape.dims[shape.rank++] = categories->count;
    g_autoptr(Tensor) y = tensor_new(DTYPE_FLOAT, &shape, error);
    if (!y)
        return FALSE;
    g_autoptr(Lookup) lookup = lookup_new(categories);
    for (int64_t i = 0; i < x->count; i++) {
        const int64_t at = lookup_find(lookup, x, i);
        if (at >= 0)
            ((float *)y->data)[i * categories->count + at] = 1;
        else if (!eval_int(ev, "zeros"))
            return eval_fail(error, "element %" G_GINT64_FORMAT " is in no category, and zeros is 0", i);
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

OPERATOR_DEFINE(one_hot_encoder, "OneHotEncoder", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:float", .types = "T: string int64 int32 float double",
      .attributes = "cats_int64s:ints, cats_strings:strings, zeros:int=1", .kernel = one_hot_encoder,
      .bound = bound_exact })
