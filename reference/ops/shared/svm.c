#include "reference/ops/shared/svm.h"

#include <sleef.h>
#include <string.h>

gboolean svm_kernel_read(const Eval *ev, SvmKernel *kernel, GError **error)
{
    static const char *const names[] = { "LINEAR", "POLY", "RBF", "SIGMOID" };
    const char *name = eval_string(ev, "kernel_type");
    guint type = 0;
    while (type < G_N_ELEMENTS(names) && strcmp(names[type], name) != 0)
        type++;
    if (type == G_N_ELEMENTS(names))
        return eval_fail(error, "kernel_type is '%s', expected LINEAR, POLY, RBF or SIGMOID", name);
    gsize n;
    const float *parameters = eval_floats(ev, "kernel_params", &n);
    if (n != 0 && n != 3)
        return eval_fail(error, "kernel_params has %" G_GSIZE_FORMAT " entries, expected gamma, coef0 and degree", n);
    *kernel = (SvmKernel){ .type = (SvmKernelType)type };
    if (n == 3) {
        kernel->gamma = (double)parameters[0];
        kernel->coef0 = (double)parameters[1];
        kernel->degree = (double)parameters[2];
    }
    return TRUE;
}

double svm_kernel(const SvmKernel *k, const double *a, const double *b, int64_t n)
{
    if (k->type == KERNEL_RBF) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return Sleef_cinz_expd1_u10purec(-k->gamma * sum);
    }
    const double dot = ml_dot(a, b, n), inner = k->gamma * dot + k->coef0;
    return k->type == KERNEL_LINEAR ? dot
           : k->type == KERNEL_POLY ? Sleef_cinz_powd1_u10purec(inner, k->degree)
                                    : Sleef_cinz_tanhd1_u10purec(inner);
}
