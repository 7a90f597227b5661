#include "reference/ops/shared/pad.h"

/* Half of the difference goes to the front, rounded down, the rest to the back; the padding is zero. A function in ONNX,
 * of Pad and Slice: here both are one pad, negative where elements go. */
static gboolean center_crop_pad(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    gsize n, n_axes;
    g_autofree int *axes = NULL;
    g_autofree int64_t *wanted = move_int_list(eval_input(ev, 1), "shape", &n, error);
    if (!wanted || !move_axes(ev, "axes", G_MAXSIZE, x->shape.rank, &axes, &n_axes, error))
        return FALSE;
    if (n != (axes ? n_axes : (gsize)x->shape.rank))
        return eval_fail(error, "shape has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, n,
                         axes ? n_axes : (gsize)x->shape.rank);
    int64_t begins[SHAPE_MAX_RANK] = { 0 }, ends[SHAPE_MAX_RANK] = { 0 };
    for (gsize i = 0; i < n; i++) {
        const int axis = axes ? axes[i] : (int)i;
        if (wanted[i] < 0)
            return eval_fail(error, "shape[%" G_GSIZE_FORMAT "] is %" G_GINT64_FORMAT ", expected 0 or more", i, wanted[i]);
        const int64_t more = wanted[i] - x->shape.dims[axis];
        begins[axis] = more / 2;
        ends[axis] = more - more / 2;
    }
    g_autoptr(Tensor) zero = tensor_new(x->dtype, &SHAPE0, error);
    Tensor *y = zero ? pad_tensor(x, begins, ends, PAD_CONSTANT, zero, error) : NULL;
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

OPERATOR_DEFINE(center_crop_pad, "CenterCropPad", "",
    { .since = 18, .signature = "input_data:T, shape:Tind -> output_data:T", .types = "T: all13 | Tind: int32 int64",
      .attributes = "axes:ints", .kernel = center_crop_pad, .bound = move_bound_first })
