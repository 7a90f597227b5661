#include "reference/ops/shared/pad.h"

#include <string.h>

static gboolean parse_mode(const Eval *ev, PadMode *mode, GError **error)
{
    static const char *const names[] = { "constant", "reflect", "edge", "wrap" };
    const char *text = eval_string(ev, "mode");
    const gsize known = eval_version(ev) >= 19 ? 4 : 3;
    for (gsize i = 0; i < known; i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = (PadMode)i;
            return TRUE;
        }
    return eval_fail(error, "mode is '%s', expected constant, reflect, edge%s", text, known == 4 ? " or wrap" : "");
}

static gboolean pad_with(Eval *ev, const int64_t *begins, const int64_t *ends, const Tensor *value, GError **error)
{
    PadMode mode = PAD_CONSTANT;
    Tensor *y = parse_mode(ev, &mode, error) ? pad_tensor(eval_input(ev, 0), begins, ends, mode, value, error) : NULL;
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

/* Distributes a list [begins of the axes..., ends of the axes...] over all axes; axes NULL: all, in order. */
static gboolean distribute(const int64_t *pads, gsize n, const int *axes, gsize n_axes, int64_t *begins, int64_t *ends,
                           GError **error)
{
    if (n != 2 * n_axes)
        return eval_fail(error, "pads has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, n, 2 * n_axes);
    for (gsize i = 0; i < n_axes; i++) {
        begins[axes ? axes[i] : (int)i] = pads[i];
        ends[axes ? axes[i] : (int)i] = pads[n_axes + i];
    }
    return TRUE;
}

static gboolean pad(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *value = eval_input(ev, 2);
    int64_t begins[SHAPE_MAX_RANK] = { 0 }, ends[SHAPE_MAX_RANK] = { 0 };
    gsize n, n_axes;
    g_autofree int *axes = NULL;
    g_autofree int64_t *pads = move_int_list(eval_input(ev, 1), "pads", &n, error);
    if (!pads || !move_axes(ev, NULL, 3, x->shape.rank, &axes, &n_axes, error) ||
        !distribute(pads, n, axes, axes ? n_axes : (gsize)x->shape.rank, begins, ends, error))
        return FALSE;
    if (value && value->count != 1)
        return eval_fail(error, "constant_value has %" G_GINT64_FORMAT " elements, expected 1", value->count);
    g_autoptr(Tensor) zero = value ? NULL : tensor_new(x->dtype, &SHAPE0, error);
    return (value || zero) && pad_with(ev, begins, ends, value ? value : zero, error);
}

/* Versions 1 and 2: attributes, under two names. */
static gboolean pad_1(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int64_t begins[SHAPE_MAX_RANK] = { 0 }, ends[SHAPE_MAX_RANK] = { 0 };
    gsize n;
    const int64_t *pads = eval_ints(ev, eval_version(ev) == 1 ? "paddings" : "pads", &n);
    g_autoptr(Tensor) value = tensor_new(x->dtype, &SHAPE0, error);
    if (!value || !distribute(pads, n, NULL, (gsize)x->shape.rank, begins, ends, error))
        return FALSE;
    tensor_set_double(value, 0, (double)eval_float(ev, "value"));
    return pad_with(ev, begins, ends, value, error);
}

/* The elements and the constant are moved, pads and axes say where. */
static gboolean pad_bound(Eval *ev, GError **error)
{
    return move_bound(ev, 1 << 0 | 1 << 2, error);
}

#define OLD .signature = "data:T -> output:T", .types = "T: floats1", .kernel = pad_1, .bound = pad_bound
#define REST .attributes = "mode:string=constant", .kernel = pad, .bound = pad_bound
#define INPUTS .signature = "data:T, pads:int64, constant_value:T? -> output:T"
#define AXES .signature = "data:T, pads:int64, constant_value:T?, axes:Tind? -> output:T"
OPERATOR_DEFINE(pad, "Pad", "",
    { .since = 1, .attributes = "mode:string=constant, paddings:ints!, value:float=0", OLD },
    { .since = 2, .attributes = "mode:string=constant, pads:ints!, value:float=0", OLD },
    { .since = 11, .types = "T: numeric1", INPUTS, REST },
    { .since = 13, .types = "T: all13", INPUTS, REST },
    { .since = 18, .types = "T: all13 | Tind: int32 int64", AXES, REST },
    { .since = 19, .types = "T: all13 | Tind: int32 int64", AXES, REST },
    { .since = 21, .types = "T: all21 | Tind: int32 int64", AXES, REST },
    { .since = 23, .types = "T: all23 | Tind: int32 int64", AXES, REST },
    { .since = 24, .types = "T: all24 | Tind: int32 int64", AXES, REST },
    { .since = 25, .types = "T: all25 | Tind: int32 int64", AXES, REST })
