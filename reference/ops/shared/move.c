#include "reference/ops/shared/move.h"

#include "reference/tensor/convert.h"

#include <string.h>

typedef struct {
    uint64_t low, high;
} Pair; /* 16-byte elements: complex128 */

#define MOVE(T)                                                                                  \
    for (; walk_more(&w); walk_next(&w)) {                                                       \
        const T *from = (const T *)x->data + w.offset[0];                                        \
        T *to = (T *)y->data + w.position;                                                       \
        if (w.step[0] == 1) {                                                                    \
            memcpy(to, from, (gsize)w.run * sizeof(T));                                          \
            continue;                                                                            \
        }                                                                                        \
        for (int64_t k = 0; k < w.run; k++)                                                      \
            to[k] = from[k * w.step[0]];                                                         \
    }

void move_strided(const Tensor *x, int64_t offset, const int64_t *strides, Tensor *y)
{
    Walk w;
    walk_begin_strided(&w, &y->shape, &strides, &offset, 1);
    switch (dtype_info(x->dtype)->width) {
    case 1:
        MOVE(uint8_t)
        break;
    case 2:
        MOVE(uint16_t)
        break;
    case 4:
        MOVE(uint32_t)
        break;
    case 8:
        MOVE(uint64_t)
        break;
    default:
        MOVE(Pair)
    }
    tensor_adopt_strings(y);
}

void move_run(const Tensor *x, int64_t from, Tensor *y, int64_t to, int64_t count)
{
    const gsize width = (gsize)dtype_info(x->dtype)->width;
    memcpy((uint8_t *)y->data + (gsize)to * width, (const uint8_t *)x->data + (gsize)from * width, (gsize)count * width);
}

void move_fill(const Tensor *x, int64_t from, Tensor *y)
{
    const int64_t none[SHAPE_MAX_RANK] = { 0 };
    move_strided(x, from, none, y);
}

Tensor *move_view(const Tensor *x, int64_t offset, const Shape *dims, const int64_t *strides, const Shape *shape,
                  GError **error)
{
    Tensor *y = tensor_new(x->dtype, dims, error);
    if (!y)
        return NULL;
    move_strided(x, offset, strides, y);
    y->shape = *shape; /* nobody else holds it yet */
    return y;
}

gboolean move_reshape(Eval *ev, const Tensor *x, const Shape *shape, GError **error)
{
    Tensor *y = tensor_reshape(x, shape, error);
    if (!y)
        return FALSE;
    eval_set_tensor(ev, 0, y);
    return TRUE;
}

int64_t *move_int_list(const Tensor *tensor, const char *what, gsize *n, GError **error)
{
    if (tensor->shape.rank > 1) {
        eval_fail(error, "%s has rank %d, expected a list of integers", what, tensor->shape.rank);
        return NULL;
    }
    int64_t *values = g_try_new(int64_t, (gsize)tensor->count + 1);
    if (!values) {
        eval_fail(error, "no memory for %s", what);
        return NULL;
    }
    convert_to_int64(tensor->dtype, tensor->data, values, (gsize)tensor->count);
    *n = (gsize)tensor->count;
    return values;
}

gboolean move_axes(const Eval *ev, const char *attribute, gsize input, int rank, int **axes, gsize *n, GError **error)
{
    *axes = NULL;
    *n = 0;
    gsize count = 0;
    g_autofree int64_t *listed = NULL;
    const int64_t *given = attribute ? eval_ints(ev, attribute, &count) : NULL;
    const Tensor *tensor = given ? NULL : eval_input(ev, input);
    if (tensor) {
        listed = move_int_list(tensor, "axes", &count, error);
        if (!listed)
            return FALSE;
        given = listed;
    }
    if (!given)
        return TRUE;
    gboolean seen[SHAPE_MAX_RANK] = { FALSE };
    g_autofree int *normal = g_new(int, count + 1);
    for (gsize i = 0; i < count; i++) {
        const int axis = shape_axis(given[i], rank);
        if (axis < 0)
            return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", given[i], rank, rank);
        if (seen[axis])
            return eval_fail(error, "axis %" G_GINT64_FORMAT " is listed twice", given[i]);
        seen[axis] = TRUE;
        normal[i] = axis;
    }
    *axes = g_steal_pointer(&normal);
    *n = count;
    return TRUE;
}

void move_broadcast_strides(const Shape *from, const Shape *to, int64_t strides[SHAPE_MAX_RANK])
{
    int64_t dense[SHAPE_MAX_RANK];
    shape_strides(from, dense);
    for (int d = 0; d < to->rank; d++) {
        const int own = d - (to->rank - from->rank);
        strides[d] = own < 0 || from->dims[own] == 1 ? 0 : dense[own];
    }
}

gboolean move_index(int64_t *index, int64_t dim, const char *what, GError **error)
{
    if (*index < -dim || *index >= dim)
        return eval_fail(error, "%s: %" G_GINT64_FORMAT " is outside [-%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")", what,
                         *index, dim, dim);
    if (*index < 0)
        *index += dim;
    return TRUE;
}

/* ---- bound rules --------------------------------------------------------------------------------------------------- */

static gboolean no_certificate(Eval *ev)
{
    for (gsize i = 0; i < eval_output_count(ev); i++)
        eval_set_uncertified(ev, i);
    return TRUE;
}

gboolean move_bound(Eval *ev, guint32 moved, GError **error)
{
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        Interval interval;
        const gboolean known = eval_input_interval(ev, i, &interval);
        if (!known || (interval.lower && !(i < 32 && (moved >> i & 1))))
            return no_certificate(ev);
    }
    return bound_monotone(ev, error);
}

gboolean move_bound_first(Eval *ev, GError **error)
{
    return move_bound(ev, 1, error);
}

gboolean move_bound_shape(Eval *ev, G_GNUC_UNUSED GError **error)
{
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        Interval interval;
        if (!eval_input_interval(ev, i, &interval))
            return no_certificate(ev);
    }
    return TRUE;
}
