#include "reference/ops/shared/move.h"

typedef struct {
    uint64_t low, high;
} Pair; /* 16-byte elements: complex128 */

#define SELECT(T)                                                                                                       \
    for (; walk_more(&w); walk_next(&w)) {                                                                              \
        const uint8_t *c = (const uint8_t *)condition->data + w.offset[0];                                              \
        const T *a = (const T *)x->data + w.offset[1], *b = (const T *)y->data + w.offset[2];                           \
        T *to = (T *)z->data + w.position;                                                                              \
        for (int64_t k = 0; k < w.run; k++)                                                                             \
            to[k] = c[k * w.step[0]] ? a[k * w.step[1]] : b[k * w.step[2]];                                             \
    }

static void select_elements(const Tensor *condition, const Tensor *x, const Tensor *y, Tensor *z)
{
    Walk w;
    walk_begin(&w, &z->shape, (const Shape *const[]){ &condition->shape, &x->shape, &y->shape }, 3);
    switch (dtype_info(z->dtype)->width) {
    case 1:
        SELECT(uint8_t)
        break;
    case 2:
        SELECT(uint16_t)
        break;
    case 4:
        SELECT(uint32_t)
        break;
    case 8:
        SELECT(uint64_t)
        break;
    default:
        SELECT(Pair)
    }
    tensor_adopt_strings(z);
}

static gboolean where(Eval *ev, GError **error)
{
    const Tensor *condition = eval_input(ev, 0), *x = eval_input(ev, 1), *y = eval_input(ev, 2);
    Shape both, shape;
    if (!shape_broadcast(&x->shape, &y->shape, &both) || !shape_broadcast(&condition->shape, &both, &shape)) {
        g_autofree char *c = shape_to_string(&condition->shape), *a = shape_to_string(&x->shape),
                        *b = shape_to_string(&y->shape);
        return eval_fail(error, "shapes %s, %s and %s do not broadcast together", c, a, b);
    }
    Tensor *z = eval_output(ev, 0, x->dtype, &shape, error);
    if (z)
        select_elements(condition, x, y, z);
    return z != NULL;
}

static gboolean where_bound(Eval *ev, GError **error)
{
    return move_bound(ev, 1 << 1 | 1 << 2, error);
}

#define REST .signature = "condition:bool, X:T, Y:T -> output:T", .kernel = where, .bound = where_bound
OPERATOR_DEFINE(where, "Where", "",
    { .since = 9, .types = "T: all1", REST },
    { .since = 16, .types = "T: all13", REST })
