/* What a valid backend may compute, held against certified intervals: a model run with certification, and values to be
 * found inside or outside. Random inputs come from a fixed seed; ASSAY_SOAK multiplies how many are tried. With
 * ASSAY_SOAK_TABLE the counts are appended to that file: operator, way of computing, evaluations, largest share of the
 * interval used, separated by tabs (scripts/soak makes a table of it). */
#ifndef ASSAY_OPS_TESTS_ENCLOSED_H
#define ASSAY_OPS_TESTS_ENCLOSED_H

#include "reference/eval/eval.h"

typedef struct Enclosed Enclosed;

/* A model `graph` (with graph inputs) of the default domain's opset. */
Enclosed *enclosed_new(const char *graph, int opset);
/* The same under a relaxed profile (reference/bounds/relaxation.h). */
Enclosed *enclosed_new_relaxed(const char *graph, int opset, const char *profile);
void      enclosed_free(Enclosed *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Enclosed, enclosed_free)

/* Runs on inputs, borrowed; fails the test if the run fails. */
void enclosed_run(Enclosed *model, Tensor *const *inputs, gsize n);

/* Of the last run's output i. */
gboolean      enclosed_certified(const Enclosed *model, gsize i);
gboolean      enclosed_is_point(const Enclosed *model, gsize i);
const Tensor *enclosed_value(const Enclosed *model, gsize i);
/* Whether y lies in the interval of the element; asserts that it does. */
gboolean enclosed_holds(const Enclosed *model, gsize i, int64_t element, double y);
void     enclosed_expect(const Enclosed *model, gsize i, int64_t element, double y, const char *how);

/* That the golden of the element is the exact sum of products, MPFR's, rounded once. */
void enclosed_vouch_dot(const Enclosed *model, gsize i, int64_t element, const double *a, const double *b, gsize n);

/* How often to repeat: `times`, times ASSAY_SOAK where that is set. */
guint enclosed_rounds(guint times);

/* A float32 tensor of n = the shape's count values value(k) of a generator; see the kinds below. */
typedef enum {
    DATA_NORMAL,   /* sums of uniform numbers, both signs */
    DATA_CANCEL,   /* pairs that nearly cancel */
    DATA_STAGNATE, /* one, then half ulps of it */
    DATA_RANGE,    /* exponents from -20 to 20 */
    DATA_INTEGERS, /* -8 to 8 */
    DATA_KINDS
} DataKind;
Tensor *enclosed_data(GRand *rand, DataKind kind, DType dtype, const Shape *shape);

#endif
