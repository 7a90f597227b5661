/* Support vector machines: kernels and their parameters. */
#ifndef ASSAY_OPS_SHARED_SVM_H
#define ASSAY_OPS_SHARED_SVM_H

#include "reference/ops/shared/ml_scores.h"

typedef enum { KERNEL_LINEAR, KERNEL_POLY, KERNEL_RBF, KERNEL_SIGMOID } SvmKernelType;

typedef struct {
    SvmKernelType type;
    double        gamma, coef0, degree;
} SvmKernel;

/* The attributes kernel_type and kernel_params. */
gboolean svm_kernel_read(const Eval *ev, SvmKernel *kernel, GError **error);

/* LINEAR: a.b; POLY: (gamma a.b + coef0)^degree; RBF: exp(-gamma |a - b|^2); SIGMOID: tanh(gamma a.b + coef0). */
double svm_kernel(const SvmKernel *kernel, const double *a, const double *b, int64_t n);

#endif
