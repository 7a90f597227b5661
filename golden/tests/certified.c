/* Which rules lead to which output, how sure its golden is, and that case.json keeps both. */
#include "golden/proof.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static const double inputs_of_test[] = { 0.3, 0.7, -1.1, 2.3, 0.9, -0.2 };

/* Every graph input is float[2,3] and holds these. Caller frees with g_array_unref. */
static GArray *certificates_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(2, 3), NULL);
    for (int i = 0; i < 6; i++)
        tensor_set_double(t, i, inputs_of_test[i]);
    g_autoptr(Value) x = value_from_tensor(t);
    const EvalOptions options = { .certify = TRUE, .derive = TRUE };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, &error);
    const gsize n = model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    cr_assert(evaluator && evaluator_run(evaluator, &x, 1, outputs, &error), "%s", error ? error->message : "");
    GArray *certificates = golden_certificates_new();
    cr_assert(golden_prove((const Model *const *)&model, 1, &x, 1, outputs, n, certificates, &error));
    cr_assert(certificates->len == n);
    for (gsize i = 0; i < n; i++)
        eval_output_clear(&outputs[i]);
    return certificates;
}

/* "dot/any-order sum/exact" */
static char *rules_of(const GArray *certificates, guint output)
{
    const Derivation *d = g_array_index(certificates, GoldenCertificate, output).derivation;
    GString *rules = g_string_new("");
    for (gsize i = 0; i < derivation_count(d); i++)
        g_string_append_printf(rules, "%s%s", i ? " " : "", derivation_entry(d, i)->rule);
    return g_string_free(rules, FALSE);
}

static GoldenProof proof_of(const GArray *certificates, guint output)
{
    return g_array_index(certificates, GoldenCertificate, output).proof;
}

#define EXPECT_RULES(certificates, output, expected)                                                                   \
    do {                                                                                                               \
        g_autofree char *rules_ = rules_of(certificates, output);                                                      \
        cr_expect_str_eq(rules_, expected);                                                                            \
    } while (0)

#define HEAD "<ir_version: 10, opset_import: [\"\" : 21]> g (float[2,3] x) => "

Test(certified, each_output_has_the_rules_on_its_way)
{
    g_autoptr(GArray) c = certificates_of(HEAD "(float[2,2] y, float[3,2] t, float[2,3] e, float[2,2] z) {"
                                               " t = Transpose (x) y = MatMul (x, t) e = Exp (x) z = MatMul (e, t) }");
    EXPECT_RULES(c, 0, "dot/any-order round/monotone");
    EXPECT_RULES(c, 1, "");
    EXPECT_RULES(c, 2, "function/budget round/monotone");
    EXPECT_RULES(c, 3, "dot/any-order function/budget round/monotone");
    cr_expect_eq(proof_of(c, 0), GOLDEN_PROVEN);
    cr_expect_eq(proof_of(c, 1), GOLDEN_EXACT);
    const DerivationEntry *dot = derivation_entry(g_array_index(c, GoldenCertificate, 0).derivation, 0);
    cr_expect_eq(dot->terms, 2, "%g", dot->terms);
    cr_expect_eq(dot->unit, -24);
    cr_expect(dot->error > 0 && dot->error < 1e-5);
}

Test(certified, outputs_of_one_node_differ)
{
    g_autoptr(GArray) c = certificates_of(
        "<ir_version: 12, opset_import: [\"\" : 24]> g (float[2,3] x) => (float[1,2,3] y, float[1,1,2,3] k) {"
        " axis = Constant <value_ints = [0]> () q = Unsqueeze (x, axis)"
        " y, k = Attention <q_num_heads = 1, kv_num_heads = 1> (q, q, q) }");
    cr_expect_neq(proof_of(c, 0), GOLDEN_EXACT);
    cr_expect_eq(proof_of(c, 1), GOLDEN_EXACT);
    EXPECT_RULES(c, 1, "");
}

Test(certified, rules_inside_functions_and_branches_count)
{
    g_autoptr(GArray) f = certificates_of(
        "<ir_version: 10, opset_import: [\"\" : 21, \"f\" : 1]> g (float[2,3] x) => (float[2,3] y) { y = f.twice (x) }"
        " <domain: \"f\", opset_import: [\"\" : 21]> twice (a) => (b) { c = Exp (a) b = Neg (c) }");
    EXPECT_RULES(f, 0, "function/budget round/monotone round/outwards");
    g_autoptr(GArray) i = certificates_of(HEAD "(float[2,3] y) { c = Constant <value_int = 1> () b = Cast <to = 9> (c)"
                                               " y = If (b) <then_branch = t () => (float[2,3] p) { p = Exp (x) },"
                                               " else_branch = e () => (float[2,3] q) { q = Neg (x) }> }");
    EXPECT_RULES(i, 0, "function/budget round/monotone");
}

Test(certified, what_is_exact_in_every_order_is_exact)
{
    g_autoptr(GArray) c =
        certificates_of(HEAD "(float[2,2] y) { i = Cast <to = 6> (x) f = Cast <to = 1> (i) t = Transpose (f)"
                             " y = MatMul (f, t) }");
    cr_expect_eq(proof_of(c, 0), GOLDEN_EXACT);
    EXPECT_RULES(c, 0, "sum/exact");
}

/* In double the reference has no digit to spare, and a sum of double is as sure as its own bound. */
Test(certified, open_elements_are_counted)
{
    g_autoptr(GArray) c = certificates_of(HEAD "(double[2,2] y) { d = Cast <to = 11> (x) e = Exp (d) t = Transpose (e)"
                                               " y = MatMul (e, t) }");
    cr_expect_eq(proof_of(c, 0), GOLDEN_BOUNDED);
    cr_expect_eq(g_array_index(c, GoldenCertificate, 0).open, 4);
}

static Model *doubles(const char *body)
{
    g_autofree char *text = g_strconcat(HEAD "(double[2,2] y) { ", body, " }", NULL);
    g_autoptr(GError) error = NULL;
    Model *model = model_from_text(text, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    return model;
}

static GoldenProof proof_by(const Model *native, const Model *other, const Value *x)
{
    const EvalOptions options = { .certify = TRUE, .derive = TRUE };
    g_autoptr(Evaluator) evaluator = evaluator_new(native, &options, NULL);
    EvalOutput output = { 0 };
    cr_assert(evaluator && evaluator_run(evaluator, (Value *const *)&x, 1, &output, NULL));
    g_autoptr(GArray) certificates = golden_certificates_new();
    cr_assert(golden_prove((const Model *[]){ native, other }, 2, (Value *const *)&x, 1, &output, 1, certificates, NULL));
    eval_output_clear(&output);
    return proof_of(certificates, 0);
}

/* What the first form leaves open another may decide, but only of the very same answer. */
Test(certified, another_form_vouches)
{
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(2, 3), NULL);
    for (int i = 0; i < 6; i++)
        tensor_set_double(t, i, i);
    g_autoptr(Value) x = value_from_tensor(t);
    g_autoptr(Model) native = doubles("c = Constant <value = double[2,2] {0.1, 0.1, 0.1, 0.1}> () y = MatMul (c, c)");
    g_autoptr(Model) same = doubles("y = Constant <value = double[2,2] {0.020000000000000004, 0.020000000000000004, 0.020000000000000004, 0.020000000000000004}> ()");
    g_autoptr(Model) other = doubles("y = Constant <value = double[2,2] {0.020000000000000004, 0.020000000000000004, 0.020000000000000004, 0.02}> ()");
    cr_expect_eq(proof_by(native, native, x), GOLDEN_BOUNDED);
    cr_expect_eq(proof_by(native, same, x), GOLDEN_PROVEN);
    cr_expect_eq(proof_by(native, other, x), GOLDEN_BOUNDED);
}

/* ---- case.json
 * ----------------------------------------------------------------------------------------------------------- */

static Case *certified_case(const GArray *certificates)
{
    Case *c = case_new();
    char **const strings[] = { &c->proposal, &c->variant, &c->semantic, &c->summary };
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        *strings[i] = g_strdup("p");
    c->id = g_strdup("p/n-native");
    c->n_outputs = certificates->len;
    for (guint i = 0; i < certificates->len; i++) {
        GoldenCertificate certificate = g_array_index(certificates, GoldenCertificate, i);
        if (certificate.derivation)
            derivation_ref(certificate.derivation);
        g_array_append_val(c->certificates, certificate);
        g_array_append_val(c->comparisons, ((CompareSpec){ .mode = COMPARE_INTERVAL }));
    }
    return c;
}

Test(certified, case_json_keeps_it)
{
    g_autoptr(GArray) found =
        certificates_of(HEAD "(float[2,2] y, float[2,3] z) { t = Transpose (x) y = MatMul (x, t) z = Neg (x) }");
    g_autoptr(Case) c = certified_case(found);
    g_autofree char *text = case_to_json(c);
    g_autoptr(GError) error = NULL;
    g_autoptr(Case) back = case_parse(text, strlen(text), "case.json", &error);
    cr_assert_not_null(back, "%s", error ? error->message : "");
    g_autofree char *again = case_to_json(back);
    cr_expect_str_eq(text, again);
    cr_assert(back->certificates->len == 2);
    cr_expect_eq(proof_of(back->certificates, 0), GOLDEN_PROVEN);
    EXPECT_RULES(back->certificates, 0, "dot/any-order round/monotone");
    const double was = derivation_entry(g_array_index(found, GoldenCertificate, 0).derivation, 0)->error;
    const double is = derivation_entry(g_array_index(back->certificates, GoldenCertificate, 0).derivation, 0)->error;
    cr_expect(is >= was && is <= 1.011 * was, "%g became %g", was, is);
    cr_expect_eq(g_array_index(back->comparisons, CompareSpec, 0).terms, 2);
    cr_expect_eq(g_array_index(back->comparisons, CompareSpec, 1).terms, 0);
}

/* A name that is interned stays in memory for good, and names in files are a stranger's. */
Test(certified, names_of_rules_are_forgotten_with_their_case)
{
    g_autoptr(GArray) found = certificates_of(HEAD "(float[2,2] y) { t = Transpose (x) y = MatMul (x, t) }");
    g_autoptr(Case) c = certified_case(found);
    g_autofree char *text = case_to_json(c);
    g_autoptr(GString) changed = g_string_new(text);
    cr_assert_eq(g_string_replace(changed, "dot/any-order", "a name that nobody else has", 0), 1);
    g_autoptr(Case) back = case_parse(changed->str, changed->len, "case.json", NULL);
    cr_assert_not_null(back);
    const Derivation *d = g_array_index(back->certificates, GoldenCertificate, 0).derivation;
    cr_expect_str_eq(derivation_entry(d, 0)->rule, "a name that nobody else has");
    cr_expect_eq(g_quark_try_string("a name that nobody else has"), 0);
}

/* Written, read and written again: the same text, whatever the number. */
Test(certified, errors_of_every_size_survive)
{
    static const double errors[] = { 0x1p-1074, 203 * 0x1p-1074, 0x1p-1022, 1.0000001e-9, 9.999e-5, 1, 999.5, 9.9999e299, 1e300, 1.79e308, INFINITY };
    for (gsize i = 0; i < G_N_ELEMENTS(errors); i++) {
        g_autoptr(GArray) certificates = golden_certificates_new();
        GoldenCertificate one = { .proof = GOLDEN_PROVEN, .derivation = derivation_new() };
        derivation_add(one.derivation, &(DerivationEntry){ "dot/any-order", 3, -24, errors[i] });
        g_array_append_val(certificates, one);
        g_autoptr(Case) c = certified_case(certificates);
        g_autofree char *text = case_to_json(c);
        g_autoptr(GError) error = NULL;
        g_autoptr(Case) back = case_parse(text, strlen(text), "case.json", &error);
        cr_assert_not_null(back, "%g: %s", errors[i], error ? error->message : "");
        g_autofree char *again = case_to_json(back);
        cr_expect_str_eq(text, again);
        cr_expect_geq(derivation_entry(g_array_index(back->certificates, GoldenCertificate, 0).derivation, 0)->error, errors[i]);
    }
}

/* The statistics Z compare errors with those of sums; an exponential on the way has others. */
Test(certified, only_sums_count_terms)
{
    g_autoptr(GArray) c = certificates_of(HEAD "(float[2,2] y, float[2,2] z) { t = Transpose (x) y = MatMul (x, t) e = Exp (x)"
                                               " z = MatMul (e, t) }");
    cr_expect_eq(derivation_sum_terms(g_array_index(c, GoldenCertificate, 0).derivation), 2);
    cr_expect_eq(derivation_sum_terms(g_array_index(c, GoldenCertificate, 1).derivation), 0);
    cr_expect_eq(derivation_sum_terms(NULL), 0);
}

Test(certified, wrong_certificates_are_refused)
{
    static const char *const changes[][2] = {
        { "\"proven\"", "\"sure\"" },
        { "\"proven\"", "1" },
        { "\"terms\":2", "\"terms\":\"2\"" },
        { "\"terms\":2", "\"terms\":-2" },
        { "\"unit\":-24", "\"unit\":-24.5" },
        { "\"unit\":-24,", "" },
        { "\"rule\":\"dot/any-order\"", "\"rule\":\"\"" },
        { "\"golden_certified\":\t\"exact\"", "\"free_zero_sign\":\ttrue" }, /* certified for one output of two */
    };
    g_autoptr(GArray) found =
        certificates_of(HEAD "(float[2,2] y, float[2,3] z) { t = Transpose (x) y = MatMul (x, t) z = Neg (x) }");
    g_autoptr(Case) c = certified_case(found);
    g_autofree char *text = case_to_json(c);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        const char *at = strstr(text, changes[i][0]);
        cr_assert_not_null(at, "%s", changes[i][0]);
        g_autofree char *wrong =
            g_strdup_printf("%.*s%s%s", (int)(at - text), text, changes[i][1], at + strlen(changes[i][0]));
        g_autoptr(GError) error = NULL;
        g_autoptr(Case) back = case_parse(wrong, strlen(wrong), "case.json", &error);
        cr_expect(!back && strstr(error->message, "compare"), "%s", changes[i][1]);
    }
}
