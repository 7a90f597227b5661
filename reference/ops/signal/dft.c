/* Texts of DFT-17 and DFT-20 as clarified in place in 2026: onesided with inverse takes the half spectrum of a real signal
 * back to that signal. The other half is the conjugate of the first, so the imaginary parts of bin 0 and, for an even
 * length, of the middle bin belong to no real signal and are taken as 0. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/fourier.h"

typedef struct {
    int64_t  outer, length, inner; /* the input as [outer, length, inner, parts] */
    int      parts;                /* 1: real, 2: complex */
    gboolean half;                 /* the input is the half spectrum of a real signal, which is the output */
    int64_t  size, kept;           /* of the transform, and how many of its results are kept */
} Layout;

static gboolean find_axis(const Eval *ev, int rank, int *axis, GError **error)
{
    int64_t given = eval_version(ev) < 20 ? eval_int(ev, "axis") : -2;
    const Tensor *tensor = eval_input(ev, 2);
    if (tensor && !fourier_scalar(tensor, "axis", -rank, &given, error))
        return FALSE;
    *axis = shape_axis(given, rank);
    if (*axis < 0 || *axis == rank - 1)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, -2] and [0, %d]", given, rank, rank - 2);
    return TRUE;
}

static gboolean lay_out(const Eval *ev, const Shape *x, Layout *l, Shape *shape, GError **error)
{
    int axis;
    if (x->rank < 2)
        return eval_fail(error, "input has rank %d, expected at least 2", x->rank);
    if (!find_axis(ev, x->rank, &axis, error))
        return FALSE;
    const int64_t parts = x->dims[x->rank - 1];
    if (parts != 1 && parts != 2)
        return eval_fail(error, "the last dim of the input is %" G_GINT64_FORMAT ", expected 1 (real) or 2 (complex)",
                         parts);
    const gboolean onesided = eval_int(ev, "onesided") != 0, half = onesided && eval_int(ev, "inverse") != 0;
    if (onesided && parts != (half ? 2 : 1))
        return eval_fail(error, half ? "onesided and inverse take complex input, found real" :
                                       "onesided output is not possible for complex input");
    *l = (Layout){ .outer = shape_span(x, 0, axis),
                   .length = x->dims[axis],
                   .inner = shape_span(x, axis + 1, x->rank - 1),
                   .parts = (int)parts,
                   .half = half,
                   .size = half ? 2 * (x->dims[axis] - 1) : x->dims[axis] };
    if (eval_input(ev, 1) && !fourier_scalar(eval_input(ev, 1), "dft_length", 1, &l->size, error))
        return FALSE;
    if (l->size < 1)
        return eval_fail(error, "axis %d is too short (%" G_GINT64_FORMAT ") and dft_length is not given", axis, l->length);
    l->kept = onesided && !half ? l->size / 2 + 1 : l->size;
    *shape = *x;
    shape->dims[axis] = l->kept;
    shape->dims[x->rank - 1] = half ? 1 : 2;
    return TRUE;
}

/* Element n of a line, 0 beyond its end. */
static DDComplex element(const Tensor *x, const Layout *l, int64_t o, int64_t n, int64_t i)
{
    const int64_t at = ((o * l->length + n) * l->inner + i) * l->parts;
    const gboolean inside = n < l->length;
    return (DDComplex){ dd_from(inside ? tensor_get_double(x, at) : 0),
                        dd_from(inside && l->parts == 2 ? tensor_get_double(x, at + 1) : 0) };
}

/* Element n of the whole spectrum, of which the line is the first half. */
static DDComplex mirrored(const Tensor *x, const Layout *l, int64_t o, int64_t n, int64_t i)
{
    const gboolean second = n > l->size / 2;
    DDComplex value = element(x, l, o, second ? l->size - n : n, i);
    if (second)
        value.im = (DD){ -value.im.high, -value.im.low };
    else if (2 * n % l->size == 0)
        value.im = dd_from(0);
    return value;
}

/* One line along the axis: cut or padded with zeros to the length of the transform. */
static void transform_line(const Tensor *x, const Layout *l, int64_t o, int64_t i, Fourier *fourier, Tensor *y)
{
    DDComplex *in = fourier_input(fourier);
    for (int64_t n = 0; n < l->size; n++)
        in[n] = l->half ? mirrored(x, l, o, n, i) : element(x, l, o, n, i);
    const DDComplex *out = fourier_run(fourier);
    for (int64_t k = 0; k < l->kept; k++) {
        const int64_t at = (o * l->kept + k) * l->inner + i;
        if (l->half)
            fourier_store_real(y, at, out[k]);
        else
            fourier_store(y, at, out[k]);
    }
}

static gboolean dft(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    Layout l;
    Shape shape;
    if (!lay_out(ev, &x->shape, &l, &shape, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    g_autoptr(Fourier) fourier = y ? fourier_new(l.size, eval_int(ev, "inverse") != 0, error) : NULL;
    if (!fourier)
        return FALSE;
    for (int64_t o = 0; o < l.outer; o++)
        for (int64_t i = 0; i < l.inner; i++) {
            if (!eval_tick(ev, error))
                return FALSE;
            transform_line(x, &l, o, i, fourier, y);
        }
    return TRUE;
}

OPERATOR_DEFINE(dft, "DFT", "",
    { .since = 17, .signature = "input:T1, dft_length:T2? -> output:T1", .types = "T1: floats13 | T2: int32 int64",
      .attributes = "axis:int=1, inverse:int=0, onesided:int=0", .kernel = dft },
    { .since = 20, .signature = "input:T1, dft_length:T2?, axis:int64? -> output:T1",
      .types = "T1: floats13 | T2: int32 int64", .attributes = "inverse:int=0, onesided:int=0", .kernel = dft })
