#include "reference/ops/shared/window.h"

#include "reference/ops/shared/transcendental.h"

#include <math.h>

typedef struct {
    const CosineWindow *window;
    int64_t             n, period;
} Point;

static gboolean evaluate(mpfr_ptr y, gconstpointer data)
{
    const Point *p = data;
    mpfr_t n, term;
    mpfr_init2(n, 64);
    mpfr_init2(term, mpfr_get_prec(y) + 160); /* the sum may cancel: zeros of these windows are of order two */
    mpfr_set_si(n, (long)p->n, MPFR_RNDN);
    int inexact = mpfr_cosu(term, n, (unsigned long)p->period, MPFR_RNDN);
    mpfr_t sum;
    mpfr_init2(sum, mpfr_get_prec(y) + 160);
    mpfr_mul_si(sum, term, -p->window->a1, MPFR_RNDN);
    mpfr_add_si(sum, sum, p->window->a0, MPFR_RNDN);
    mpfr_mul_2ui(n, n, 1, MPFR_RNDN);
    inexact |= mpfr_cosu(term, n, (unsigned long)p->period, MPFR_RNDN);
    mpfr_mul_si(term, term, p->window->a2, MPFR_RNDN);
    mpfr_add(sum, sum, term, MPFR_RNDN);
    inexact |= mpfr_div_si(y, sum, p->window->scale, MPFR_RNDN);
    mpfr_clears(n, term, sum, (mpfr_ptr)NULL);
    return inexact == 0;
}

gboolean window_run(Eval *ev, const CosineWindow *window, GError **error)
{
    const Tensor *size = eval_input(ev, 0);
    const int64_t number = eval_int(ev, "output_datatype");
    if (size->count != 1 || size->shape.rank > 1)
        return eval_fail(error, "size has %" G_GINT64_FORMAT " elements, expected a scalar", size->count);
    const int64_t n = tensor_get_int(size, 0);
    if (n < 0)
        return eval_fail(error, "size is %" G_GINT64_FORMAT ", expected 0 or more", n);
    const DType dtype = (DType)number;
    if (!dtype_on_wire(number) || !(dtype_is_float(dtype) || dtype_is_integer(dtype)))
        return eval_fail(error, "output_datatype %" G_GINT64_FORMAT " is not a numeric type", number);
    const Shape shape = SHAPE(n);
    Tensor *y = eval_output(ev, 0, dtype, &shape, error);
    if (!y)
        return FALSE;
    const int64_t period = eval_int(ev, "periodic") ? n : n - 1;
    for (int64_t i = 0; i < n; i++) {
        if (!eval_tick(ev, error))
            return FALSE;
        const Point point = { window, i, period };
        tensor_set_double(y, i, period > 0 ? real_decide(dtype, evaluate, &point) : NAN);
    }
    return TRUE;
}
