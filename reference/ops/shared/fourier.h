/* Discrete Fourier transforms of any length in double-double arithmetic: y[k] = sum over n of x[n] e^(-2 pi i k n / N),
 * with the sign of the exponent turned and a division by N for the inverse.
 *
 * The length is split by its prime factors in ascending order, so the order of every sum is a function of N alone. The
 * cost is N times the sum of the factors: a large prime length costs N squared. */
#ifndef ASSAY_OPS_SHARED_FOURIER_H
#define ASSAY_OPS_SHARED_FOURIER_H

#include "reference/eval/operator.h"
#include "reference/ops/shared/double_double.h"

typedef struct {
    DD re, im;
} DDComplex;

typedef struct Fourier Fourier;

/* Length at least 1. NULL with an error when there is no memory for the tables. */
Fourier *fourier_new(int64_t length, gboolean inverse, GError **error);
void     fourier_free(Fourier *fourier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fourier, fourier_free)

/* The `length` numbers to transform: fill them, run, read the results. Both arrays belong to the Fourier. */
DDComplex       *fourier_input(Fourier *fourier);
const DDComplex *fourier_run(Fourier *fourier);

/* Elements 2i and 2i + 1 of y := re and im, each rounded once. */
void fourier_store(Tensor *y, int64_t i, DDComplex value);
/* Element i of y := re. */
void fourier_store_real(Tensor *y, int64_t i, DDComplex value);

/* A rank 0 (or one-element) integer input as a number of at least `least`; FALSE with an error that names it. */
gboolean fourier_scalar(const Tensor *tensor, const char *what, int64_t least, int64_t *value, GError **error);

#endif
