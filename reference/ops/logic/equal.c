#include "reference/ops/shared/elementwise.h"

#include <string.h>

COMPARE_BLOCK(equal_f, double, a == b)
COMPARE_BLOCK(equal_i, int64_t, a == b)
COMPARE_BLOCK(equal_u, uint64_t, a == b)
static const CompareFn equal_fn = { equal_f, equal_i, equal_u };

/* Strings are equal byte for byte; no normalisation. */
static gboolean equal_strings(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    Shape shape;
    if (!shape_broadcast(&a->shape, &b->shape, &shape)) {
        g_autofree char *sa = shape_to_string(&a->shape), *sb = shape_to_string(&b->shape);
        return eval_fail(error, "shapes %s and %s do not broadcast", sa, sb);
    }
    Tensor *y = eval_output(ev, 0, DTYPE_BOOL, &shape, error);
    if (!y)
        return FALSE;
    uint8_t *out = y->data;
    const Shape *shapes[] = { &a->shape, &b->shape };
    Walk w;
    for (walk_begin(&w, &shape, shapes, 2); walk_more(&w); walk_next(&w))
        for (int64_t k = 0; k < w.run; k++) {
            gsize na, nb;
            const char *sa = tensor_get_string(a, w.offset[0] + k * w.step[0], &na);
            const char *sb = tensor_get_string(b, w.offset[1] + k * w.step[1], &nb);
            out[w.position + k] = na == nb && memcmp(sa, sb, na) == 0;
        }
    return TRUE;
}

static gboolean equal(Eval *ev, GError **error)
{
    if (eval_input(ev, 0)->dtype == DTYPE_STRING)
        return equal_strings(ev, error);
    return elementwise_compare(ev, &equal_fn, error);
}

static gboolean equal_legacy(Eval *ev, GError **error)
{
    return elementwise_compare_legacy(ev, &equal_fn, error);
}

#define REST .signature = "A:T, B:T -> C:bool", .bound = bound_exact
OPERATOR_DEFINE(equal, "Equal", "",
    { .since = 1, .types = "T: bool int32 int64",
      .attributes = "axis:int, broadcast:int=0", .kernel = equal_legacy, REST },
    { .since = 7, .types = "T: bool int32 int64", .kernel = equal, REST },
    { .since = 11, .types = "T: bool numeric1", .kernel = equal, REST },
    { .since = 13, .types = "T: bool numeric13", .kernel = equal, REST },
    { .since = 19, .types = "T: bool numeric13 string", .kernel = equal, REST })
