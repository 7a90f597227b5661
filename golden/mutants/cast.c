/* Cast and CastLike, by the table of Cast-25: float to float rounds once to nearest even; float8 saturates or not as asked;
 * float to integer drops the fraction, to 2 and 4 bits rounds and keeps the low bits; integers keep the low bits. */
#include "golden/mutants/naive.h"

#include <math.h>

MUTANT_DEFINE(cast_truncates, "cast-truncates", MUST_DIE, 1, "Cast to a narrower float cuts the significand off")
MUTANT_DEFINE(cast_half_away, "cast-half-away", MUST_DIE, 2, "Cast to a narrower float rounds ties away from zero")
MUTANT_DEFINE(cast_double_rounding, "cast-double-through-float", MUST_DIE, 4, "Cast from double goes through float")
MUTANT_DEFINE(cast_flushes, "cast-flushes", MUST_DIE, 5, "Cast to float8 or float16 gives zero where the answer is subnormal")
MUTANT_DEFINE(cast_overflows, "cast-f8-overflows", MUST_DIE, 6, "Cast to float8 never saturates")
MUTANT_DEFINE(cast_saturates, "cast-f8-always-saturates", MUST_DIE, 7, "Cast to float8 saturates although saturate = 0")
MUTANT_DEFINE(cast_infinity_kept, "cast-f8-infinity-kept", MUST_DIE, 7, "Cast to float8 saturates finite numbers, not infinities")
MUTANT_DEFINE(cast_zero_sign, "cast-zero-sign-lost", MUST_DIE, 9, "Cast gives +0 for what is or rounds to -0")
MUTANT_DEFINE(cast_nan_zero, "cast-nan-to-zero", MUST_DIE, 10, "Cast of a NaN gives 0")
MUTANT_DEFINE(cast_e8m0_modes, "cast-e8m0-modes-swapped", MUST_DIE, 11, "Cast to float8e8m0 takes round_mode up for down and the reverse")
MUTANT_DEFINE(cast_e8m0_nearest, "cast-e8m0-ties-down", MUST_DIE, 11, "Cast to float8e8m0 with round_mode nearest rounds ties down")
MUTANT_DEFINE(cast_integer_rounds, "cast-integer-rounds", MUST_DIE, 3, "Cast from float to an integer of 8 bits or more rounds to nearest")
MUTANT_DEFINE(cast_integer_clips, "cast-integer-clips", MUST_DIE, 16, "Cast between integers saturates instead of keeping the low bits")
MUTANT_DEFINE(cast_sub_byte_clips, "cast-sub-byte-clips", MUST_DIE, 16, "Cast from float to 2 or 4 bits saturates instead of keeping the low bits")
MUTANT_DEFINE(cast_sub_byte_truncates, "cast-sub-byte-truncates", MUST_DIE, 1, "Cast from float to 2 or 4 bits drops the fraction")
MUTANT_DEFINE(cast_bool_low_byte, "cast-bool-through-integer", MUST_DIE, 1, "Cast to bool goes through int32: 0.5 is false")
MUTANT_DEFINE(cast_fnuz_zero, "cast-fnuz-negative-zero", MUST_DIE, 8, "Cast to the UZ float8 types writes -0 as 0x80, their NaN")

static gboolean is_small(DType dtype)
{
    return dtype == DTYPE_FLOAT8E4M3FN || dtype == DTYPE_FLOAT8E4M3FNUZ || dtype == DTYPE_FLOAT8E5M2 || dtype == DTYPE_FLOAT8E5M2FNUZ;
}

static uint64_t float_code(DType to, double v, gboolean saturate)
{
    const gboolean narrow = to != DTYPE_FLOAT && to != DTYPE_DOUBLE;
    FormatRounding rounding = NEAREST_EVEN;
    if (narrow && mutant(cast_truncates))
        rounding = TOWARD_ZERO;
    if (narrow && mutant(cast_half_away))
        rounding = NEAREST_AWAY;
    if (!is_small(to)) { /* saturate is an attribute for float8 */
        saturate = FALSE;
    } else {
        if (mutant(cast_infinity_kept) && isinf(v))
            saturate = FALSE;
        saturate = (saturate && !mutant(cast_overflows)) || (!saturate && mutant(cast_saturates));
    }
    const uint64_t code = format_encode(to, v, rounding, saturate);
    if (mutant(cast_zero_sign) && format_decode(to, code) == 0)
        return 0;
    if ((to == DTYPE_FLOAT8E4M3FNUZ || to == DTYPE_FLOAT8E5M2FNUZ) && mutant(cast_fnuz_zero) && signbit(v) && code == 0)
        return 0x80;
    const double smallest = to == DTYPE_FLOAT16 || to == DTYPE_FLOAT8E5M2 ? 0x1p-14
                            : to == DTYPE_FLOAT8E5M2FNUZ                  ? 0x1p-15
                            : to == DTYPE_FLOAT8E4M3FN                    ? 0x1p-6
                            : to == DTYPE_FLOAT8E4M3FNUZ                  ? 0x1p-7
                                                                          : 0;
    return mutant(cast_flushes) && fabs(v) < smallest ? format_encode(to, copysign(0, v), NEAREST_EVEN, FALSE) : code;
}

static uint64_t scale_code(Eval *ev, double v, gboolean saturate)
{
    const char *mode = eval_has(ev, "round_mode") ? eval_string(ev, "round_mode") : "up";
    char m = *mode;
    if (mutant(cast_e8m0_modes))
        m = m == 'u' ? 'd' : m == 'd' ? 'u' : m;
    if (m == 'n' && mutant(cast_e8m0_nearest))
        v = nextafter(v, 0);
    return format_encode_scale(v, m, saturate);
}

static uint64_t integer_code(DType to, double v)
{
    if (isnan(v))
        return 0;
    const int bits = dtype_info(to)->bits;
    const double low = (double)format_int_min(to), high = to == DTYPE_UINT64 ? 0x1p64 : (double)format_int_max(to);
    if (bits < 8) {
        const double whole = mutant(cast_sub_byte_truncates) ? trunc(v) : nearbyint(v);
        return mutant(cast_sub_byte_clips) ? format_int_encode(to, (int64_t)MAX(MIN(whole, high), low))
                                           : format_int_encode(to, isfinite(whole) ? (int64_t)fmod(whole, 16) : 0);
    }
    const double whole = mutant(cast_integer_rounds) ? nearbyint(v) : trunc(v);
    if (whole >= high)
        return to == DTYPE_UINT64 ? UINT64_MAX : format_int_encode(to, format_int_max(to));
    if (to == DTYPE_UINT64 && whole >= 0x1p63)
        return (uint64_t)whole;
    return format_int_encode(to, (int64_t)MAX(whole, low));
}

/* The code of element i of x in the type `to`; x is neither string nor complex. */
static uint64_t cast_element(Eval *ev, const Tensor *x, int64_t i, DType to, gboolean saturate)
{
    const uint64_t code = tensor_get_bits(x, i);
    if (!format_is_float(x->dtype)) {
        const int64_t n = format_int_decode(x->dtype, code);
        if (to == DTYPE_BOOL)
            return code != 0;
        if (format_is_int(to))
            return mutant(cast_integer_clips) ? format_int_encode(to, CLAMP(n, format_int_min(to), format_int_max(to)))
                                              : format_int_encode(to, n);
        const double wide = x->dtype == DTYPE_UINT64 ? (double)code : (double)n;
        const float narrow = x->dtype == DTYPE_UINT64 ? (float)code : (float)n; /* one rounding, from the integer */
        if (to == DTYPE_FLOAT8E8M0)
            return scale_code(ev, wide, saturate);
        return to == DTYPE_FLOAT ? format_encode(to, (double)narrow, NEAREST_EVEN, FALSE) : float_code(to, wide, saturate);
    }
    double v = format_decode(x->dtype, code);
    if (x->dtype == DTYPE_DOUBLE && mutant(cast_double_rounding))
        v = (double)(float)v;
    if (isnan(v) && mutant(cast_nan_zero) && to != DTYPE_BOOL)
        v = 0;
    if (to == DTYPE_BOOL)
        return mutant(cast_bool_low_byte) ? trunc(v) != 0 : v != 0;
    if (to == DTYPE_FLOAT8E8M0)
        return scale_code(ev, v, saturate);
    return format_is_float(to) ? float_code(to, v, saturate) : integer_code(to, v);
}

static gboolean cast_to(Eval *ev, DType to, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const gboolean numbers = (format_is_float(to) || format_is_int(to) || to == DTYPE_BOOL) &&
                             (format_is_float(x->dtype) || format_is_int(x->dtype) || x->dtype == DTYPE_BOOL);
    if (!numbers || eval_version(ev) < 6)
        return eval_own_kernel(ev, error);
    if (to == x->dtype) {
        eval_set_tensor(ev, 0, tensor_ref(x));
        return TRUE;
    }
    const gboolean saturate = !eval_has(ev, "saturate") || eval_int(ev, "saturate") != 0;
    Tensor *y = eval_output(ev, 0, to, &x->shape, error);
    for (int64_t i = 0; y && i < x->count; i++)
        tensor_set_bits(y, i, cast_element(ev, x, i, to, saturate));
    return y != NULL;
}

static gboolean cast(Eval *ev, GError **error)
{
    return cast_to(ev, (DType)eval_int(ev, "to"), error);
}

static gboolean cast_like(Eval *ev, GError **error)
{
    const Tensor *like = eval_input(ev, 1);
    return like ? cast_to(ev, like->dtype, error) : eval_own_kernel(ev, error);
}

NAIVE_DEFINE(cast, "Cast", "", cast)
NAIVE_DEFINE(cast_like, "CastLike", "", cast_like)
