#include "reference/ops/shared/quantize.h"

#include "reference/tensor/convert.h"

#include <math.h>

enum { BLOCK = 256 }; /* elements widened at a time */

/* ---- attributes and types --------------------------------------------------------------------------------------------- */

static gboolean read_precision(const Eval *ev, Quantization *q, GError **error)
{
    const int64_t given = eval_int(ev, "precision");
    DType precision = given ? (DType)given : q->scale->dtype;
    if (!given && precision == DTYPE_FLOAT8E8M0)
        precision = DTYPE_FLOAT;
    switch (dtype_on_wire(precision) ? precision : DTYPE_UNDEFINED) {
    case DTYPE_FLOAT:
    case DTYPE_FLOAT16:
    case DTYPE_BFLOAT16:
        q->precision = dtype_info(precision)->format;
        return TRUE;
    case DTYPE_DOUBLE:
        q->precision = NULL;
        return TRUE;
    default:
        q->precision = NULL;
        return !given || eval_fail(error, "precision is %" G_GINT64_FORMAT ", expected float, float16, bfloat16 or double", given);
    }
}

gboolean quantization_begin(const Eval *ev, Quantization *q, GError **error)
{
    *q = (Quantization){ .x = eval_input(ev, 0), .scale = eval_input(ev, 1), .zero_point = eval_input(ev, 2) };
    q->saturate = !eval_has(ev, "saturate") || eval_int(ev, "saturate") != 0;
    const int64_t given = eval_int(ev, "output_dtype");
    if (given && !dtype_on_wire(given))
        return eval_fail(error, "output_dtype is %" G_GINT64_FORMAT ", expected a type", given);
    if (given && q->zero_point && q->zero_point->dtype != (DType)given)
        return eval_fail(error, "output_dtype is %s, expected %s like the zero point", dtype_name((DType)given),
                         dtype_name(q->zero_point->dtype));
    q->target = given ? (DType)given : q->zero_point ? q->zero_point->dtype : DTYPE_UINT8;
    if (!dtype_is_integer(q->target) && (!dtype_is_float(q->target) || dtype_info(q->target)->bits > 8))
        return eval_fail(error, "output_dtype is %s, expected a quantised type", dtype_name(q->target));
    return read_precision(ev, q, error);
}

gboolean dequantization_begin(const Eval *ev, Quantization *q, GError **error)
{
    *q = (Quantization){ .x = eval_input(ev, 0), .scale = eval_input(ev, 1), .zero_point = eval_input(ev, 2) };
    const int64_t given = eval_int(ev, "output_dtype");
    q->target = given && dtype_on_wire(given) ? (DType)given : given ? DTYPE_UNDEFINED : q->scale->dtype;
    if (q->target != DTYPE_FLOAT && q->target != DTYPE_FLOAT16 && q->target != DTYPE_BFLOAT16)
        return eval_fail(error, "the output type is %s (%s), expected float, float16 or bfloat16", dtype_name(q->target),
                         given ? "output_dtype" : "no output_dtype: that of the scale");
    for (int64_t i = 0; q->x->dtype == DTYPE_INT32 && q->zero_point && i < q->zero_point->count; i++)
        if (tensor_get_int(q->zero_point, i) != 0)
            return eval_fail(error, "the zero point of an int32 tensor is %" G_GINT64_FORMAT ", expected 0 or none",
                             tensor_get_int(q->zero_point, i));
    return TRUE;
}

/* ---- one element ------------------------------------------------------------------------------------------------------ */

double quantize_round(const FloatFormat *format, double value)
{
    if (!format)
        return value;
    if (format == &float_format_float32)
        return (double)(float)value;
    return float_decode(format, float_encode(format, value, OVERFLOW_NATURAL));
}

double quantize_quotient(const Quantization *q, double x, double scale)
{
    /* Dividing in binary64 and rounding again is one correct rounding: it has more than twice the digits. */
    return quantize_round(q->precision, quantize_round(q->precision, x) / quantize_round(q->precision, scale));
}

double quantize_to_range(double value, double zero_point, double low, double high)
{
    const double sum = (isnan(value) ? 0.0 : rint(value)) + zero_point; /* exact wherever it does not saturate */
    return sum < low ? low : sum > high ? high : sum;
}

double dequantize_product(double x, double zero_point, double scale)
{
    const double difference = x - zero_point; /* exact for every quantised type */
    const double product = difference * scale;
    return float_round_to_odd(product, isfinite(product) ? fma(difference, scale, -product) : 0.0);
}

/* ---- tensors ---------------------------------------------------------------------------------------------------------- */

static void quantize_to_integers(const Quantization *q, const double *x, double scale, double zero_point, double *y, gsize n)
{
    const double low = (double)dtype_min(q->target), high = (double)dtype_max(q->target);
    if (q->precision == &float_format_float32) { /* the common case, in a form that compilers vectorise */
        const double s = (double)(float)scale;
        for (gsize i = 0; i < n; i++)
            y[i] = quantize_to_range((double)(float)((double)(float)x[i] / s), zero_point, low, high);
        return;
    }
    for (gsize i = 0; i < n; i++)
        y[i] = quantize_to_range(quantize_quotient(q, x[i], scale), zero_point, low, high);
}

static void quantize_to_floats(const Quantization *q, const double *x, double scale, double zero_point, uint8_t *y, gsize n)
{
    const FloatFormat *format = dtype_info(q->target)->format;
    const FloatOverflow overflow = q->saturate ? OVERFLOW_SATURATE : OVERFLOW_NATURAL;
    for (gsize i = 0; i < n; i++) {
        double value = quantize_quotient(q, x[i], scale);
        if (q->zero_point) { /* a zero point of +0 makes -0 into +0, as the formula has it */
            const double sum = value + zero_point, part = sum - value;
            value = float_round_to_odd(sum, isfinite(sum) ? (value - (sum - part)) + (zero_point - part) : 0.0);
        }
        y[i] = (uint8_t)float_encode(format, value, overflow);
    }
}

gboolean quantize(Eval *ev, const Quantization *q, GError **error)
{
    Tensor *y = eval_output(ev, 0, q->target, &q->x->shape, error);
    if (!y)
        return FALSE;
    const gsize x_width = (gsize)dtype_info(q->x->dtype)->width, y_width = (gsize)dtype_info(q->target)->width;
    const gboolean to_float = dtype_is_float(q->target);
    double in[BLOCK], out[BLOCK];
    ScaleWalk w;
    for (scale_walk_begin(&w, &q->grid); w.count > 0; scale_walk_next(&w)) {
        const double scale = tensor_get_double(q->scale, w.scale);
        const double zero_point = q->zero_point ? tensor_get_double(q->zero_point, w.scale) : 0.0;
        for (int64_t done = 0; done < w.count; done += BLOCK) {
            const gsize n = (gsize)MIN(w.count - done, (int64_t)BLOCK), at = (gsize)(w.first + done);
            uint8_t *y_at = (uint8_t *)y->data + at * y_width;
            convert_to_double(q->x->dtype, (const uint8_t *)q->x->data + at * x_width, in, n);
            if (to_float) {
                quantize_to_floats(q, in, scale, zero_point, y_at, n);
            } else {
                quantize_to_integers(q, in, scale, zero_point, out, n);
                convert_from_double(q->target, out, y_at, n);
            }
        }
    }
    return TRUE;
}

gboolean dequantize(Eval *ev, const Quantization *q, GError **error)
{
    Tensor *y = eval_output(ev, 0, q->target, &q->x->shape, error);
    if (!y)
        return FALSE;
    const gsize x_width = (gsize)dtype_info(q->x->dtype)->width, y_width = (gsize)dtype_info(q->target)->width;
    double block[BLOCK];
    ScaleWalk w;
    for (scale_walk_begin(&w, &q->grid); w.count > 0; scale_walk_next(&w)) {
        const double scale = tensor_get_double(q->scale, w.scale);
        const double zero_point = q->zero_point ? tensor_get_double(q->zero_point, w.scale) : 0.0;
        for (int64_t done = 0; done < w.count; done += BLOCK) {
            const gsize n = (gsize)MIN(w.count - done, (int64_t)BLOCK), at = (gsize)(w.first + done);
            convert_to_double(q->x->dtype, (const uint8_t *)q->x->data + at * x_width, block, n);
            for (gsize i = 0; i < n; i++)
                block[i] = dequantize_product(block[i], zero_point, scale);
            convert_from_double(q->target, block, (uint8_t *)y->data + at * y_width, n);
        }
    }
    return TRUE;
}
