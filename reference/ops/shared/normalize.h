/* Normalisation by mean and variance (or mean square) over groups of elements, and the parameters that follow it:
 * y = (x - mean) / sqrt(variance + epsilon) * scale + bias, computed in binary64 and rounded once.
 *
 * Sums are compensated, variances are of deviations (two passes). Sources: LayerNormalization-17, RMSNormalization-23,
 * GroupNormalization-21, BatchNormalization-15. */
#ifndef ASSAY_OPS_SHARED_NORMALIZE_H
#define ASSAY_OPS_SHARED_NORMALIZE_H

#include "reference/eval/certify.h"

/* A scale or bias as doubles, found by the row-major index of an element of X. Free with parameter_clear(). */
typedef struct {
    double *values;                    /* NULL: the same for every element */
    double  same;
    int64_t inner, period;             /* values[index / inner % period], */
    Shape   to;                        /* or by strides over these dims if inner is 0 */
    int64_t strides[SHAPE_MAX_RANK];
} Parameter;

/* One value a channel: [channels], each standing for `inner` elements in a row. t NULL: always `same`. */
gboolean parameter_channels(const Tensor *t, const char *name, int64_t channels, int64_t inner, double same, Parameter *p,
                            GError **error);
/* A tensor that broadcasts one way to `to`. */
gboolean parameter_broadcast(const Tensor *t, const char *name, const Shape *to, double same, Parameter *p, GError **error);
double   parameter_at(const Parameter *p, int64_t index);
void     parameter_clear(Parameter *p);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parameter, parameter_clear)

typedef struct {
    const Tensor    *x;
    Shape            view;                     /* x's elements under these dims */
    gboolean         reduced[SHAPE_MAX_RANK];  /* dims of view over which a group extends */
    gboolean         uncentred;                /* mean square instead of variance, nothing subtracted */
    DType            stash;                    /* x is cast to it first; DTYPE_UNDEFINED: not */
    double           epsilon, root_epsilon;    /* added to the variance, to its root */
    const Parameter *scale, *bias;             /* by index in x */
    Tensor          *y;
    double          *means, *variances;        /* one for each group, row-major over the other dims; or NULL */
} Normalization;

/* The number of groups. */
int64_t  normalize_groups(const Normalization *n);
gboolean normalize_run(Eval *ev, const Normalization *n, GError **error);

/* The bound rule for such a normalization of input 0 with scale in input 1 and bias in input 2 (or none): sets the
 * interval of output 0, and of outputs 1 and 2 where they are mean and 1 / sqrt(variance + epsilon). `prepare` fills in
 * what the kernel runs, but for y. Inexact scale and bias have no rule. */
typedef gboolean (*NormalizePrepare)(Eval *ev, Normalization *n, Parameter *scale, Parameter *bias, GError **error);
gboolean normalize_bound(Eval *ev, NormalizePrepare prepare, GError **error);

/* stash_type as a dtype that the operators admit: float or bfloat16 (float16 and double too for functions). */
gboolean normalize_stash(const Eval *ev, DType *stash, GError **error);

#endif
