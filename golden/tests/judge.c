#include "golden/compare/compare.h"
#include "golden/corpus.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static Tensor *floats(DType dtype, int64_t n, const double *values)
{
    Tensor *t = tensor_new(dtype, &SHAPE(n), NULL);
    for (int64_t i = 0; i < n; i++)
        tensor_set_double(t, i, values[i]);
    return t;
}
#define F(...) floats(DTYPE_FLOAT, (int64_t)(sizeof((double[]){ __VA_ARGS__ }) / sizeof(double)), (double[]){ __VA_ARGS__ })

static gboolean judge(const CompareSpec *spec, Tensor *golden, Tensor *lower, Tensor *upper, Tensor *actual, char *grade)
{
    Comparison c;
    const gboolean right = compare_tensors(spec, golden, lower, upper, actual, &c);
    cr_expect_eq(right, c.message == NULL, "a message exactly when wrong");
    *grade = c.grade;
    comparison_clear(&c);
    tensor_unref(golden);
    tensor_unref(actual);
    tensor_unref(lower);
    tensor_unref(upper);
    return right;
}

static const CompareSpec value = { .mode = COMPARE_VALUE }, bits = { .mode = COMPARE_BITS }, interval = { .mode = COMPARE_INTERVAL },
                         free_sign = { .mode = COMPARE_VALUE, .free_zero_sign = TRUE },
                         tolerance = { .mode = COMPARE_TOLERANCE, .rtol = 1e-3, .atol = 1e-7 };

Test(judge, values)
{
    char grade;
    cr_expect(judge(&value, F(1, NAN, INFINITY), NULL, NULL, F(1, -NAN, INFINITY), &grade), "a NaN is a NaN");
    cr_expect_not(judge(&value, F(1), NULL, NULL, F(NAN), &grade));
    cr_expect_not(judge(&value, F(NAN), NULL, NULL, F(1), &grade));
    cr_expect_not(judge(&value, F(INFINITY), NULL, NULL, F(-INFINITY), &grade));
    cr_expect_not(judge(&value, F(0.0), NULL, NULL, F(-0.0), &grade));
    cr_expect(judge(&free_sign, F(0.0), NULL, NULL, F(-0.0), &grade));
    cr_expect_not(judge(&bits, F(NAN), NULL, NULL, F(-NAN), &grade), "bits means bits");
    cr_expect_not(judge(&value, F(1), NULL, NULL, F(1 + 0x1p-23), &grade));
    cr_expect_eq(grade, 'C', "close enough only for the old tolerance");
    cr_expect_not(judge(&value, F(1), NULL, NULL, F(2), &grade));
    cr_expect_eq(grade, 'F');
}

Test(judge, intervals)
{
    char grade;
    cr_expect(judge(&interval, F(1, 5), F(0.5, 5), F(2, 5), F(2, 5), &grade));
    cr_expect_eq(grade, 'A');
    cr_expect(judge(&interval, F(1), F(0.5), F(2), F(1), &grade));
    cr_expect_eq(grade, 'R');
    cr_expect_not(judge(&interval, F(1), F(0.5), F(2), F(2 + 0x1p-22), &grade));
    cr_expect_not(judge(&interval, F(1), F(0.5), F(2), F(NAN), &grade));
    Comparison c;
    g_autoptr(Tensor) g = F(1), lo = F(0), hi = F(2), y = F(1.25);
    cr_expect(compare_tensors(&interval, g, lo, hi, y, &c));
    cr_expect_eq(c.margin, 0.25);
    comparison_clear(&c);
}

Test(judge, tolerance)
{
    char grade;
    cr_expect(judge(&tolerance, F(1000), NULL, NULL, F(1000.9), &grade));
    cr_expect_not(judge(&tolerance, F(1000), NULL, NULL, F(1001.1), &grade));
    cr_expect_not(judge(&tolerance, F(INFINITY), NULL, NULL, F(1e30), &grade));
    cr_expect(judge(&tolerance, F(INFINITY, NAN), NULL, NULL, F(INFINITY, NAN), &grade));
}

Test(judge, integers_keep_64_bits)
{
    Tensor *a = tensor_new(DTYPE_UINT64, &SHAPE(1), NULL), *b = tensor_new(DTYPE_UINT64, &SHAPE(1), NULL);
    tensor_set_bits(a, 0, UINT64_MAX);
    tensor_set_bits(b, 0, UINT64_MAX - 1); /* the same double */
    char grade;
    cr_expect_not(judge(&value, a, NULL, NULL, b, &grade));
}

Test(judge, type_and_shape_come_first)
{
    g_autoptr(Tensor) golden = F(1, 2), flat = tensor_reshape(golden, &SHAPE(2, 1), NULL);
    g_autoptr(Tensor) wide = floats(DTYPE_DOUBLE, 2, (double[]){ 1, 2 });
    Comparison c;
    cr_expect_not(compare_tensors(&value, golden, NULL, NULL, flat, &c));
    cr_expect_eq(c.result, COMPARED_WRONG_SHAPE);
    comparison_clear(&c);
    cr_expect_not(compare_tensors(&value, golden, NULL, NULL, wide, &c));
    cr_expect_eq(c.result, COMPARED_WRONG_TYPE);
    comparison_clear(&c);
}

Test(judge, the_message_says_where_and_what)
{
    g_autoptr(Tensor) golden = tensor_new(DTYPE_INT4, &SHAPE(2, 3), NULL), actual = tensor_new(DTYPE_INT4, &SHAPE(2, 3), NULL);
    tensor_set_int(golden, 4, -3);
    tensor_set_int(actual, 4, 5);
    Comparison c;
    cr_expect_not(compare_tensors(&value, golden, NULL, NULL, actual, &c));
    cr_expect_eq(c.first, 4);
    cr_expect(strstr(c.message, "[1,1]") && strstr(c.message, "expected -3 (bits 0xd)") && strstr(c.message, "got 5 (bits 0x5)") &&
                  strstr(c.message, "1 of 6"), "%s", c.message);
    comparison_clear(&c);
}

/* ---- case.json ------------------------------------------------------------------------------------------------------------ */

static Case *read_text(const char *text, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("assay-XXXXXX", NULL), *path = g_build_filename(folder, "case.json", NULL);
    cr_assert(g_file_set_contents(path, text, -1, NULL));
    Case *c = case_read(folder, error);
    g_unlink(path);
    g_rmdir(folder);
    return c;
}

static Case *sample(void)
{
    Case *c = case_new();
    c->id = g_strdup("p/n-native");
    c->proposal = g_strdup("p");
    c->variant = g_strdup("v");
    c->semantic = g_strdup("n");
    c->summary = g_strdup("quotes \" and \xc3\xa9");
    c->twin = g_strdup("p/m-native");
    c->why = g_strdup("because");
    c->expectation = EXPECT_REJECT;
    g_ptr_array_add(c->requirements, g_strdup("p/R1"));
    return c;
}

Test(cases, json_round_trip)
{
    g_autoptr(Case) c = sample();
    g_autofree char *text = case_to_json(c);
    g_autoptr(GError) error = NULL;
    g_autoptr(Case) back = read_text(text, &error);
    cr_assert_not_null(back, "%s", error ? error->message : "");
    g_autofree char *again = case_to_json(back);
    cr_expect_str_eq(text, again);
    cr_expect_str_eq(back->name, "n-native");
}

Test(cases, every_truncation_is_refused)
{
    g_autoptr(Case) c = sample();
    g_autofree char *text = case_to_json(c);
    for (gsize n = 0; n + 2 < strlen(text); n++) {
        g_autofree char *cut = g_strndup(text, n);
        g_autoptr(GError) error = NULL;
        cr_assert_null(read_text(cut, &error), "cut at %zu", n);
        cr_assert(error && strstr(error->message, "case.json"));
    }
}

Test(cases, wrong_members_are_named)
{
    static const struct {
        const char *from, *to, *says;
    } changes[] = {
        { "\"schema\":\t1", "\"schema\":\t2", "schema" },       { "\"native\"", "\"naive\"", "form" },
        { "\"reject\"", "\"refuse\"", "expect" },               { "\"inputs\":\t0", "\"inputs\":\t-1", "inputs" },
        { "\"inputs\":\t0", "\"inputs\":\t1e300", "inputs" },   { "\"twin\":\t\"p/m-native\",", "", "twin" },
        { "\"p/n-native\"", "\"q/n-native\"", "id" },           { "[\"p/R1\"]", "[1]", "requirements" },
    };
    g_autoptr(Case) c = sample();
    g_autofree char *text = case_to_json(c);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        cr_assert(strstr(text, changes[i].from), "%s", changes[i].from);
        g_auto(GStrv) parts = g_strsplit(text, changes[i].from, 2);
        g_autofree char *changed = g_strjoinv(changes[i].to, parts);
        g_autoptr(GError) error = NULL;
        g_autoptr(Case) read = read_text(changed, &error);
        cr_expect_null(read, "%s", changes[i].to);
        cr_expect(error && strstr(error->message, changes[i].says), "%s: %s", changes[i].to, error ? error->message : "");
    }
}
