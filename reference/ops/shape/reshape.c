#include "reference/ops/shared/move.h"

/* The shape asked for: 0 is the input's dim there (unless allowzero), -1 is what the others leave. */
static gboolean target(const Tensor *x, const int64_t *wanted, gsize n, gboolean allowzero, Shape *shape, GError **error)
{
    if (n > SHAPE_MAX_RANK)
        return eval_fail(error, "shape has %" G_GSIZE_FORMAT " dims, the limit is %d", n, SHAPE_MAX_RANK);
    int64_t dims[SHAPE_MAX_RANK] = { 0 };
    int open = -1;
    gboolean zero = FALSE;
    for (int d = 0; d < (int)n; d++) {
        dims[d] = wanted[d];
        zero |= wanted[d] == 0;
        if (wanted[d] == 0 && !allowzero) {
            if (d >= x->shape.rank)
                return eval_fail(error, "shape[%d] is 0, which copies a dim, but the input has rank %d", d, x->shape.rank);
            dims[d] = x->shape.dims[d];
        } else if (wanted[d] == -1) {
            if (open >= 0)
                return eval_fail(error, "shape[%d] and shape[%d] are both -1, expected one at most", open, d);
            open = d;
            dims[d] = 1;
        }
    }
    if (open >= 0 && allowzero && zero)
        return eval_fail(error, "shape holds both 0 and -1 although allowzero is set");
    if (!shape_make(dims, n, shape, error))
        return FALSE;
    if (open < 0)
        return TRUE;
    const int64_t rest = shape_count(shape);
    if (rest == 0 || x->count % rest != 0)
        return eval_fail(error, "no dim for the -1 in shape[%d]: %" G_GINT64_FORMAT " elements over %" G_GINT64_FORMAT, open,
                         x->count, rest);
    shape->dims[open] = x->count / rest;
    return TRUE;
}

static gboolean reshape(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    gsize n;
    g_autofree int64_t *wanted = move_int_list(eval_input(ev, 1), "shape", &n, error);
    Shape shape;
    return wanted && target(x, wanted, n, eval_int(ev, "allowzero") != 0, &shape, error) &&
           move_reshape(ev, x, &shape, error);
}

static gboolean reshape_1(Eval *ev, GError **error)
{
    gsize n;
    const int64_t *wanted = eval_ints(ev, "shape", &n);
    Shape shape;
    if (!eval_has(ev, "shape"))
        return eval_fail(error, "attribute 'shape' is missing");
    return target(eval_input(ev, 0), wanted, n, FALSE, &shape, error) &&
           move_reshape(ev, eval_input(ev, 0), &shape, error);
}

#define REST .signature = "data:T, shape:int64 -> reshaped:T", .kernel = reshape, .bound = move_bound_first
#define ALLOWZERO .attributes = "allowzero:int=0"
OPERATOR_DEFINE(reshape, "Reshape", "",
    { .since = 1, .signature = "data:T -> reshaped:T", .types = "T: floats1",
      .attributes = "consumed_inputs:ints, shape:ints", .kernel = reshape_1, .bound = move_bound_first },
    { .since = 5, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST },
    { .since = 14, .types = "T: all13", ALLOWZERO, REST },
    { .since = 19, .types = "T: all19", ALLOWZERO, REST },
    { .since = 21, .types = "T: all21", ALLOWZERO, REST },
    { .since = 23, .types = "T: all23", ALLOWZERO, REST },
    { .since = 24, .types = "T: all24", ALLOWZERO, REST },
    { .since = 25, .types = "T: all25", ALLOWZERO, REST })
