#include "reference/eval/certify.h"
#include "reference/ops/shared/svm.h"

typedef struct {
    SvmKernel     kernel;
    PostTransform transform;
    gboolean      one_class;
    int64_t       supports; /* 0: coefficients are the weights of a linear model */
    double       *weights, *vectors;
    double        rho;
} Regressor;

static gboolean read_attributes(const Eval *ev, int64_t features, Regressor *r, GError **error)
{
    gsize n_weights, n_vectors, n_rho;
    if (!svm_kernel_read(ev, &r->kernel, error) || !post_transform_read(ev, &r->transform, error))
        return FALSE;
    r->weights = ml_numbers(ev, "coefficients", &n_weights, error);
    r->vectors = ml_numbers(ev, "support_vectors", &n_vectors, error);
    if (!r->weights || !r->vectors)
        return FALSE;
    const float *rho = eval_floats(ev, "rho", &n_rho);
    r->rho = n_rho ? (double)rho[0] : 0;
    r->one_class = eval_int(ev, "one_class") != 0;
    r->supports = eval_int(ev, "n_supports");
    if (r->supports < 0 || r->supports > INT32_MAX)
        return eval_fail(error, "n_supports is %" G_GINT64_FORMAT, r->supports);
    const int64_t expected = r->supports ? r->supports : features;
    if (n_weights != (gsize)expected)
        return eval_fail(error, "coefficients has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT, n_weights,
                         expected);
    if (r->supports && (n_vectors % (gsize)r->supports != 0 || n_vectors / (gsize)r->supports != (gsize)features))
        return eval_fail(error,
                         "support_vectors has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT
                         " vectors of %" G_GINT64_FORMAT,
                         n_vectors, r->supports, features);
    return TRUE;
}

static double predict(const Regressor *r, const double *row, int64_t features)
{
    double sum = r->supports ? 0 : ml_dot(row, r->weights, features);
    for (int64_t j = 0; j < r->supports; j++)
        sum += r->weights[j] * svm_kernel(&r->kernel, row, r->vectors + j * features, features);
    sum += r->rho;
    if (r->one_class)
        sum = sum > 0 ? 1 : -1;
    post_transform_apply(r->transform, &sum, 1);
    return sum;
}

static gboolean svm_regressor(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int64_t rows, features;
    if (!ml_matrix(x, &rows, &features, error))
        return FALSE;
    Regressor r = { 0 };
    const Shape shape = SHAPE(rows, 1);
    g_autofree double *values = ml_load(x, error);
    Tensor *y =
        values && read_attributes(ev, features, &r, error) ? eval_output(ev, 0, DTYPE_FLOAT, &shape, error) : NULL;
    for (int64_t row = 0; y && row < rows; row++)
        tensor_set_double(y, row, predict(&r, values + row * features, features));
    g_free(r.weights);
    g_free(r.vectors);
    return y != NULL;
}

OPERATOR_DEFINE(svm_regressor, "SVMRegressor", "ai.onnx.ml",
    { .since = 1, .signature = "X:T -> Y:float", .types = "T: float double int64 int32",
      .attributes = "coefficients:floats, kernel_params:floats, kernel_type:string=LINEAR, n_supports:int=0, "
                    "one_class:int=0, post_transform:string=NONE, rho:floats, support_vectors:floats",
      .kernel = svm_regressor })
