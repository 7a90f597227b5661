#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"
#include "reference/ops/shared/trees.h"

#include <string.h>

static gboolean read_aggregate(const Eval *ev, Aggregate *aggregate, GError **error)
{
    static const char *const names[] = { "AVERAGE", "SUM", "MIN", "MAX" };
    const char *name = eval_string(ev, "aggregate_function");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0) {
            *aggregate = (Aggregate)i;
            return TRUE;
        }
    return eval_fail(error, "aggregate_function is '%s', expected AVERAGE, SUM, MIN or MAX", name);
}

static gboolean tree_ensemble_regressor(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t targets = eval_has(ev, "n_targets") ? eval_int(ev, "n_targets") : 1;
    int64_t rows, features;
    Aggregate aggregate = AGGREGATE_SUM;
    PostTransform transform = POST_NONE;
    if (targets < 1)
        return eval_fail(error, "n_targets is %" G_GINT64_FORMAT ", expected 1 or more", targets);
    if (!ml_matrix(x, &rows, &features, error) || !read_aggregate(ev, &aggregate, error) ||
        !post_transform_read(ev, &transform, error))
        return FALSE;
    gsize n_base;
    const Shape shape = SHAPE(rows, targets);
    g_autofree double *base = ml_numbers(ev, "base_values", &n_base, error);
    g_autofree double *values = base ? ml_load(x, error) : NULL;
    g_autoptr(Trees) trees = values ? trees_from_tuples(ev, "target", (gsize)targets, error) : NULL;
    Tensor *y = trees ? eval_output(ev, 0, DTYPE_FLOAT, &shape, error) : NULL;
    g_autofree double *out = y ? g_try_new(double, (gsize)targets) : NULL;
    if (!out)
        return y ? eval_fail(error, "no memory for %" G_GINT64_FORMAT " targets", targets) : FALSE;
    if (n_base != 0 && n_base != (gsize)targets)
        return eval_fail(error, "base_values has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT, n_base,
                         targets);
    for (int64_t row = 0; row < rows; row++) {
        if (!eval_tick(ev, error) ||
            !trees_run(trees, values + row * features, features, aggregate, out, targets, error))
            return FALSE;
        for (int64_t t = 0; t < targets && n_base; t++)
            out[t] += base[t];
        post_transform_apply(transform, out, targets);
        for (int64_t t = 0; t < targets; t++)
            tensor_set_double(y, row * targets + t, out[t]);
    }
    return TRUE;
}

#define ATTRIBUTES                                                                                                    \
    "aggregate_function:string=SUM, base_values:floats, n_targets:int, nodes_falsenodeids:ints, "                     \
    "nodes_featureids:ints, nodes_hitrates:floats, nodes_missing_value_tracks_true:ints, nodes_modes:strings, "       \
    "nodes_nodeids:ints, nodes_treeids:ints, nodes_truenodeids:ints, nodes_values:floats, post_transform:string=NONE, " \
    "target_ids:ints, target_nodeids:ints, target_treeids:ints, target_weights:floats"
#define TENSORS \
    ", base_values_as_tensor:tensor, nodes_hitrates_as_tensor:tensor, nodes_values_as_tensor:tensor, " \
    "target_weights_as_tensor:tensor"
#define REST .signature = "X:T -> Y:float", .types = "T: float double int64 int32", .kernel = tree_ensemble_regressor
OPERATOR_DEFINE(tree_ensemble_regressor, "TreeEnsembleRegressor", "ai.onnx.ml",
    { .since = 1, REST, .attributes = ATTRIBUTES },
    { .since = 3, REST, .attributes = ATTRIBUTES TENSORS },
    { .since = 5, .deprecated = TRUE })
