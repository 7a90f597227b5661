/* libassay: what is asked wrongly gets one clear answer. That programs can be built against it is for scripts/tests/install. */
#include "reference/assay.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void expect_told(const void *result, char **message, const char *expected)
{
    cr_expect_null(result, "%s", expected);
    cr_assert_not_null(*message, "%s", expected);
    cr_expect_str_eq(*message, expected);
    assay_free(*message);
    *message = NULL;
}

Test(library, a_null_that_means_nothing_is_named)
{
    const int64_t     dims[] = { 2 };
    char             *message = NULL;
    const AssayModel *no_model = NULL;
    expect_told(assay_model_load(NULL, &message), &message, "assay_model_load: path is NULL");
    expect_told(assay_model_load_memory(NULL, 4, NULL, &message), &message, "assay_model_load_memory: data is NULL");
    expect_told(assay_tensor_new(1, dims, 1, NULL, 8, &message), &message, "assay_tensor_new: data is NULL");
    expect_told(assay_tensor_new(1, NULL, 1, dims, 8, &message), &message, "assay_tensor_new: dims is NULL");
    expect_told(assay_tensor_load(NULL, &message), &message, "assay_tensor_load: path is NULL");
    expect_told(assay_tensor_load_memory(NULL, 4, &message), &message, "assay_tensor_load_memory: data is NULL");
    expect_told(assay_evaluate(no_model, NULL, 0, NULL, &message), &message, "assay_evaluate: model is NULL");
    cr_expect_null(assay_model_load(NULL, NULL), "nobody cares for the message");
    cr_expect_null(assay_model_load_memory(NULL, 0, NULL, NULL), "an empty file is no model");
}

/* ir_version 8, opset_import { version: 13 }, graph { name: "g" }: a valid model without nodes. */
Test(library, inputs_that_are_announced_must_be_there)
{
    static const char model_bytes[] = "\x08\x08\x3a\x03\x12\x01g\x42\x02\x10\x0d";
    char       *message = NULL;
    AssayModel *model = assay_model_load_memory(model_bytes, sizeof model_bytes - 1, NULL, &message);
    cr_assert_not_null(model, "%s", message);
    expect_told(assay_evaluate(model, NULL, 1, NULL, &message), &message, "assay_evaluate: inputs is NULL");
    AssayEvaluation *evaluation = assay_evaluate(model, NULL, 0, NULL, &message);
    cr_assert_not_null(evaluation, "%s", message);
    double margin = 0;
    cr_expect_eq(assay_compare_output(evaluation, 0, NULL, &margin, &message), ASSAY_WRONG_SHAPE);
    cr_expect_str_eq(message, "there is no such output");
    cr_expect(isinf(margin));
    assay_free(message);
    assay_evaluation_free(evaluation);
    assay_model_free(model);
}

static void expect_incomparable(AssayVerdict verdict, double margin, char *message, const char *expected)
{
    cr_expect_eq(verdict, ASSAY_WRONG_SHAPE, "%s", expected);
    cr_expect(isinf(margin), "%s", expected);
    cr_assert_not_null(message, "%s", expected);
    cr_expect_str_eq(message, expected);
    assay_free(message);
}

Test(library, what_cannot_be_compared_is_not_right)
{
    const int64_t dims[] = { 2 };
    const float   one[] = { 1, 2 }, two[] = { 2, 3 };
    AssayTensor  *a = assay_tensor_new(1, dims, 1, one, sizeof one, NULL), *b = assay_tensor_new(1, dims, 1, two, sizeof two, NULL);
    AssayTensor  *scalar = assay_tensor_new(1, NULL, 0, one, sizeof *one, NULL);
    double        margin = 0;
    char         *message = NULL;
    AssayVerdict  verdict = assay_compare(NULL, NULL, NULL, a, &margin, &message);
    expect_incomparable(verdict, margin, message, "expected is NULL");
    verdict = assay_compare(a, a, b, NULL, (margin = 0, &margin), &message);
    expect_incomparable(verdict, margin, message, "actual is NULL");
    verdict = assay_compare_tolerance(NULL, a, 0, 0, (margin = 0, &margin), &message);
    expect_incomparable(verdict, margin, message, "expected is NULL");
    verdict = assay_compare_output(NULL, 0, a, (margin = 0, &margin), &message);
    expect_incomparable(verdict, margin, message, "evaluation is NULL");
    verdict = assay_compare(a, scalar, NULL, a, (margin = 0, &margin), &message);
    expect_incomparable(verdict, margin, message, "lower and upper must have the type and shape of expected");
    cr_expect_eq(assay_compare(a, NULL, NULL, scalar, &margin, NULL), ASSAY_WRONG_SHAPE);
    cr_expect(isinf(margin));
    /* One end alone: the other is expected. */
    cr_expect_eq(assay_compare(a, NULL, b, b, &margin, NULL), ASSAY_RIGHT);
    cr_expect_eq(assay_compare(b, NULL, NULL, a, &margin, NULL), ASSAY_WRONG_VALUE);
    cr_expect_eq(assay_compare(b, a, NULL, a, &margin, NULL), ASSAY_RIGHT);
    assay_tensor_free(a);
    assay_tensor_free(b);
    assay_tensor_free(scalar);
}
