/* Damage that is known, and what the signature makes of it; statistics of the same. */
#include "golden/compare/signature.h"
#include "golden/compare/statistics.h"
#include "golden/statistics_json.h"
#include "reference/tensor/float_format.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const CompareSpec value = { .mode = COMPARE_VALUE }, interval = { .mode = COMPARE_INTERVAL };

/* No two elements equal, none zero, no structure that a damage could meet by chance. */
static double golden_at(int64_t i)
{
    const int64_t k = (i + 1) * 7919 % 1009;
    return (double)(k + 1) * (k % 3 == 0 ? -1.37 : 1.37);
}

static Tensor *golden_new(DType dtype, const Shape *shape)
{
    Tensor *t = tensor_new(dtype, shape, NULL);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, golden_at(i));
    return t;
}

typedef double (*Damage)(const Tensor *g, int64_t i);

/* Every tensor here is [4, 6, 8]. */
#define AT(g, a, b, c) tensor_get_double(g, ((a) * 6 + (b)) * 8 + (c))
#define A(i) ((i) / 48)
#define B(i) ((i) / 8 % 6)
#define C(i) ((i) % 8)

static double nan_filled(const Tensor *g, int64_t i) { (void)g; (void)i; return NAN; }
static double zeros(const Tensor *g, int64_t i) { (void)g; (void)i; return 0; }
static double ones(const Tensor *g, int64_t i) { (void)g; (void)i; return 1; }
static double negated(const Tensor *g, int64_t i) { return -tensor_get_double(g, i); }
static double overflown(const Tensor *g, int64_t i) { const double x = tensor_get_double(g, i); return fabs(x) > 1000 ? INFINITY : x; }
static double shifted(const Tensor *g, int64_t i) { return C(i) > 0 ? AT(g, A(i), B(i), C(i) - 1) : 5; }
static double shifted_back(const Tensor *g, int64_t i) { return B(i) < 5 ? AT(g, A(i), B(i) + 1, C(i)) : 5; }
static double mirrored(const Tensor *g, int64_t i) { return AT(g, A(i), B(i), 7 - C(i)); }
static double halves(const Tensor *g, int64_t i) { return AT(g, A(i), B(i), (C(i) + 4) % 8); }
static double interleaved(const Tensor *g, int64_t i) { return AT(g, A(i), B(i), C(i) < 4 ? 2 * C(i) : 2 * (C(i) - 4) + 1); }
static double transposed(const Tensor *g, int64_t i) { return AT(g, A(i), i % 48 % 6, i % 48 / 6); }
static double heads(const Tensor *g, int64_t i) { return AT(g, A(i), B(i) == 1 ? 4 : B(i), C(i)); }
static double permuted(const Tensor *g, int64_t i) { return tensor_get_double(g, i * 35 % 192); }
static double doubled(const Tensor *g, int64_t i) { return 2 * tensor_get_double(g, i); }
static double off(const Tensor *g, int64_t i) { return tensor_get_double(g, i) + 3; }
static double column_factor(const Tensor *g, int64_t i) { return tensor_get_double(g, i) * (double)(1 + B(i)); }
static double column_offset(const Tensor *g, int64_t i) { return tensor_get_double(g, i) + (double)(2 * A(i)); }
static double block_factor(const Tensor *g, int64_t i) { return tensor_get_double(g, i) * ldexp(1, (int)(i / 4 * 5 % 7) - 3); }
static double next_up(const Tensor *g, int64_t i) { return float_next(&float_format_float32, tensor_get_double(g, i), i % 2 == 1); }
static double to_zero(const Tensor *g, int64_t i)
{
    const double x = tensor_get_double(g, i);
    return i % 3 ? x : float_next(&float_format_float32, x, x < 0);
}
static double as_bfloat16(const Tensor *g, int64_t i)
{
    return float_decode(&float_format_bfloat16, float_encode(&float_format_bfloat16, tensor_get_double(g, i), OVERFLOW_NATURAL));
}
static double noisy(const Tensor *g, int64_t i) { return tensor_get_double(g, i) * (1 + ldexp((double)(i * 37 % 15 - 7), -13)); }
static double last_wrong(const Tensor *g, int64_t i) { return C(i) == 7 ? tensor_get_double(g, i) * (double)(2 + i * i % 5) : tensor_get_double(g, i); }
static double anything(const Tensor *g, int64_t i) { return i % 5 == 2 ? (double)(i * i) : tensor_get_double(g, i); }

static const struct {
    const char *says;
    Damage      damage;
} damages[] = {
    { "nan: ", nan_filled },
    { "zeros: ", zeros },
    { "constant: every element is 1", ones },
    { "sign: ", negated },
    { "overflow: every wrong element is infinite", overflown },
    { "shift: by +1 along axis 2", shifted },
    { "shift: by -1 along axis 1", shifted_back },
    { "reversed: along axis 2", mirrored },
    { "halves: the two halves are exchanged on axis 2", halves },
    { "interleaved: ", interleaved },
    { "transposed: axes 1 and 2", transposed },
    { "slices: along axis 1 index 1 holds 4; only index 1 of axis 1", heads },
    { "permutation: ", permuted },
    { "ratio: every element is a factor of 2", doubled },
    { "offset: every element is off by 3", off },
    { "axis-ratio: each index of axis 1 is a factor of 1, 2, 3, 4, 5, 6", column_factor },
    { "axis-offset: each index of axis 0 is off by 0, 2, 4, 6", column_offset },
    { "block-ratio: each block of 4 along the last axis", block_factor },
    { "one-code: ", next_up },
    { "truncated: ", to_zero },
    { "narrow: every element is a value of bfloat16", as_bfloat16 },
    { "precision: a relative error of about 2^-11, as from arithmetic in tf32 or float16", noisy },
    { "region: only the last index of axis 2", last_wrong },
    { "scattered: 38 of 192 elements", anything },
};

Test(signature, known_damage_is_recognised)
{
    g_autoptr(Tensor) golden = golden_new(DTYPE_FLOAT, &SHAPE(4, 6, 8)), actual = tensor_copy(golden, NULL);
    for (gsize k = 0; k < G_N_ELEMENTS(damages); k++) {
        for (int64_t i = 0; i < golden->count; i++)
            tensor_set_double(actual, i, damages[k].damage(golden, i));
        g_autofree char *signature = compare_signature(&value, golden, NULL, NULL, actual);
        cr_expect(signature && g_str_has_prefix(signature, damages[k].says), "expected '%s', got '%s'", damages[k].says,
                  signature ? signature : "nothing");
    }
    cr_expect_null(compare_signature(&value, golden, NULL, NULL, golden), "nothing is wrong");
}

/* The same damages within intervals that are wider than a point. */
Test(signature, intervals_do_not_hide_the_order)
{
    g_autoptr(Tensor) golden = golden_new(DTYPE_FLOAT, &SHAPE(4, 6, 8)), actual = tensor_copy(golden, NULL);
    g_autoptr(Tensor) lower = tensor_copy(golden, NULL), upper = tensor_copy(golden, NULL);
    for (int64_t i = 0; i < golden->count; i++) {
        tensor_set_double(lower, i, golden_at(i) - 0.01);
        tensor_set_double(upper, i, golden_at(i) + 0.01);
        tensor_set_double(actual, i, shifted(golden, i) + (double)(i % 3 - 1) * 0.004);
    }
    g_autofree char *signature = compare_signature(&interval, golden, lower, upper, actual);
    cr_expect_str_eq(signature, "shift: by +1 along axis 2");
}

Test(signature, integers_and_limits)
{
    g_autoptr(Tensor) golden = tensor_new(DTYPE_INT8, &SHAPE(6), NULL), actual = tensor_new(DTYPE_INT8, &SHAPE(6), NULL);
    static const int64_t right[] = { 127, -128, 5, -7, 127, 0 }, wrapped[] = { -120, 90, 5, -7, -1, 0 },
                         truncated[] = { 126, -127, 5, -6, 126, 0 };
    for (int64_t i = 0; i < 6; i++) {
        tensor_set_int(golden, i, right[i]);
        tensor_set_int(actual, i, wrapped[i]);
    }
    g_autofree char *limit = compare_signature(&value, golden, NULL, NULL, actual);
    cr_expect(g_str_has_prefix(limit, "limit: every wrong element should be"), "%s", limit);
    for (int64_t i = 0; i < 6; i++)
        tensor_set_int(actual, i, truncated[i]);
    g_autofree char *code = compare_signature(&value, golden, NULL, NULL, actual);
    cr_expect(g_str_has_prefix(code, "truncated: "), "%s", code);
}

Test(signature, odd_tensors)
{
    g_autoptr(Tensor) text = tensor_new(DTYPE_STRING, &SHAPE(1), NULL), other = tensor_new(DTYPE_STRING, &SHAPE(1), NULL);
    tensor_set_string(other, 0, "x", -1);
    cr_expect_null(compare_signature(&value, text, NULL, NULL, other));
    g_autoptr(Tensor) empty = tensor_new(DTYPE_FLOAT, &SHAPE(0, 3), NULL);
    cr_expect_null(compare_signature(&value, empty, NULL, NULL, empty));
    g_autoptr(Tensor) scalar = golden_new(DTYPE_DOUBLE, &SHAPE0), wrong = tensor_new(DTYPE_DOUBLE, &SHAPE0, NULL);
    tensor_set_double(wrong, 0, 77);
    g_autofree char *said = compare_signature(&value, scalar, NULL, NULL, wrong);
    cr_expect_str_eq(said, "scattered: 1 of 1 elements");
    g_autoptr(Tensor) yes = tensor_new(DTYPE_BOOL, &SHAPE(2), NULL), no = tensor_new(DTYPE_BOOL, &SHAPE(2), NULL);
    tensor_set_bits(yes, 1, 1);
    g_autofree char *bit = compare_signature(&value, yes, NULL, NULL, no);
    cr_expect_str_eq(bit, "constant: every element is 0; only the last index of axis 0");
}

/* ---- statistics ---------------------------------------------------------------------------------------------------------- */

Test(statistics, counts_and_largest)
{
    g_autoptr(Tensor) golden = tensor_new(DTYPE_FLOAT, &SHAPE(2, 3), NULL), actual = tensor_new(DTYPE_FLOAT, &SHAPE(2, 3), NULL);
    static const double g[] = { 1, 0, NAN, INFINITY, 2, -4 }, y[] = { 1, -0.0, 1, 3, 2 + 0x1p-21, -4 };
    for (int64_t i = 0; i < 6; i++) {
        tensor_set_double(golden, i, g[i]);
        tensor_set_double(actual, i, y[i]);
    }
    Statistics s;
    cr_assert(compare_statistics(&value, golden, NULL, NULL, actual, &s));
    cr_expect_eq(s.elements, 6);
    cr_expect_eq(s.wrong, 4);
    cr_expect_eq(s.nan, 1);
    cr_expect_eq(s.infinity, 1);
    cr_expect_eq(s.zero_sign, 1);
    cr_expect_eq(s.subnormal, 0);
    cr_expect_eq(s.max_ulps, 2);
    cr_expect_eq(s.max_ulps_at, 4);
    cr_expect_eq(s.bias_ulps, 0.5);
    cr_expect(isinf(s.max_share) && s.max_share_at == 1);
    cr_expect_eq(s.failing[0][0], 2);
    cr_expect_eq(s.failing[1][2], 1);
    cJSON *json = statistics_to_json(&s);
    char *text = cJSON_PrintUnformatted(json);
    cr_expect_str_eq(text,
                     "{\"elements\":6,\"wrong\":4,\"max_ulps\":2,\"max_ulps_at\":[1,1],\"max_share\":null,\"max_share_at\":[0,1],"
                     "\"snr_db\":139.7,\"bias_ulps\":0.5,\"z1\":null,\"z2\":null,"
                     "\"mismatches\":{\"nan\":1,\"infinity\":1,\"zero_sign\":1,\"subnormal\":0},"
                     "\"axes\":[{\"size\":2,\"wrong\":2,\"first\":0,\"last\":1,\"failing\":[0.667,0.667]},"
                     "{\"size\":3,\"wrong\":3,\"first\":0,\"last\":2,\"failing\":[0.5,1,0.5]}]}");
    cJSON_free(text);
    cJSON_Delete(json);
    statistics_clear(&s);
}

/* Errors spread over an interval of n = 100 terms: a tenth of it is what honest sums show. */
Test(statistics, z_tells_precision_from_the_size_of_errors)
{
    const CompareSpec spec = { .mode = COMPARE_INTERVAL, .terms = 100 };
    g_autoptr(Tensor) g = tensor_new(DTYPE_FLOAT, &SHAPE(500), NULL), lo = tensor_copy(g, NULL), hi = tensor_copy(g, NULL),
                      y = tensor_copy(g, NULL);
    for (int64_t i = 0; i < 500; i++) {
        tensor_set_double(g, i, 1);
        tensor_set_double(lo, i, 1 - 0x1p-10);
        tensor_set_double(hi, i, 1 + 0x1p-10);
        tensor_set_double(y, i, 1 + (i % 2 ? 0x1p-12 : -0x1p-12));
    }
    Statistics s;
    cr_assert(compare_statistics(&spec, g, lo, hi, y, &s));
    cr_expect_eq(s.z1, 0);
    cr_expect_float_eq(s.z2, 2.5, 1e-12);
    cr_expect_eq(s.max_share, 0.25);
    statistics_clear(&s);
    cr_assert(compare_statistics(&interval, g, lo, hi, y, &s));
    cr_expect(isnan(s.z2), "without a count of terms there is no Z");
    statistics_clear(&s);
}
