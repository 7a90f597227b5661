#include "reference/onnx/text_number.h"

#include "reference/tensor/convert.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

enum { LONGEST_DOUBLE = 17 }; /* decimal digits that tell every double from its neighbours */

static gboolean is_one_of(const char *start, gsize length, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == length && g_ascii_strncasecmp(start, *words, length) == 0)
            return TRUE;
    return FALSE;
}

static gboolean is_nan_word(const char *start, gsize length)
{
    return is_one_of(start, length, (const char *const[]){ "nan", NULL });
}

static gboolean is_infinity_word(const char *start, gsize length)
{
    return is_one_of(start, length, (const char *const[]){ "inf", "infinity", NULL });
}

gboolean number_is(const Token *token)
{
    return token->kind == TOKEN_INT || token->kind == TOKEN_FLOAT ||
           (token->kind == TOKEN_ID &&
            (is_nan_word(token->start, token->length) || is_infinity_word(token->start, token->length)));
}

static gboolean is_hexadecimal(const Token *token)
{
    gsize digits = *token->start == '-';
    return token->length > digits + 2 && g_ascii_tolower(token->start[digits + 1]) == 'x';
}

static gboolean G_GNUC_PRINTF(3, 4) misfit(char **problem, const Token *token, const char *format, ...)
{
    g_autofree char *text = g_strndup(token->start, token->length);
    g_autofree char *found = name_quote(text);
    va_list args;
    va_start(args, format);
    g_autofree char *expected = g_strdup_vprintf(format, args);
    va_end(args);
    *problem = g_strdup_printf("found %s, expected %s", found, expected);
    return FALSE;
}

/* ---- integers ------------------------------------------------------------------------------------------------------ */

static gboolean read_magnitude(const Token *token, gboolean *negative, uint64_t *magnitude)
{
    g_autofree char *text = g_strndup(token->start, token->length);
    const char *digits = text;
    *negative = *digits == '-';
    if (*negative)
        digits++;
    if (is_hexadecimal(token))
        return g_ascii_string_to_unsigned(digits + 2, 16, 0, UINT64_MAX, magnitude, NULL);
    return g_ascii_string_to_unsigned(digits, 10, 0, UINT64_MAX, magnitude, NULL);
}

static gboolean integer_to_bits(const Token *token, const DTypeInfo *info, uint64_t *bits, char **problem)
{
    gboolean is_signed = info->domain == DOMAIN_SIGNED;
    uint64_t largest = UINT64_MAX >> (64 - info->bits + is_signed);
    gboolean negative;
    uint64_t magnitude;
    if (token->kind != TOKEN_INT || !read_magnitude(token, &negative, &magnitude) ||
        magnitude > (negative ? (is_signed ? largest + 1 : 0) : largest))
        return misfit(problem, token, "an integer of type %s, %s%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, info->name,
                      is_signed ? "-" : "", is_signed ? largest + 1 : 0, largest);
    *bits = convert_low_bits(negative ? -magnitude : magnitude, info->bits);
    return TRUE;
}

/* ---- floats -------------------------------------------------------------------------------------------------------- */

static double read_double(const Token *token)
{
    gsize sign = *token->start == '-';
    const char *word = token->start + sign;
    gsize length = token->length - sign;
    double value = is_nan_word(word, length) ? NAN : is_infinity_word(word, length) ? INFINITY : g_ascii_strtod(word, NULL);
    return copysign(value, sign ? -1.0 : 1.0);
}

static uint64_t encode(const FloatFormat *format, double value)
{
    return format == &float_format_float8e8m0 ? float_encode_e8m0(value, E8M0_NEAREST, FALSE)
                                              : float_encode(format, value, OVERFLOW_NATURAL);
}

static gboolean bits_literal(const Token *token, const DTypeInfo *info)
{
    return token->kind == TOKEN_INT && (is_hexadecimal(token) || info->bits < 32);
}

static gboolean float_to_bits(const Token *token, const DTypeInfo *info, uint64_t *bits, char **problem)
{
    gboolean negative;
    uint64_t magnitude;
    if (bits_literal(token, info)) {
        if (!read_magnitude(token, &negative, &magnitude) || negative || magnitude > UINT64_MAX >> (64 - info->bits))
            return misfit(problem, token, "a bit pattern of %d bits, or a value of type %s with a point", info->bits,
                          info->name);
        *bits = magnitude;
        return TRUE;
    }
    if (!number_is(token))
        return misfit(problem, token, "a number of type %s", info->name);
    double value = read_double(token);
    *bits = encode(info->format, value);
    double stored = float_decode(info->format, *bits);
    /* What has no code in the type: a number too large, an infinity or NaN it lacks, a negative float8e8m0. */
    gsize sign = *token->start == '-';
    gboolean too_large = isinf(value) && !is_infinity_word(token->start + sign, token->length - sign);
    if (too_large || !isnan(value) != !isnan(stored) || !isinf(value) != !isinf(stored) ||
        (!isnan(value) && !signbit(stored) && value < 0 && stored > 0))
        return misfit(problem, token, "a number that %s can hold", info->name);
    return TRUE;
}

/* %g leaves out the point that tells a value from a bit pattern. */
static void append_decimal(GString *out, double value, int digits)
{
    char format[8], text[G_ASCII_DTOSTR_BUF_SIZE];
    g_snprintf(format, sizeof format, "%%.%dg", digits);
    g_ascii_formatd(text, sizeof text, format, value);
    g_string_append(out, text);
    if (!strpbrk(text, ".e"))
        g_string_append(out, ".0");
}

static gboolean append_special(GString *out, const FloatFormat *format, uint64_t bits)
{
    const struct {
        const char *word;
        double      value;
    } specials[] = { { "nan", NAN }, { "-nan", -NAN }, { "inf", INFINITY }, { "-inf", -INFINITY } };
    for (gsize i = 0; i < G_N_ELEMENTS(specials); i++)
        if (encode(format, specials[i].value) == bits) {
            g_string_append(out, specials[i].word);
            return TRUE;
        }
    return FALSE;
}

static void append_float(GString *out, const DTypeInfo *info, uint64_t bits)
{
    double value = float_decode(info->format, bits);
    gboolean special = isnan(value) || isinf(value);
    if (special && append_special(out, info->format, bits))
        return;
    gsize start = out->len;
    for (int digits = 1; !special && digits <= LONGEST_DOUBLE; digits++) {
        append_decimal(out, value, digits);
        if (encode(info->format, g_ascii_strtod(out->str + start, NULL)) == bits)
            return;
        g_string_truncate(out, start);
    }
    /* A NaN with a payload. */
    g_string_append_printf(out, "0x%" G_GINT64_MODIFIER "X", bits);
}

/* ---- every type ---------------------------------------------------------------------------------------------------- */

gboolean number_to_bits(const Token *token, DType dtype, uint64_t *bits, char **problem)
{
    const DTypeInfo *info = dtype_info(dtype);
    return info->domain == DOMAIN_FLOAT ? float_to_bits(token, info, bits, problem)
                                        : integer_to_bits(token, info, bits, problem);
}

void number_append(GString *out, DType dtype, uint64_t bits)
{
    const DTypeInfo *info = dtype_info(dtype);
    if (info->domain == DOMAIN_FLOAT)
        append_float(out, info, bits);
    else if (info->domain == DOMAIN_SIGNED)
        g_string_append_printf(out, "%" G_GINT64_FORMAT, convert_sign_extend(bits, info->bits));
    else
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, bits);
}
