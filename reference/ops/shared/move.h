/* Moving elements without looking at them: by width, with strings as shared pointers. Exact; NaN payloads survive. */
#ifndef ASSAY_OPS_SHARED_MOVE_H
#define ASSAY_OPS_SHARED_MOVE_H

#include "reference/eval/certify.h"
#include "reference/eval/eval.h"

/* y[position] = x[offset + sum(index * strides)] for every index of y's shape, row-major. Strides (in elements) and
 * offset must stay inside x for every index. y must be of x's dtype and not yet hold strings. */
void move_strided(const Tensor *x, int64_t offset, const int64_t *strides, Tensor *y);

/* A run of elements; strings are not adopted: call tensor_adopt_strings(y) once when y is complete. */
void move_run(const Tensor *x, int64_t from, Tensor *y, int64_t to, int64_t count);

/* Every element of y becomes element `from` of x, strings adopted. */
void move_fill(const Tensor *x, int64_t from, Tensor *y);

/* x's elements read through other dims: walked in row-major order over `dims` with `strides` from `offset`, then called
 * `shape`, which must have as many elements. A new reference. */
Tensor *move_view(const Tensor *x, int64_t offset, const Shape *dims, const int64_t *strides, const Shape *shape,
                  GError **error);

/* Output 0 := input 0 under another shape of the same count (no copy is visible). */
gboolean move_reshape(Eval *ev, const Tensor *x, const Shape *shape, GError **error);

/* int64 (or int32) values of a rank 0 or 1 input as an array; NULL with an error that names the input. Free with g_free. */
int64_t *move_int_list(const Tensor *tensor, const char *what, gsize *n, GError **error);

/* Axes from an attribute (older opsets) or from input `input` (newer ones): normalised to [0, rank), unique.
 * FALSE with an error. *n is 0 if they are absent. Free *axes with g_free. */
gboolean move_axes(const Eval *ev, const char *attribute, gsize input, int rank, int **axes, gsize *n, GError **error);

/* Strides (in elements) with which a dense tensor of shape `from` is read as if broadcast to `to`; the shapes must go
 * together (shape_broadcasts_to). */
void move_broadcast_strides(const Shape *from, const Shape *to, int64_t strides[SHAPE_MAX_RANK]);

/* Index `index` of a dim in [-dim, dim) to [0, dim); FALSE with an error that names `what` ("indices", "position"). */
gboolean move_index(int64_t *index, int64_t dim, const char *what, GError **error);

/* ---- bound rules ---------------------------------------------------------------------------------------------------
 * Data movement carries the ends of an interval along, but only for elements that are moved: where an input that says
 * what goes where (indices, pads, a condition) is not known exactly, neither is the result. */

/* bound_monotone if every input outside the bit set `moved` is exact, else no certificate. */
gboolean move_bound(Eval *ev, guint32 moved, GError **error);
gboolean move_bound_first(Eval *ev, GError **error); /* only input 0 is moved */
/* The outputs depend on nothing but the inputs' shapes. */
gboolean move_bound_shape(Eval *ev, GError **error);

#endif
