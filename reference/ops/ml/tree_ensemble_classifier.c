/* TreeEnsembleClassifier. Where all votes are for one class of two (or there is one label), the score s of that class
 * gives two: [1 - s, s] without a transform or with PROBIT, [-s, s] before the others, as implementations have it; the
 * text is silent. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"
#include "reference/ops/shared/trees.h"

typedef struct {
    MlLabels      labels;
    PostTransform transform;
    int64_t       classes; /* that votes may be for */
    int64_t       scores;  /* columns of Z */
    int64_t       voted;   /* the class of all votes if it is a binary case, else -1 */
    double       *base;
    gsize         n_base;
} Classifier;

static gboolean read_attributes(const Eval *ev, Classifier *c, GError **error)
{
    if (!ml_labels_read(ev, "classlabels_int64s", "classlabels_strings", &c->labels, error) ||
        !post_transform_read(ev, &c->transform, error))
        return FALSE;
    gsize n;
    const int64_t *ids = eval_ints(ev, "class_ids", &n);
    c->classes = (int64_t)c->labels.n;
    gboolean one = n > 0 && c->classes <= 2;
    for (gsize i = 1; i < n; i++)
        one = one && ids[i] == ids[0];
    c->voted = one ? ids[0] : -1;
    c->scores = MAX(c->classes, one ? 2 : 1);
    c->base = ml_numbers(ev, "base_values", &c->n_base, error);
    if (c->base && c->n_base > (gsize)c->classes)
        return eval_fail(error, "base_values has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT, c->n_base,
                         c->classes);
    return c->base != NULL;
}

/* `scores` holds the sums for each class and becomes the row of Z. */
static int64_t finish(const Classifier *c, double *scores)
{
    if (c->voted >= 0) {
        const double s = scores[c->voted];
        const gboolean plain = c->transform == POST_NONE || c->transform == POST_PROBIT;
        scores[0] = plain ? 1 - s : -s;
        scores[1] = s;
    }
    post_transform_apply(c->transform, scores, c->scores);
    const int64_t best = ml_argmax(scores, c->scores);
    return c->classes == 1 ? best - 1 : best; /* one label: that one, or none */
}

static gboolean run(Eval *ev, const Classifier *c, const Tensor *x, GError **error)
{
    int64_t rows, features;
    if (!ml_matrix(x, &rows, &features, error))
        return FALSE;
    const Shape shape = SHAPE(rows, c->scores);
    g_autofree double *values = ml_load(x, error);
    g_autoptr(Trees) trees = values ? trees_from_tuples(ev, "class", (gsize)c->classes, error) : NULL;
    Tensor *labels = trees ? ml_labels_output(ev, &c->labels, rows, error) : NULL;
    g_autoptr(Tensor) scores = labels ? tensor_new(DTYPE_FLOAT, &shape, error) : NULL;
    if (!scores)
        return FALSE;
    g_autofree double *out = g_new(double, (gsize)c->scores);
    for (int64_t row = 0; row < rows; row++) {
        if (!eval_tick(ev, error) ||
            !trees_run(trees, values + row * features, features, AGGREGATE_SUM, out, c->classes, error))
            return FALSE;
        for (gsize k = 0; k < c->n_base; k++)
            out[k] += c->base[k];
        ml_labels_set(&c->labels, labels, row, finish(c, out));
        for (int64_t k = 0; k < c->scores; k++)
            tensor_set_double(scores, row * c->scores + k, out[k]);
    }
    eval_set_tensor(ev, 1, g_steal_pointer(&scores));
    return TRUE;
}

static gboolean tree_ensemble_classifier(Eval *ev, GError **error)
{
    Classifier c = { 0 };
    const gboolean ok = read_attributes(ev, &c, error) && run(ev, &c, eval_input(ev, 0), error);
    g_free(c.base);
    return ok;
}

#define ATTRIBUTES                                                                                                      \
    "base_values:floats, class_ids:ints, class_nodeids:ints, class_treeids:ints, class_weights:floats, "                \
    "classlabels_int64s:ints, classlabels_strings:strings, nodes_falsenodeids:ints, nodes_featureids:ints, "            \
    "nodes_hitrates:floats, nodes_missing_value_tracks_true:ints, nodes_modes:strings, nodes_nodeids:ints, "            \
    "nodes_treeids:ints, nodes_truenodeids:ints, nodes_values:floats, post_transform:string=NONE"
#define TENSORS \
    ", base_values_as_tensor:tensor, class_weights_as_tensor:tensor, nodes_hitrates_as_tensor:tensor, " \
    "nodes_values_as_tensor:tensor"
#define REST                                                                                                   \
    .signature = "X:T1 -> Y:T2, Z:float", .types = "T1: float double int64 int32 | T2: string int64",           \
    .kernel = tree_ensemble_classifier
OPERATOR_DEFINE(tree_ensemble_classifier, "TreeEnsembleClassifier", "ai.onnx.ml",
    { .since = 1, REST, .attributes = ATTRIBUTES },
    { .since = 3, REST, .attributes = ATTRIBUTES TENSORS },
    { .since = 5, .deprecated = TRUE })
