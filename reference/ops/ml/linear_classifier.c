/* LinearClassifier. One row of coefficients for two classes gives the scores [-s, s]; one class is chosen when its
 * score reaches 0 (0.5 after a transform), else the label is 0 or "", as implementations have it; the text is silent.
 */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"

typedef struct {
    MlLabels      labels;
    PostTransform transform;
    int64_t       models; /* rows of coefficients */
    int64_t       scores; /* columns of Z */
    double       *weights, *intercepts;
    gsize         n_weights, n_intercepts;
} Classifier;

static gboolean read_attributes(const Eval *ev, int64_t features, Classifier *c, GError **error)
{
    if (!ml_labels_read(ev, "classlabels_ints", "classlabels_strings", &c->labels, error) ||
        !post_transform_read(ev, &c->transform, error))
        return FALSE;
    c->weights = ml_numbers(ev, "coefficients", &c->n_weights, error);
    c->intercepts = ml_numbers(ev, "intercepts", &c->n_intercepts, error);
    if (!c->weights || !c->intercepts)
        return FALSE;
    if (features == 0 || c->n_weights == 0 || c->n_weights % (gsize)features != 0)
        return eval_fail(error,
                         "coefficients has %" G_GSIZE_FORMAT " entries, expected a multiple of the %" G_GINT64_FORMAT
                         " features",
                         c->n_weights, features);
    c->models = (int64_t)c->n_weights / features;
    c->scores = c->models == 1 && c->labels.n == 2 ? 2 : c->models;
    if (c->n_intercepts != 0 && c->n_intercepts != (gsize)c->models)
        return eval_fail(error, "intercepts has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT,
                         c->n_intercepts, c->models);
    return c->labels.n == (gsize)c->scores ||
           eval_fail(error, "%" G_GSIZE_FORMAT " class labels for %" G_GINT64_FORMAT " scores", c->labels.n, c->scores);
}

static int64_t score(const Classifier *c, const double *row, int64_t features, double *out)
{
    for (int64_t m = 0; m < c->models; m++)
        out[m] = ml_dot(row, c->weights + m * features, features) + (c->n_intercepts ? c->intercepts[m] : 0);
    if (c->scores > c->models) {
        out[1] = out[0];
        out[0] = -out[0];
    }
    post_transform_apply(c->transform, out, c->scores);
    if (c->scores == 1)
        return out[0] >= (c->transform == POST_NONE ? 0 : 0.5) ? 0 : -1;
    return ml_argmax(out, c->scores);
}

static gboolean run(Eval *ev, const Classifier *c, const Tensor *x, int64_t rows, int64_t features, GError **error)
{
    const Shape shape = SHAPE(rows, c->scores);
    g_autofree double *values = ml_load(x, error), *out = g_new(double, (gsize)c->scores + 1);
    Tensor *labels = values ? ml_labels_output(ev, &c->labels, rows, error) : NULL;
    g_autoptr(Tensor) scores = labels ? tensor_new(DTYPE_FLOAT, &shape, error) : NULL;
    if (!scores)
        return FALSE;
    for (int64_t row = 0; row < rows; row++) {
        ml_labels_set(&c->labels, labels, row, score(c, values + row * features, features, out));
        for (int64_t k = 0; k < c->scores; k++)
            tensor_set_double(scores, row * c->scores + k, out[k]);
    }
    eval_set_tensor(ev, 1, g_steal_pointer(&scores));
    return TRUE;
}

static gboolean linear_classifier(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int64_t rows, features;
    Classifier c = { 0 };
    const gboolean ok = ml_matrix(x, &rows, &features, error) && read_attributes(ev, features, &c, error) &&
                        run(ev, &c, x, rows, features, error);
    g_free(c.weights);
    g_free(c.intercepts);
    return ok;
}

OPERATOR_DEFINE(linear_classifier, "LinearClassifier", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1 -> Y:T2, Z:float", .types = "T1: float double int64 int32 | T2: string int64",
      .attributes = "classlabels_ints:ints, classlabels_strings:strings, coefficients:floats!, intercepts:floats, "
                    "multi_class:int=0, post_transform:string=NONE",
      .kernel = linear_classifier })
