#include "reference/tensor/shape.h"

#include "reference/tensor/tensor.h"

#include <string.h>

Shape shape_of(const int64_t *dims, int rank)
{
    Shape shape = { .rank = rank };
    g_assert(rank >= 0 && rank <= SHAPE_MAX_RANK);
    memcpy(shape.dims, dims, (gsize)rank * sizeof *dims);
    return shape;
}

gboolean shape_make(const int64_t *dims, gsize rank, Shape *shape, GError **error)
{
    if (rank > SHAPE_MAX_RANK) {
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_SHAPE, "rank %" G_GSIZE_FORMAT " is above the limit of %d", rank,
                    SHAPE_MAX_RANK);
        return FALSE;
    }
    Shape made = { .rank = (int)rank };
    for (gsize i = 0; i < rank; i++) {
        if (dims[i] < 0) {
            g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_SHAPE,
                        "dim %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", expected 0 or more", i, dims[i]);
            return FALSE;
        }
        made.dims[i] = dims[i];
    }
    if (shape_count(&made) < 0) {
        g_autofree char *text = shape_to_string(&made);
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_SHAPE, "shape %s has more than 2^63-1 elements", text);
        return FALSE;
    }
    *shape = made;
    return TRUE;
}

int64_t shape_count(const Shape *shape)
{
    int64_t count = 1;
    gboolean overflow = FALSE;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dims[i] == 0)
            return 0;
        overflow |= __builtin_mul_overflow(count, shape->dims[i], &count);
    }
    return overflow ? -1 : count;
}

gboolean shape_equal(const Shape *a, const Shape *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (gsize)a->rank * sizeof a->dims[0]) == 0;
}

int64_t shape_span(const Shape *shape, int from, int to)
{
    int64_t span = 1;
    for (int i = from; i < to; i++)
        span *= shape->dims[i];
    return span;
}

void shape_strides(const Shape *shape, int64_t strides[SHAPE_MAX_RANK])
{
    int64_t stride = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape->dims[i];
    }
}

char *shape_to_string(const Shape *shape)
{
    GString *text = g_string_new("[");
    for (int i = 0; i < shape->rank; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? "," : "", shape->dims[i]);
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static int64_t dim_from_right(const Shape *shape, int from_right)
{
    return from_right < shape->rank ? shape->dims[shape->rank - 1 - from_right] : 1;
}

gboolean shape_broadcast(const Shape *a, const Shape *b, Shape *result)
{
    Shape made = { .rank = MAX(a->rank, b->rank) };
    for (int i = 0; i < made.rank; i++) {
        const int64_t da = dim_from_right(a, i), db = dim_from_right(b, i);
        if (da != db && da != 1 && db != 1)
            return FALSE;
        made.dims[made.rank - 1 - i] = da == 1 ? db : da;
    }
    if (shape_count(&made) < 0)
        return FALSE;
    *result = made;
    return TRUE;
}

gboolean shape_broadcasts_to(const Shape *from, const Shape *to)
{
    Shape both;
    return shape_broadcast(from, to, &both) && shape_equal(&both, to);
}

int shape_axis(int64_t axis, int rank)
{
    if (axis < -rank || axis >= rank)
        return -1;
    return (int)(axis < 0 ? axis + rank : axis);
}

/* ---- walking -------------------------------------------------------------------------------------------------- */

/* Merges neighbouring dims through which every operand moves evenly, so that runs get long. */
static int merge_dims(Walk *w, int rank)
{
    int out = 0;
    for (int d = 0; d < rank; d++) {
        if (w->dims[d] == 1)
            continue;
        gboolean even = out > 0;
        for (int k = 0; even && k < w->operands; k++)
            even = w->stride[k][out - 1] == w->stride[k][d] * w->dims[d];
        if (even) {
            w->dims[out - 1] *= w->dims[d];
        } else {
            w->dims[out] = w->dims[d];
            out++;
        }
        for (int k = 0; k < w->operands; k++)
            w->stride[k][out - 1] = w->stride[k][d];
    }
    return out;
}

void walk_begin_strided(Walk *w, const Shape *shape, const int64_t *const *strides, const int64_t *offsets, int count)
{
    g_assert(count <= WALK_MAX_OPERANDS);
    memset(w, 0, offsetof(Walk, dims));
    w->operands = count;
    memcpy(w->dims, shape->dims, (gsize)shape->rank * sizeof w->dims[0]);
    for (int k = 0; k < count; k++) {
        w->offset[k] = offsets ? offsets[k] : 0;
        memcpy(w->stride[k], strides[k], (gsize)shape->rank * sizeof w->stride[k][0]);
    }
    const int rank = merge_dims(w, shape->rank);
    w->outer = MAX(rank - 1, 0);
    memset(w->index, 0, sizeof w->index);
    w->run = shape_count(shape) == 0 ? 0 : rank > 0 ? w->dims[rank - 1] : 1;
    for (int k = 0; k < count; k++)
        w->step[k] = rank > 0 ? w->stride[k][rank - 1] : 0;
}

void walk_begin(Walk *w, const Shape *shape, const Shape *const *operands, int count)
{
    int64_t strides[WALK_MAX_OPERANDS][SHAPE_MAX_RANK];
    const int64_t *pointers[WALK_MAX_OPERANDS];
    g_assert(count <= WALK_MAX_OPERANDS);
    for (int k = 0; k < count; k++) {
        const Shape *operand = operands[k];
        int64_t dense[SHAPE_MAX_RANK];
        shape_strides(operand, dense);
        for (int d = 0; d < shape->rank; d++) {
            const int own = d - (shape->rank - operand->rank);
            strides[k][d] = own < 0 || operand->dims[own] == 1 ? 0 : dense[own];
        }
        pointers[k] = strides[k];
    }
    walk_begin_strided(w, shape, pointers, NULL, count);
}

gboolean walk_more(const Walk *w)
{
    return w->run > 0;
}

void walk_next(Walk *w)
{
    w->position += w->run;
    for (int d = w->outer - 1; d >= 0; d--) {
        w->index[d]++;
        for (int k = 0; k < w->operands; k++)
            w->offset[k] += w->stride[k][d];
        if (w->index[d] < w->dims[d])
            return;
        for (int k = 0; k < w->operands; k++)
            w->offset[k] -= w->stride[k][d] * w->dims[d];
        w->index[d] = 0;
    }
    w->run = 0;
}
