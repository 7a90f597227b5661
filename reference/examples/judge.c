/* judge MODEL INPUT.pb... ACTUAL.pb: is ACTUAL what the model's first output should be? How a vendor's own test calls libassay:
 *
 *     cc judge.c $(pkg-config --cflags --libs assay) -o judge
 *     ./judge model.onnx input_0.pb input_1.pb my_output.pb
 *
 * Exit code 0: right; 1: wrong, and the reason on stdout; 2: something could not be read or evaluated. */
#include <assay/assay.h>

#include <stdio.h>

enum { MOST_INPUTS = 16 };

static int give_up(char *message)
{
    fprintf(stderr, "judge: %s\n", message ? message : "usage: judge MODEL INPUT.pb... ACTUAL.pb");
    assay_free(message);
    return 2;
}

static int judge(const AssayModel *model, const AssayTensor *const *inputs, size_t n, const AssayTensor *actual)
{
    char *message = NULL;
    const AssayOptions options = { .size = sizeof options, .threads = 2, .intervals = 1, .seconds = 60 };
    AssayEvaluation *right = assay_evaluate(model, inputs, n, &options, &message);
    if (!right)
        return give_up(message);
    double margin = 0;
    const AssayVerdict verdict = assay_compare_output(right, 0, actual, &margin, &message);
    printf("%s: %s, %g of what is allowed%s\n", assay_model_output_name(model, 0),
           verdict == ASSAY_RIGHT ? "right" : "wrong", margin,
           assay_evaluation_certified(right, 0) ? " by a certified interval" : " by tolerance");
    if (verdict != ASSAY_RIGHT)
        puts(message);
    assay_free(message);
    assay_evaluation_free(right);
    return verdict == ASSAY_RIGHT ? 0 : 1;
}

int main(int argc, char **argv)
{
    char *message = NULL;
    if (argc < 3 || argc > 3 + MOST_INPUTS)
        return give_up(NULL);
    AssayModel *model = assay_model_load(argv[1], &message);
    AssayTensor *tensors[MOST_INPUTS + 1] = { NULL };
    const size_t n = (size_t)argc - 3;
    for (size_t i = 0; i <= n && !message; i++)
        tensors[i] = assay_tensor_load(argv[2 + i], &message);
    const int code = message ? give_up(message) : judge(model, (const AssayTensor *const *)tensors, n, tensors[n]);
    for (size_t i = 0; i <= n; i++)
        assay_tensor_free(tensors[i]);
    assay_model_free(model);
    return code;
}
