#include "reference/ops/shared/cast.h"

#include "reference/ops/shared/decimal.h"
#include "reference/tensor/convert.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 256 }; /* elements widened at a time */

gboolean cast_options(const Eval *ev, CastOptions *options, GError **error)
{
    const char *mode = eval_string(ev, "round_mode");
    *options = (CastOptions){ .saturate = !eval_has(ev, "saturate") || eval_int(ev, "saturate") != 0, .rounding = E8M0_UP };
    if (!mode || strcmp(mode, "up") == 0)
        return TRUE;
    if (strcmp(mode, "down") == 0)
        options->rounding = E8M0_DOWN;
    else if (strcmp(mode, "nearest") == 0)
        options->rounding = E8M0_NEAREST;
    else
        return eval_fail(error, "round_mode is '%s', expected up, down or nearest", mode);
    return TRUE;
}

/* ---- numbers to numbers ----------------------------------------------------------------------------------------------- */

/* As a double, rounded to odd: the two halves of the integer are exact doubles, and so is the error of their sum. */
static double integer_to_odd_double(double high, uint32_t low)
{
    const double sum = high + low;
    return float_round_to_odd(sum, low - (sum - high));
}

/* Values of a source type that one more rounding brings to any float type narrower than double. */
static void widen_to_odd(DType from, const void *data, double *out, gsize n)
{
    if (from == DTYPE_INT64) {
        const int64_t *in = data;
        for (gsize i = 0; i < n; i++)
            out[i] = integer_to_odd_double((double)(in[i] >> 32) * 0x1p32, (uint32_t)in[i]);
    } else if (from == DTYPE_UINT64) {
        const uint64_t *in = data;
        for (gsize i = 0; i < n; i++)
            out[i] = integer_to_odd_double((double)(in[i] >> 32) * 0x1p32, (uint32_t)in[i]);
    } else {
        convert_to_double(from, data, out, n);
    }
}

static gboolean is_float8(DType dtype)
{
    return dtype_is_float(dtype) && dtype_info(dtype)->bits == 8 && dtype != DTYPE_FLOAT8E8M0;
}

static void narrow_to_float(DType to, const double *in, void *data, gsize n, const CastOptions *options)
{
    uint8_t *codes = data;
    if (to == DTYPE_FLOAT8E8M0) {
        for (gsize i = 0; i < n; i++)
            codes[i] = float_encode_e8m0(in[i], options->rounding, options->saturate);
    } else if (is_float8(to)) {
        const FloatFormat *format = dtype_info(to)->format;
        const FloatOverflow overflow = options->saturate ? OVERFLOW_SATURATE : OVERFLOW_NATURAL;
        for (gsize i = 0; i < n; i++)
            codes[i] = (uint8_t)float_encode(format, in[i], overflow);
    } else {
        convert_from_double(to, in, data, n);
    }
}

/* Towards zero, saturating. Both ends of a 64-bit range round to powers of two as doubles, hence >= and <=. */
static void truncate_to_integer(DType to, const double *in, void *data, gsize n)
{
    if (to == DTYPE_UINT64) {
        uint64_t *out = data;
        for (gsize i = 0; i < n; i++)
            out[i] = !(in[i] > 0) ? 0 : in[i] >= 0x1p64 ? UINT64_MAX : (uint64_t)in[i];
        return;
    }
    int64_t block[BLOCK];
    const int64_t low = dtype_min(to), high = (int64_t)dtype_max(to);
    for (gsize i = 0; i < n; i++)
        block[i] = isnan(in[i])            ? 0
                   : in[i] >= (double)high ? high
                   : in[i] <= (double)low  ? low
                                           : (int64_t)in[i];
    convert_from_int64(to, block, data, n);
}

static void round_to_sub_byte(DType to, const double *in, uint8_t *codes, gsize n)
{
    const int bits = dtype_info(to)->bits;
    for (gsize i = 0; i < n; i++) {
        const double wrapped = isfinite(in[i]) ? fmod(rint(in[i]), 16.0) : 0.0; /* 16: a multiple of 2^bits */
        codes[i] = (uint8_t)convert_low_bits((uint64_t)(int64_t)wrapped, bits);
    }
}

static void float_to_other(DType to, const double *in, void *data, gsize n)
{
    if (to == DTYPE_BOOL)
        convert_from_double(to, in, data, n);
    else if (dtype_is_sub_byte(to))
        round_to_sub_byte(to, in, data, n);
    else
        truncate_to_integer(to, in, data, n);
}

static void cast_block(DType from, const void *in, DType to, void *out, gsize n, const CastOptions *options)
{
    double wide[BLOCK];
    int64_t whole[BLOCK];
    if (dtype_is_float(to) && to != DTYPE_DOUBLE) {
        widen_to_odd(from, in, wide, n);
        narrow_to_float(to, wide, out, n, options);
    } else if (to == DTYPE_DOUBLE) {
        convert_to_double(from, in, out, n);
    } else if (dtype_is_float(from)) {
        convert_to_double(from, in, wide, n);
        float_to_other(to, wide, out, n);
    } else { /* the low bits of a uint64 are those of the int64 with the same pattern */
        convert_to_int64(from, in, whole, n);
        convert_from_int64(to, whole, out, n);
    }
}

/* ---- strings ------------------------------------------------------------------------------------------------------- */

static gboolean not_a_number(const char *text, int64_t index, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(text, -1);
    return eval_fail(error, "element %" G_GINT64_FORMAT " of the strings is '%.40s', expected a number", index, shown);
}

/* An element of an integer type of 8 bits or more; *outside if the text's value is not in its range. */
static gboolean integer_from_string(const char *text, gsize length, Tensor *y, int64_t i, gboolean *outside)
{
    if (y->dtype == DTYPE_UINT64) {
        uint64_t value;
        if (!decimal_to_uint64(text, length, &value, outside))
            return FALSE;
        tensor_set_bits(y, i, value);
        return TRUE;
    }
    int64_t value;
    if (!decimal_to_int64(text, length, &value, outside))
        return FALSE;
    const int64_t kept = CLAMP(value, dtype_min(y->dtype), (int64_t)dtype_max(y->dtype));
    *outside |= kept != value;
    tensor_set_int(y, i, kept);
    return TRUE;
}

static gboolean element_from_string(const char *text, gsize length, Tensor *y, int64_t i, const CastOptions *options)
{
    const gboolean is_float = dtype_is_float(y->dtype);
    double value;
    gboolean outside;
    if (dtype_is_integer(y->dtype) && !dtype_is_sub_byte(y->dtype))
        return integer_from_string(text, length, y, i, &outside);
    if (!(y->dtype == DTYPE_DOUBLE ? decimal_to_double : decimal_to_odd_double)(text, length, &value))
        return FALSE;
    uint8_t *at = (uint8_t *)y->data + i * dtype_info(y->dtype)->width;
    if (is_float)
        narrow_to_float(y->dtype, &value, at, 1, options);
    else
        float_to_other(y->dtype, &value, at, 1);
    return TRUE;
}

static Tensor *cast_from_strings(const Tensor *x, DType to, const CastOptions *options, GError **error)
{
    g_autoptr(Tensor) y = tensor_new_uninitialised(to, &x->shape, error);
    for (int64_t i = 0; y && i < x->count; i++) {
        gsize length;
        const char *text = tensor_get_string(x, i, &length);
        if (!element_from_string(text, length, y, i, options)) {
            not_a_number(text, i, error);
            return NULL;
        }
    }
    return g_steal_pointer(&y);
}

static char *string_of(const Tensor *x, int64_t i)
{
    if (dtype_is_float(x->dtype))
        return decimal_from_float(x->dtype, tensor_get_double(x, i));
    if (x->dtype == DTYPE_UINT64)
        return g_strdup_printf("%" G_GUINT64_FORMAT, tensor_get_bits(x, i));
    return g_strdup_printf("%" G_GINT64_FORMAT, tensor_get_int(x, i));
}

static Tensor *cast_to_strings(const Tensor *x, GError **error)
{
    Tensor *y = tensor_new(DTYPE_STRING, &x->shape, error);
    for (int64_t i = 0; y && i < x->count; i++) {
        g_autofree char *text = string_of(x, i);
        tensor_set_string(y, i, text, -1);
    }
    return y;
}

/* ---- tensors ------------------------------------------------------------------------------------------------------- */

Tensor *cast_tensor(const Tensor *x, DType to, const CastOptions *options, GError **error)
{
    if (x->dtype == to)
        return tensor_ref(x);
    if (x->dtype == DTYPE_STRING)
        return cast_from_strings(x, to, options, error);
    if (to == DTYPE_STRING)
        return cast_to_strings(x, error);
    Tensor *y = tensor_new_uninitialised(to, &x->shape, error);
    if (!y)
        return NULL;
    const uint8_t *in = x->data;
    uint8_t *out = y->data;
    const gsize from_width = (gsize)dtype_info(x->dtype)->width, to_width = (gsize)dtype_info(to)->width;
    for (gsize done = 0; done < (gsize)x->count; done += BLOCK) {
        const gsize n = MIN((gsize)x->count - done, (gsize)BLOCK);
        cast_block(x->dtype, in + done * from_width, to, out + done * to_width, n, options);
    }
    return y;
}

/* ---- certificates ----------------------------------------------------------------------------------------------------- */

/* Whether the operator's text gives this element no value. */
static gboolean is_undefined(const Tensor *x, int64_t i, DType to)
{
    gboolean outside;
    if (x->dtype == DTYPE_STRING) {
        gsize length;
        const char *text = tensor_get_string(x, i, &length);
        int64_t value;
        uint64_t positive;
        if (!dtype_is_integer(to))
            return FALSE;
        if (to == DTYPE_UINT64)
            return !decimal_to_uint64(text, length, &positive, &outside) || outside;
        return !decimal_to_int64(text, length, &value, &outside) || outside || value < dtype_min(to) ||
               value > (int64_t)dtype_max(to);
    }
    if (!dtype_is_float(x->dtype) && to != DTYPE_FLOAT8E8M0)
        return FALSE;
    const double value = tensor_get_double(x, i);
    if (to == DTYPE_FLOAT8E8M0)
        return signbit(value) && !isnan(value);
    if (!dtype_is_integer(to))
        return FALSE;
    if (dtype_is_sub_byte(to)) /* finite values wrap */
        return !isfinite(value);
    return isnan(value) || trunc(value) < (double)dtype_min(to) ||
           trunc(value) >= (double)dtype_max(to) + (dtype_info(to)->bits < 64 ? 1 : 0);
}

/* Opens the interval of every element without a defined value to the whole type. */
static gboolean open_undefined(Eval *ev, const Tensor *x, const Tensor *y, GError **error)
{
    g_autoptr(Tensor) lower = NULL, upper = NULL;
    for (int64_t i = 0; i < x->count; i++) {
        if (!is_undefined(x, i, y->dtype))
            continue;
        if (!lower && (!(lower = tensor_copy(y, error)) || !(upper = tensor_copy(y, error))))
            return FALSE;
        if (y->dtype == DTYPE_FLOAT8E8M0) {
            tensor_set_bits(lower, i, 0x00);
            tensor_set_bits(upper, i, 0xFE);
        } else {
            tensor_set_int(lower, i, dtype_min(y->dtype));
            tensor_set_bits(upper, i, dtype_max(y->dtype));
        }
    }
    eval_set_interval(ev, 0, g_steal_pointer(&lower), g_steal_pointer(&upper));
    return TRUE;
}

/* Whether every end is a value of the target, so that nothing wraps and the conversion is monotone. */
static gboolean fits(const Tensor *end, DType to)
{
    for (int64_t i = 0; i < end->count; i++) {
        const double value = tensor_get_double(end, i);
        if (!(value >= (double)dtype_min(to) && value <= (double)dtype_max(to)))
            return FALSE;
    }
    return TRUE;
}

gboolean cast_bound(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *y = eval_output_tensor(ev, 0);
    Interval interval;
    if (!y)
        return TRUE;
    /* How a float or bool is spelled is not fixed by the text beyond an example. */
    if (!eval_input_interval(ev, 0, &interval) ||
        (y->dtype == DTYPE_STRING && (dtype_is_float(x->dtype) || x->dtype == DTYPE_BOOL))) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    if (!interval.lower)
        return open_undefined(ev, x, y, error);
    if (y->dtype == DTYPE_STRING || y->dtype == DTYPE_BOOL || y->dtype == DTYPE_FLOAT8E8M0 ||
        (dtype_is_integer(y->dtype) && !(fits(interval.lower, y->dtype) && fits(interval.upper, y->dtype)))) {
        eval_set_uncertified(ev, 0);
        return TRUE;
    }
    CastOptions options;
    if (!cast_options(ev, &options, error))
        return FALSE;
    Tensor *lower = cast_tensor(interval.lower, y->dtype, &options, error);
    Tensor *upper = lower ? cast_tensor(interval.upper, y->dtype, &options, error) : NULL;
    if (!upper) {
        tensor_unref(lower);
        return FALSE;
    }
    eval_set_interval(ev, 0, lower, upper);
    return TRUE;
}
