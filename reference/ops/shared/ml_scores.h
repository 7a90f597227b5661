/* What the classifiers and regressors of ai.onnx.ml have in common: numbers from attributes, post transforms, labels.
 *
 * The texts name the transforms without defining them. Here: SOFTMAX and LOGISTIC are the usual ones; SOFTMAX_ZERO is
 * SOFTMAX in which scores of (nearly) zero weigh nothing, as its implementations have it; PROBIT is the inverse of the
 * standard normal distribution. */
#ifndef ASSAY_OPS_SHARED_ML_SCORES_H
#define ASSAY_OPS_SHARED_ML_SCORES_H

#include "reference/eval/operator.h"

typedef enum { POST_NONE, POST_SOFTMAX, POST_LOGISTIC, POST_SOFTMAX_ZERO, POST_PROBIT } PostTransform;

/* The string attribute post_transform. */
gboolean post_transform_read(const Eval *ev, PostTransform *transform, GError **error);
void     post_transform_apply(PostTransform transform, double *scores, int64_t n);

/* Class labels: one of the two attributes must be given. */
typedef struct {
    const int64_t *ints;
    const Bytes   *strings;
    gsize          n;
} MlLabels;

gboolean ml_labels_read(const Eval *ev, const char *ints, const char *strings, MlLabels *labels, GError **error);
/* Output 0: [rows], of the labels' type. */
Tensor  *ml_labels_output(Eval *ev, const MlLabels *labels, int64_t rows, GError **error);
/* Row `row` := label `index`, or the label of nothing (0, "") for index -1. */
void     ml_labels_set(const MlLabels *labels, Tensor *y, int64_t row, int64_t index);

/* The index of the largest score, the first of equal ones. */
int64_t ml_argmax(const double *scores, int64_t n);

/* [N, C], or [C] as one row. FALSE with an error for other ranks. */
gboolean ml_matrix(const Tensor *x, int64_t *rows, int64_t *columns, GError **error);

/* x as doubles; free with g_free. NULL with an error. */
double *ml_load(const Tensor *x, GError **error);

/* The attribute `name` (floats), or `name`_as_tensor where the schema has it, as doubles; *n 0 and a valid pointer if
 * absent. NULL with an error. Free with g_free. */
double *ml_numbers(const Eval *ev, const char *name, gsize *n, GError **error);

/* Sum of a[i] * b[i] in ascending order. */
double ml_dot(const double *a, const double *b, int64_t n);

#endif
