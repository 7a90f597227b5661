/* slope * x below zero, x elsewhere. The slope broadcasts to x; before version 7 it is one number or one a channel
 * (axis 1). */
#include "reference/ops/shared/elementwise.h"

BINARY_BLOCK(p_relu_f, double, a < 0 ? b * a : a)
BINARY_BLOCK(p_relu_i, int64_t, a < 0 ? (int64_t)((uint64_t)b * (uint64_t)a) : a)

static void p_relu_u(const uint64_t *a, G_GNUC_UNUSED const uint64_t *b, uint64_t *y, gsize n)
{
    for (gsize k = 0; k < n; k++)
        y[k] = a[k];
}
static const BinaryFn p_relu_fn = { p_relu_f, p_relu_i, p_relu_u };

static gboolean p_relu(Eval *ev, GError **error)
{
    const Shape *x = &eval_input(ev, 0)->shape, *slope = &eval_input(ev, 1)->shape;
    if (!shape_broadcasts_to(slope, x)) {
        g_autofree char *sx = shape_to_string(x), *ss = shape_to_string(slope);
        return eval_fail(error, "slope of shape %s does not broadcast to X of shape %s", ss, sx);
    }
    return elementwise_binary(ev, &p_relu_fn, error);
}

static gboolean p_relu_legacy(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *slope = eval_input(ev, 1);
    Shape shape = { .rank = MAX(x->shape.rank, 1) };
    for (int d = 0; d < shape.rank; d++)
        shape.dims[d] = 1;
    if (slope->count != 1) {
        if (slope->shape.rank != 1 || x->shape.rank < 2 || slope->count != x->shape.dims[1]) {
            g_autofree char *sx = shape_to_string(&x->shape), *ss = shape_to_string(&slope->shape);
            return eval_fail(error, "slope has shape %s, expected one number or one for each channel of X %s", ss, sx);
        }
        shape.dims[1] = slope->count;
    }
    if (x->shape.rank == 0)
        shape = SHAPE0;
    g_autoptr(Tensor) aligned = tensor_reshape(slope, &shape, error);
    Tensor *y = aligned ? elementwise_apply(&p_relu_fn, x, aligned, error) : NULL;
    if (y)
        eval_set_tensor(ev, 0, y);
    return y != NULL;
}

static const char body[] =
    "<domain: \"\", opset_import: [\"\" : 16]> PRelu (X, slope) => (Y) {\n"
    "    zero_float = Constant <value_float = 0.0> ()\n"
    "    zero = CastLike (zero_float, X)\n"
    "    negative = Less (X, zero)\n"
    "    scaled = Mul (slope, X)\n"
    "    Y = Where (negative, scaled, X)\n"
    "}";

#define REST .signature = "X:T, slope:T -> Y:T", .bound = bound_exact
OPERATOR_DEFINE(p_relu, "PRelu", "",
    { .since = 1, .types = "T: floats1", .attributes = "consumed_inputs:ints", .kernel = p_relu_legacy, REST },
    { .since = 6, .types = "T: floats1", .kernel = p_relu_legacy, REST },
    { .since = 7, .types = "T: floats1", .kernel = p_relu, REST },
    { .since = 9, .types = "T: floats1 int32 int64 uint32 uint64", .kernel = p_relu, REST },
    { .since = 16, .body = body, .types = "T: floats13 int32 int64 uint32 uint64", .kernel = p_relu, REST })
