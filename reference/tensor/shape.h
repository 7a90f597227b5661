/* Shapes: ranks, dims, strides, broadcasting. Plain values, nothing to free, thread-safe.
 *
 * A dim is a number of elements, never negative. A rank-0 shape is a scalar with one element. */
#ifndef ASSAY_TENSOR_SHAPE_H
#define ASSAY_TENSOR_SHAPE_H

#include <glib.h>
#include <stdint.h>

/* ONNX sets no limit; the deepest published test has rank 8. A larger rank is refused where shapes are made. */
#define SHAPE_MAX_RANK 32

typedef struct {
    int     rank;
    int64_t dims[SHAPE_MAX_RANK];
} Shape;

/* Shape of the given dims, as a literal whose address may be taken: &SHAPE(2, 3); a scalar is SHAPE0. */
#define SHAPE(...) ((Shape){ .rank = (int)(sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), .dims = { __VA_ARGS__ } })
#define SHAPE0 ((Shape){ .rank = 0 })

/* rank must be 0..SHAPE_MAX_RANK: for literals; use shape_make for numbers from outside. */
Shape shape_of(const int64_t *dims, int rank);

/* FALSE with an error if the rank or a dim is out of range, or the element count exceeds INT64_MAX. */
gboolean shape_make(const int64_t *dims, gsize rank, Shape *shape, GError **error);

/* Number of elements; -1 if it exceeds INT64_MAX. */
int64_t shape_count(const Shape *shape);
gboolean shape_equal(const Shape *a, const Shape *b);

/* Product of dims[from..to). */
int64_t shape_span(const Shape *shape, int from, int to);

/* Row-major strides in elements. */
void shape_strides(const Shape *shape, int64_t strides[SHAPE_MAX_RANK]);

/* "[2,3]"; free with g_free. */
char *shape_to_string(const Shape *shape);

/* NumPy-style multidirectional broadcasting (ONNX Broadcasting.md); FALSE if the shapes do not go together. */
gboolean shape_broadcast(const Shape *a, const Shape *b, Shape *result);

/* Whether `from` broadcasts one way to exactly `to`. */
gboolean shape_broadcasts_to(const Shape *from, const Shape *to);

/* Axis in [-rank, rank) to [0, rank); -1 if out of range. */
int shape_axis(int64_t axis, int rank);

/* Walks the elements of `shape` in row-major order for operands broadcast to it, a run at a time: within a run of
 * `run` elements operand k starts at offset[k] and moves by step[k] (0 or 1 for dense operands). */
#define WALK_MAX_OPERANDS 8
typedef struct {
    int64_t run;                        /* elements in each run; 0 if there is nothing to walk */
    int64_t position;                   /* of the run's first element in the row-major result */
    int64_t offset[WALK_MAX_OPERANDS];  /* in elements */
    int64_t step[WALK_MAX_OPERANDS];
    /* private */
    int     operands, outer;
    int64_t dims[SHAPE_MAX_RANK], index[SHAPE_MAX_RANK];
    int64_t stride[WALK_MAX_OPERANDS][SHAPE_MAX_RANK];
} Walk;

/* Dense row-major operands whose shapes broadcast one way to `shape`. FALSE from walk_next when done:
 *     for (walk_begin(&w, &out, shapes, 2); walk_more(&w); walk_next(&w)) ... */
void     walk_begin(Walk *walk, const Shape *shape, const Shape *const *operands, int count);
/* Operands with explicit strides (in elements, one per dim of `shape`) and start offsets. */
void     walk_begin_strided(Walk *walk, const Shape *shape, const int64_t *const *strides, const int64_t *offsets, int count);
gboolean walk_more(const Walk *walk);
void     walk_next(Walk *walk);

#endif
