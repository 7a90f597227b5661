/* Operators that only move elements, by codes: Transpose, Concat, Gather, Slice, Expand, Split, Where. */
#include "golden/mutants/naive.h"

MUTANT_DEFINE(transpose_inverse, "transpose-inverse", MUST_DIE, 22, "Transpose applies the inverse permutation")
MUTANT_DEFINE(concat_reversed, "concat-reversed", MUST_DIE, 42, "Concat joins its inputs in reverse order")
MUTANT_DEFINE(concat_bytes, "concat-packed-bytes", EQUIVALENT, 26, "Concat of sub-byte elements joins whole bytes: an odd part leaves a hole; no version of Concat takes sub-byte types")
MUTANT_DEFINE(gather_negative, "gather-negative", MUST_DIE, 0, "Gather takes a negative index for the first element")
MUTANT_DEFINE(gather_axis, "gather-first-axis", MUST_DIE, 0, "Gather ignores axis where the first axis is long enough")
MUTANT_DEFINE(slice_step, "slice-step-ignored", MUST_DIE, 0, "Slice takes every step for 1 or -1")
MUTANT_DEFINE(slice_clamp, "slice-negative-start", MUST_DIE, 0, "Slice counts a negative start from the first element")
MUTANT_DEFINE(slice_last, "slice-start-byte", EQUIVALENT, 26, "Slice of sub-byte elements starts at a whole byte; no version of Slice takes sub-byte types")
MUTANT_DEFINE(expand_tiles, "expand-repeats-flat", MUST_DIE, 22, "Expand repeats the flat input instead of each axis")
MUTANT_DEFINE(split_even, "split-even", MUST_DIE, 0, "Split gives the extra elements of unequal parts to the first")
MUTANT_DEFINE(where_blend, "where-blends", MUST_DIE, 10, "Where computes c * x + (1 - c) * y: what is not chosen leaks if it is not finite")
MUTANT_DEFINE(where_swapped, "where-swapped", MUST_DIE, 0, "Where takes X and Y for each other")

static gboolean has_codes(const Tensor *t)
{
    return format_is_float(t->dtype) || format_is_int(t->dtype) || t->dtype == DTYPE_BOOL;
}

static void copy_element(Tensor *to, int64_t i, const Tensor *from, int64_t k)
{
    tensor_set_bits(to, i, k < from->count ? tensor_get_bits(from, k) : 0);
}

/* ---- Transpose ---------------------------------------------------------------------------------------------------------- */

static gboolean transpose(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int rank = x->shape.rank;
    gsize n;
    const int64_t *given = eval_ints(ev, "perm", &n);
    if (!has_codes(x) || (given && n != (gsize)rank))
        return eval_own_kernel(ev, error);
    int64_t perm[SHAPE_MAX_RANK];
    Shape shape = { .rank = rank };
    for (int d = 0; d < rank; d++) {
        const int64_t p = given ? given[d] : rank - 1 - d;
        if (p < 0 || p >= rank)
            return eval_own_kernel(ev, error);
        if (mutant(transpose_inverse))
            perm[p] = d;
        else
            perm[d] = p;
    }
    for (int d = 0; d < rank; d++)
        shape.dims[d] = x->shape.dims[perm[d]];
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    for (int64_t i = 0; y && i < y->count; i++) {
        int64_t to[SHAPE_MAX_RANK], from[SHAPE_MAX_RANK];
        naive_unravel(&shape, i, to);
        for (int d = 0; d < rank; d++)
            from[perm[d]] = to[d];
        copy_element(y, i, x, naive_ravel(&x->shape, from));
    }
    return y != NULL;
}
NAIVE_DEFINE(transpose, "Transpose", "", transpose)

/* ---- Concat ------------------------------------------------------------------------------------------------------------- */

/* Joins like a copy of bytes would: each part starts at a byte, the end is cut off. */
static void join_bytes(Tensor *y, Eval *ev, int per_byte)
{
    int64_t at = 0;
    for (gsize p = 0; p < eval_input_count(ev); p++) {
        const Tensor *x = eval_input(ev, p);
        for (int64_t i = 0; i < x->count && at + i < y->count; i++)
            copy_element(y, at + i, x, i);
        at += (x->count + per_byte - 1) / per_byte * per_byte;
    }
}

static gboolean concat(Eval *ev, GError **error)
{
    const gsize n = eval_input_count(ev);
    const Tensor *first = eval_input(ev, 0);
    Shape shape = first->shape;
    const int axis = shape_axis(eval_int(ev, "axis"), shape.rank);
    if (axis < 0 || !has_codes(first))
        return eval_own_kernel(ev, error);
    shape.dims[axis] = 0;
    for (gsize p = 0; p < n; p++) {
        Shape rest = eval_input(ev, p)->shape;
        if (rest.rank != shape.rank)
            return eval_own_kernel(ev, error);
        const int64_t own = rest.dims[axis];
        rest.dims[axis] = shape.dims[axis];
        if (!shape_equal(&rest, &shape))
            return eval_own_kernel(ev, error);
        shape.dims[axis] += own;
    }
    Tensor *y = eval_output(ev, 0, first->dtype, &shape, error);
    const int bits = dtype_info(first->dtype)->bits;
    if (y && bits < 8 && naive_span(&shape, 0, axis) == 1 && mutant(concat_bytes)) {
        join_bytes(y, ev, 8 / bits);
        return TRUE;
    }
    int64_t start = 0;
    for (gsize p = 0; y && p < n; p++) {
        const Tensor *x = eval_input(ev, mutant(concat_reversed) ? n - 1 - p : p);
        for (int64_t i = 0; i < x->count; i++) {
            int64_t index[SHAPE_MAX_RANK];
            naive_unravel(&x->shape, i, index);
            index[axis] += start;
            copy_element(y, naive_ravel(&shape, index), x, i);
        }
        start += x->shape.dims[axis];
    }
    return y != NULL;
}
NAIVE_DEFINE(concat, "Concat", "", concat)

/* ---- Gather ------------------------------------------------------------------------------------------------------------- */

static gboolean gather(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *indices = eval_input(ev, 1);
    int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0 || !has_codes(x) || x->shape.rank - 1 + indices->shape.rank > SHAPE_MAX_RANK)
        return eval_own_kernel(ev, error);
    if (axis > 0 && x->shape.dims[0] == x->shape.dims[axis] && mutant(gather_axis))
        axis = 0;
    const int64_t size = x->shape.dims[axis], inner = naive_span(&x->shape, axis + 1, x->shape.rank);
    g_autofree int64_t *at = naive_read_ints(indices);
    for (int64_t i = 0; i < indices->count; i++) {
        if (at[i] < -size || at[i] >= size)
            return eval_own_kernel(ev, error);
        at[i] = at[i] >= 0 ? at[i] : mutant(gather_negative) ? 0 : at[i] + size;
    }
    Shape shape = { .rank = 0 };
    for (int d = 0; d < axis; d++)
        shape.dims[shape.rank++] = x->shape.dims[d];
    for (int d = 0; d < indices->shape.rank; d++)
        shape.dims[shape.rank++] = indices->shape.dims[d];
    for (int d = axis + 1; d < x->shape.rank; d++)
        shape.dims[shape.rank++] = x->shape.dims[d];
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    for (int64_t i = 0; y && i < y->count; i++) {
        const int64_t in = i % inner, k = i / inner % indices->count, out = i / inner / indices->count;
        copy_element(y, i, x, (out * size + at[k]) * inner + in);
    }
    return y != NULL;
}
NAIVE_DEFINE(gather, "Gather", "", gather)

/* ---- Slice -------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t start, step, count;
} Range;

static Range range_of(int64_t size, int64_t start, int64_t end, int64_t step)
{
    if (mutant(slice_step))
        step = step < 0 ? -1 : 1;
    if (start < 0)
        start = mutant(slice_clamp) ? 0 : start + size;
    if (end < 0)
        end = end < -size ? -1 : end + size; /* far below: before the first element */
    if (step > 0) {
        start = CLAMP(start, 0, size);
        end = CLAMP(end, 0, size);
        return (Range){ start, step, end > start ? (end - start + step - 1) / step : 0 };
    }
    start = CLAMP(start, -1, size - 1);
    end = CLAMP(end, -1, size - 1);
    return (Range){ start, step, start > end ? (start - end - step - 1) / -step : 0 };
}

static gboolean slice(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *starts = eval_input(ev, 1), *ends = eval_input(ev, 2), *axes = eval_input(ev, 3),
                 *steps = eval_input(ev, 4);
    if (eval_version(ev) < 10 || !has_codes(x) || starts->count != ends->count || (axes && axes->count != starts->count) ||
        (steps && steps->count != starts->count))
        return eval_own_kernel(ev, error);
    Range ranges[SHAPE_MAX_RANK];
    Shape shape = x->shape;
    for (int d = 0; d < shape.rank; d++)
        ranges[d] = (Range){ 0, 1, shape.dims[d] };
    for (int64_t i = 0; i < starts->count; i++) {
        const int d = shape_axis(axes ? tensor_get_int(axes, i) : i, shape.rank);
        const int64_t step = steps ? tensor_get_int(steps, i) : 1;
        if (d < 0 || step == 0 || step < -G_MAXINT32 || step > G_MAXINT32)
            return eval_own_kernel(ev, error);
        ranges[d] = range_of(x->shape.dims[d], tensor_get_int(starts, i), tensor_get_int(ends, i), step);
        shape.dims[d] = ranges[d].count;
    }
    const int bits = dtype_info(x->dtype)->bits;
    const int64_t whole = bits < 8 && mutant(slice_last) ? 8 / bits : 1;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    for (int64_t i = 0; y && i < y->count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&shape, i, index);
        for (int d = 0; d < shape.rank; d++)
            index[d] = ranges[d].start / whole * whole + index[d] * ranges[d].step;
        copy_element(y, i, x, naive_ravel(&x->shape, index));
    }
    return y != NULL;
}
NAIVE_DEFINE(slice, "Slice", "", slice)

/* ---- Expand ------------------------------------------------------------------------------------------------------------- */

static gboolean expand(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *dims = eval_input(ev, 1);
    Shape asked, shape;
    if (!has_codes(x) || dims->dtype != DTYPE_INT64 || dims->count > SHAPE_MAX_RANK)
        return eval_own_kernel(ev, error);
    asked = shape_of(dims->data, (int)dims->count);
    for (int d = 0; d < asked.rank; d++)
        if (asked.dims[d] < 0)
            return eval_own_kernel(ev, error);
    if (!shape_broadcast(&x->shape, &asked, &shape))
        return eval_own_kernel(ev, error);
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    const gboolean flat = mutant(expand_tiles);
    for (int64_t i = 0; y && i < y->count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&shape, i, index);
        copy_element(y, i, x, flat ? i % x->count : naive_broadcast(&x->shape, shape.rank, index));
    }
    return y != NULL;
}
NAIVE_DEFINE(expand, "Expand", "", expand)

/* ---- Split -------------------------------------------------------------------------------------------------------------- */

static int64_t part_size(Eval *ev, const Tensor *sizes, gsize p, gsize n, int64_t size)
{
    if (sizes)
        return tensor_get_int(sizes, (int64_t)p);
    const int64_t each = (size + (int64_t)n - 1) / (int64_t)n, rest = size - each * ((int64_t)n - 1);
    if (mutant(split_even) && rest != each)
        return p == 0 ? rest : each;
    return p + 1 < n || eval_version(ev) < 18 ? each : rest;
}

static gboolean split(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *sizes = eval_input(ev, 1);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    const gsize n = eval_output_count(ev);
    if (eval_version(ev) < 13 || axis < 0 || !has_codes(x) || (sizes && sizes->count != (int64_t)n))
        return eval_own_kernel(ev, error);
    int64_t total = 0, start = 0;
    for (gsize p = 0; p < n; p++)
        total += MAX(part_size(ev, sizes, p, n, x->shape.dims[axis]), 0);
    if (total != x->shape.dims[axis])
        return eval_own_kernel(ev, error);
    for (gsize p = 0; p < n; p++) {
        Shape shape = x->shape;
        shape.dims[axis] = part_size(ev, sizes, p, n, x->shape.dims[axis]);
        Tensor *y = eval_output(ev, p, x->dtype, &shape, error);
        for (int64_t i = 0; y && i < y->count; i++) {
            int64_t index[SHAPE_MAX_RANK];
            naive_unravel(&shape, i, index);
            index[axis] += start;
            copy_element(y, i, x, naive_ravel(&x->shape, index));
        }
        if (!y)
            return FALSE;
        start += shape.dims[axis];
    }
    return TRUE;
}
NAIVE_DEFINE(split, "Split", "", split)

/* ---- Where -------------------------------------------------------------------------------------------------------------- */

static gboolean where(Eval *ev, GError **error)
{
    const Tensor *c = eval_input(ev, 0), *x = eval_input(ev, 1), *y = eval_input(ev, 2);
    Shape both, shape;
    if (!has_codes(x) || !shape_broadcast(&x->shape, &y->shape, &both) || !shape_broadcast(&c->shape, &both, &shape))
        return eval_own_kernel(ev, error);
    Tensor *out = eval_output(ev, 0, x->dtype, &shape, error);
    const gboolean swapped = mutant(where_swapped), blend = format_is_float(x->dtype) && mutant(where_blend);
    for (int64_t i = 0; out && i < out->count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&shape, i, index);
        const gboolean chosen = (tensor_get_bits(c, naive_broadcast(&c->shape, shape.rank, index)) != 0) != swapped;
        const int64_t a = naive_broadcast(&x->shape, shape.rank, index), b = naive_broadcast(&y->shape, shape.rank, index);
        if (blend)
            tensor_set_bits(out, i, format_encode(x->dtype, (chosen ? 1.0 : 0.0) * format_decode(x->dtype, tensor_get_bits(x, a)) +
                                                                (chosen ? 0.0 : 1.0) * format_decode(x->dtype, tensor_get_bits(y, b)),
                                                  NEAREST_EVEN, FALSE));
        else
            copy_element(out, i, chosen ? x : y, chosen ? a : b);
    }
    return out != NULL;
}
NAIVE_DEFINE(where, "Where", "", where)
