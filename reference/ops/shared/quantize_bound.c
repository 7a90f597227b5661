/* Certificates of linear quantisation. */
#include "reference/ops/shared/quantize.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/rounding.h"

#include <math.h>

static Range unite(Range a, Range b)
{
    return (Range){ MIN(a.low, b.low), MAX(a.high, b.high) };
}

/* x at both ends of its interval; FALSE if it or the scale or the zero point is not known well enough for a rule. */
static gboolean known_inputs(const Eval *ev, Interval *x)
{
    Interval scale, zero_point;
    return eval_input_interval(ev, 0, x) && eval_input_interval(ev, 1, &scale) && !scale.lower &&
           eval_input_interval(ev, 2, &zero_point) && !zero_point.lower;
}

/* ---- quantising ------------------------------------------------------------------------------------------------------- */

static double relative_change(double from, double to)
{
    return from == to ? 0.0 : fabs((to - from) / from);
}

/* Between which values x / s lies in every correct way to divide. A point if nothing is rounded on the way. */
static Range quotient_range(const Quantization *q, double x, double scale)
{
    const FloatFormat *f = q->precision ? q->precision : &float_format_float64;
    const double quotient = quantize_quotient(q, x, scale), exact = x / scale;
    const double x_rounded = quantize_round(q->precision, x), s_rounded = quantize_round(q->precision, scale);
    const gboolean same = x == x_rounded && scale == s_rounded;
    const gboolean power = frexp(s_rounded, &(int){ 0 }) == 0.5; /* its reciprocal is exact */
    const gboolean divides = power || relaxation_quotient(DTYPE_FLOAT) == 0;
    if (isnan(quotient) || !isfinite(exact) ||
        (same && divides && isfinite(quotient) && fma(quotient, s_rounded, -x_rounded) == 0))
        return (Range){ quotient, quotient };

    const double u = ldexp(1.0, -f->mantissa_bits - 1), of_scale = relative_change(scale, s_rounded);
    if (of_scale >= 1)
        return (Range){ -INFINITY, INFINITY };
    const double of_reciprocal = q->precision && relaxation_quotient(DTYPE_FLOAT) > 0 ? u : 0;
    const double relative = (1 + relative_change(x, x_rounded)) * (1 + u) * (1 + of_reciprocal) / (1 - of_scale) - 1;
    double slack = fabs(exact) * (relative * (1 + 0x1p-40) + 0x1p-48); /* the last term: this computation's own rounding */
    if (fabs(exact) < ldexp(1.0, 2 - f->bias))
        slack += float_min(f);
    return unite((Range){ exact - slack, exact + slack }, (Range){ quotient, quotient });
}

static Range integer_range(const Quantization *q, Range t, double zero_point)
{
    const double low = (double)dtype_min(q->target), high = (double)dtype_max(q->target);
    if (isnan(t.low) || isnan(t.high)) /* the text gives no integer for NaN */
        return (Range){ low, high };
    if (t.low == t.high) {
        const double y = quantize_to_range(t.low, zero_point, low, high);
        return (Range){ y, y };
    }
    return (Range){ quantize_to_range(ceil(t.low - 0.5), zero_point, low, high),
                    quantize_to_range(floor(t.high + 0.5), zero_point, low, high) };
}

static double to_float_target(const Quantization *q, double value)
{
    const FloatFormat *format = dtype_info(q->target)->format;
    return float_decode(format, float_encode(format, value, q->saturate ? OVERFLOW_SATURATE : OVERFLOW_NATURAL));
}

static Range float_range(const Quantization *q, Range t, double zero_point)
{
    if (t.low == t.high)
        return (Range){ to_float_target(q, t.low + zero_point), to_float_target(q, t.high + zero_point) };
    return (Range){ to_float_target(q, nextafter(t.low + zero_point, -INFINITY)),
                    to_float_target(q, nextafter(t.high + zero_point, INFINITY)) };
}

static Range quantized_range(const Quantization *q, double x_low, double x_high, double scale, double zero_point)
{
    Range t = quotient_range(q, x_low, scale);
    if (x_low != x_high) {
        const Range other = quotient_range(q, x_high, scale);
        t = isnan(t.low) || isnan(other.low) ? (Range){ NAN, NAN } : unite(t, other);
    }
    return dtype_is_float(q->target) ? float_range(q, t, zero_point) : integer_range(q, t, zero_point);
}

void quantize_element_range(const Quantization *q, double x, double scale, double zero_point, double *low, double *high)
{
    const Range range = quantized_range(q, x, x, scale, zero_point);
    *low = range.low;
    *high = range.high;
}

gboolean quantize_bound(Eval *ev, const Quantization *q, GError **error)
{
    Interval x;
    if (!known_inputs(ev, &x)) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    Ends ends = ENDS_OF(ev, 0);
    gboolean open = FALSE;
    ScaleWalk w;
    for (scale_walk_begin(&w, &q->grid); w.count > 0 && !open; scale_walk_next(&w)) {
        const double scale = tensor_get_double(q->scale, w.scale);
        const double zero_point = q->zero_point ? tensor_get_double(q->zero_point, w.scale) : 0.0;
        for (int64_t i = w.first; i < w.first + w.count && !open; i++) {
            const Range r = quantized_range(q, tensor_get_double(x.lower ? x.lower : q->x, i),
                                            tensor_get_double(x.upper ? x.upper : q->x, i), scale, zero_point);
            if (r.low != r.high && !(isnan(r.low) && isnan(r.high))) {
                open = isnan(r.low) || isnan(r.high); /* overflow to NaN on one side: no interval says that */
                if (!open && !ends_set(&ends, i, r.low, r.high, error))
                    return FALSE;
            }
        }
    }
    if (open)
        ends_abandon(&ends);
    else
        ends_finish(&ends);
    return TRUE;
}

/* ---- dequantising ----------------------------------------------------------------------------------------------------- */

/* The ways to compute one element that the text leaves open: exactly, with operands rounded to the output type, in float. */
static Range dequantized_range(const Quantization *q, double x, double scale, double zero_point)
{
    const FloatFormat *f = dtype_info(q->target)->format, *wide = &float_format_float32;
    const double difference = x - zero_point;
    const double y = quantize_round(f, dequantize_product(x, zero_point, scale));
    Range range = { y, y };
    const double d = quantize_round(f, difference), s = quantize_round(f, scale);
    if (isfinite(d) && isfinite(s)) {
        const double in_target = quantize_round(f, d * s);
        range = unite(range, (Range){ in_target, in_target });
    }
    const double in_float = quantize_round(f, quantize_round(wide, quantize_round(wide, difference) * scale));
    return unite(range, (Range){ in_float, in_float });
}

gboolean dequantize_bound(Eval *ev, const Quantization *q, GError **error)
{
    const Tensor *y = eval_output_tensor(ev, 0);
    Interval x;
    if (!known_inputs(ev, &x)) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    Ends ends = ENDS_OF(ev, 0);
    ScaleWalk w;
    for (scale_walk_begin(&w, &q->grid); w.count > 0; scale_walk_next(&w)) {
        const double scale = tensor_get_double(q->scale, w.scale);
        const double zero_point = q->zero_point ? tensor_get_double(q->zero_point, w.scale) : 0.0;
        for (int64_t i = w.first; i < w.first + w.count; i++) {
            if (isnan(tensor_get_double(y, i)))
                continue;
            Range r = dequantized_range(q, tensor_get_double(x.lower ? x.lower : q->x, i), scale, zero_point);
            if (x.lower)
                r = unite(r, dequantized_range(q, tensor_get_double(x.upper, i), scale, zero_point));
            if (r.low != r.high && !ends_set(&ends, i, r.low, r.high, error))
                return FALSE;
        }
    }
    ends_finish(&ends);
    return TRUE;
}
