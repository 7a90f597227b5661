/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

#define NLL "float[2,3] x = {-1.0, -2.0, -4.0, -8.0, -16.0, -32.0}, int64[2] t = {%s}, float[3] w = {1.0, 3.0, 1.0}"

Test(negative_log_likelihood, reductions_weights_and_ignored_labels)
{
    static const char *const cases[][5] = {
        { "0, 2", "[2]", "1.0, 32.0", "<reduction = \"none\">", "" },
        { "0, 2", "", "33.0", "<reduction = \"sum\">", "" },
        { "0, 2", "", "16.5", "", "" },
        { "0, 1", "", "12.25", "", ", w" },                      /* (1 + 48) / 4 */
        { "-1, 1", "", "16.0", "<ignore_index = -1>", ", w" },
        { "7, 1", "[2]", "0.0, 16.0", "<ignore_index = 7, reduction = \"none\">", "" },
        { "5, 5", "", "nan", "<ignore_index = 5>", "" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *data = g_strdup_printf(NLL, cases[i][0]);
        g_autofree char *text = g_strdup_printf("g () => (float%s y) <%s, float%s want_y = {%s}> { y = NegativeLogLikelihoodLoss%s(x, t%s) }",
                                                cases[i][1], data, cases[i][1], cases[i][2], cases[i][3], cases[i][4]);
        expect_holds(text, 13);
    }
    g_autofree char *data = g_strdup_printf(NLL, "0, 3");
    g_autofree char *text = g_strdup_printf("g () => (float y) <%s> { y = NegativeLogLikelihoodLoss(x, t) }", data);
    expect_fails(text, 13, "label 3 is outside [0, 3)");
}

Test(softmax_cross_entropy, uniform_scores)
{
    /* log 2 for every item, whatever the offset. */
    expect_holds("g () => (float y, float[2,2] p) <float[2,2] x = {1000.0, 1000.0, -3.0, -3.0}, int32[2] t = {0, 1}, float want_y = {0.69314718246459961},"
                 " float[2,2] want_p = {-0.69314718246459961, -0.69314718246459961, -0.69314718246459961, -0.69314718246459961}>"
                 "{ y, p = SoftmaxCrossEntropyLoss(x, t) }", 13);
    expect_fails("g () => (float y) <float[2,2] x = {1.0, 1.0, 1.0, 1.0}, int32[2] t = {0, 1}> { y = SoftmaxCrossEntropyLoss<reduction = \"max\">(x, t) }",
                 13, "reduction is 'max'");
    expect_fails("g () => (float y) <float[2,2] x = {1.0, 1.0, 1.0, 1.0}, int32[1] t = {0}> { y = SoftmaxCrossEntropyLoss(x, t) }", 13,
                 "labels have shape [1], expected [2]");
}
