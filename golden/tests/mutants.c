/* Mutants and naive kernels on cases made here: that switches switch, that the judge notices, that the registry is whole. */
#include "golden/mutants/format.h"
#include "golden/mutants/naive.h"
#include "golden/mutants/score.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"
#include "reference/tensor/float_format.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

Test(mutants, the_registry_is_whole)
{
    guint n, counts[3] = { 0 };
    Mutant *const *all = mutant_all(&n);
    for (guint i = 0; i < n; i++) {
        cr_expect_eq(all[i]->index, i);
        cr_expect(strlen(all[i]->description) > 10 && all[i]->catalogue <= 46, "%s", all[i]->name);
        cr_expect(i == 0 || strcmp(all[i - 1]->name, all[i]->name) < 0, "%s stands twice", all[i]->name);
        counts[all[i]->class]++;
    }
    cr_expect(counts[MUST_DIE] >= 80 && counts[MUST_LIVE] >= 15, "%u must die, %u must live", counts[MUST_DIE], counts[MUST_LIVE]);
    cr_expect_null(mutant_find("nobody"));
}

/* ---- formats: the second implementation against the first ----------------------------------------------------------------- */

static void agree(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    mutant_begin(NULL);
    for (uint64_t code = 0; code < UINT64_C(1) << info->bits; code++) {
        const double mine = format_decode(dtype, code), theirs = float_decode(info->format, code);
        cr_assert(mine == theirs ? signbit(mine) == signbit(theirs) : isnan(mine) && isnan(theirs), "%s 0x%x", info->name, (unsigned)code);
        if (!isfinite(mine))
            continue;
        const double next = float_next(info->format, mine, TRUE), between[] = { mine, mine + (next - mine) / 2, mine + (next - mine) / 4 };
        for (gsize i = 0; i < G_N_ELEMENTS(between); i++)
            cr_assert(format_encode(dtype, between[i], NEAREST_EVEN, TRUE) == float_encode(info->format, between[i], OVERFLOW_SATURATE) ||
                          info->bits > 8, "%s %a", info->name, between[i]);
    }
}

Test(mutants, two_implementations_of_the_formats_agree)
{
    const DType dtypes[] = { DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT8E4M3FNUZ, DTYPE_FLOAT8E5M2,
                             DTYPE_FLOAT8E5M2FNUZ, DTYPE_FLOAT4E2M1 };
    for (gsize i = 0; i < G_N_ELEMENTS(dtypes); i++)
        agree(dtypes[i]);
    for (double x = 0x1p-130; x < 0x1p130; x *= 1.25) {
        cr_expect_eq(format_encode_scale(x, 'u', TRUE), float_encode_e8m0(x, E8M0_UP, TRUE), "%a", x);
        cr_expect_eq(format_encode_scale(x, 'd', TRUE), float_encode_e8m0(x, E8M0_DOWN, TRUE), "%a", x);
        cr_expect_eq(format_encode_scale(x, 'n', FALSE), float_encode_e8m0(x, E8M0_NEAREST, FALSE), "%a", x);
    }
}

/* ---- a corpus of one case --------------------------------------------------------------------------------------------------- */

/* Quantizes with scale 2 and zero point 3; the golden is the text's answer. Free the path with g_free. */
static char *write_case(const float *x, const uint8_t *y, int64_t n)
{
    char *root = g_dir_make_tmp("assay-mutants-XXXXXX", NULL);
    g_autofree char *set = g_build_filename(root, "q", "test_data_set_0", NULL), *model_path = g_build_filename(root, "q", "model.onnx", NULL);
    g_autofree char *in = g_build_filename(set, "input_0.pb", NULL), *out = g_build_filename(set, "output_0.pb", NULL);
    g_autofree char *text = g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 21]> g (float[N] x) => (uint8[N] y) "
                                            "<float s = {2}, uint8 z = {3}> { y = QuantizeLinear (x, s, z) }");
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert(model, "%s", error->message);
    g_autoptr(Value) given = value_from_tensor(tensor_from_data(DTYPE_FLOAT, &SHAPE(n), x, NULL));
    g_autoptr(Value) wanted = value_from_tensor(tensor_from_data(DTYPE_UINT8, &SHAPE(n), y, NULL));
    cr_assert(g_mkdir_with_parents(set, 0700) == 0 && model_save(model, model_path, NULL) && value_save(given, "x", in, NULL) &&
              value_save(wanted, "y", out, NULL));
    return root;
}

static void remove_case(char *root)
{
    static const char *const files[] = { "q/test_data_set_0/input_0.pb", "q/test_data_set_0/output_0.pb", "q/test_data_set_0", "q/model.onnx", "q", "" };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(root, files[i], NULL);
        cr_expect_eq(g_remove(path), 0, "%s", path);
    }
    g_free(root);
}

static const Score *score_of(const Scores *scores, const char *name)
{
    for (guint i = 0; i < scores->n_scores; i++)
        if (strcmp(scores->scores[i].mutant->name, name) == 0)
            return &scores->scores[i];
    cr_assert_fail("%s is not scored", name);
    return NULL;
}

Test(mutants, a_case_kills_what_it_shows_and_nothing_else)
{
    char *root = write_case((const float[]){ 1, 3, -100, 1000, 6 }, (const uint8_t[]){ 3, 5, 0, 255, 6 }, 5); /* 0.5 -> 0, 1.5 -> 2, ... */
    g_autoptr(GError) error = NULL;
    g_autoptr(Scores) scores = score_cases(&(ScoreOptions){ .root = root, .jobs = 2, .quiet = TRUE }, &error);
    cr_assert(scores, "%s", error ? error->message : "");
    cr_expect_eq(scores->in_play, 1);
    cr_expect_eq(scores->disagreements->len, 0);
    static const char *const killed[] = { "q-truncates", "q-half-away", "q-half-up", "q-zero-point-first", "q-wraps", "q-ignores-zero-point" };
    static const char *const alive[] = { "q-reciprocal", "q-divides-in-double", "q-f8-truncates", "attention-no-scale", "q-infinity-wraps" };
    for (gsize i = 0; i < G_N_ELEMENTS(killed); i++)
        cr_expect_eq(score_of(scores, killed[i])->killers, 1, "%s", killed[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(alive); i++)
        cr_expect_eq(score_of(scores, alive[i])->killers, 0, "%s", alive[i]);
    cr_expect_eq(score_of(scores, "attention-no-scale")->reached, 0);
    const Totals totals = scores_total(scores, -1);
    cr_expect(totals.killed >= 6 && totals.killed_twice == 0 && totals.must_live_killed == 0 && totals.must_die > totals.killed);
    remove_case(root);
}

Test(mutants, a_wrong_golden_is_a_disagreement)
{
    char *root = write_case((const float[]){ 1 }, (const uint8_t[]){ 4 }, 1); /* half away from zero */
    g_autoptr(Scores) scores = score_cases(&(ScoreOptions){ .root = root, .jobs = 1, .quiet = TRUE }, NULL);
    cr_assert(scores && scores->disagreements->len == 1);
    cr_expect(strstr(g_ptr_array_index(scores->disagreements, 0), "expected 4"));
    cr_expect_eq(scores->in_play, 0);
    remove_case(root);
}

Test(mutants, unknown_names_are_errors)
{
    char *root = write_case((const float[]){ 1 }, (const uint8_t[]){ 3 }, 1);
    g_autoptr(GError) error = NULL;
    cr_expect_null(score_cases(&(ScoreOptions){ .root = root, .mutant = "nobody", .jobs = 1, .quiet = TRUE }, &error));
    cr_expect(error && strstr(error->message, "no mutant is called 'nobody'"));
    remove_case(root);
}
