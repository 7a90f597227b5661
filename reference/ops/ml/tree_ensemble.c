/* TreeEnsemble-5: branches in nodes_* lists, leaves in leaf_* lists, trees by the position of their root. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/ml_scores.h"
#include "reference/ops/shared/trees.h"

#include <math.h>

typedef struct {
    const int64_t *features, *on_true, *on_false, *true_leaf, *false_leaf, *missing, *targets, *roots;
    const Tensor  *modes, *splits, *weights, *members;
    gsize          n, n_missing, n_leaves, n_roots;
} Lists;

static gboolean read_ints(const Eval *ev, const char *name, gsize expected, const int64_t **values, GError **error)
{
    gsize n;
    *values = eval_ints(ev, name, &n);
    return n == expected ||
           eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, name, n, expected);
}

static gboolean read_tensor(const Eval *ev, const char *name, gsize expected, DType dtype, const Tensor **tensor,
                            GError **error)
{
    *tensor = eval_attribute_tensor(ev, name);
    if (*tensor && (gsize)(*tensor)->count == expected && (*tensor)->dtype == dtype)
        return TRUE;
    g_autofree char *found = *tensor ? tensor_describe(*tensor) : g_strdup("absent");
    return eval_fail(error, "%s is %s, expected %s[%" G_GSIZE_FORMAT "]", name, found, dtype_name(dtype), expected);
}

static gboolean read_lists(const Eval *ev, DType dtype, Lists *l, GError **error)
{
    l->features = eval_ints(ev, "nodes_featureids", &l->n);
    l->targets = eval_ints(ev, "leaf_targetids", &l->n_leaves);
    l->roots = eval_ints(ev, "tree_roots", &l->n_roots);
    l->missing = eval_ints(ev, "nodes_missing_value_tracks_true", &l->n_missing);
    l->members = eval_attribute_tensor(ev, "membership_values");
    if (l->n_missing != 0 && l->n_missing != l->n)
        return eval_fail(error,
                         "nodes_missing_value_tracks_true has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT,
                         l->n_missing, l->n);
    if (l->members && l->members->dtype != dtype)
        return eval_fail(error, "membership_values is %s, expected %s like the input", dtype_name(l->members->dtype),
                         dtype_name(dtype));
    return read_ints(ev, "nodes_truenodeids", l->n, &l->on_true, error) &&
           read_ints(ev, "nodes_falsenodeids", l->n, &l->on_false, error) &&
           read_ints(ev, "nodes_trueleafs", l->n, &l->true_leaf, error) &&
           read_ints(ev, "nodes_falseleafs", l->n, &l->false_leaf, error) &&
           read_tensor(ev, "nodes_modes", l->n, DTYPE_UINT8, &l->modes, error) &&
           read_tensor(ev, "nodes_splits", l->n, dtype, &l->splits, error) &&
           read_tensor(ev, "leaf_weights", l->n_leaves, dtype, &l->weights, error);
}

static gboolean find_place(const Lists *l, gsize i, int64_t index, gboolean leaf, int64_t *place, GError **error)
{
    if (index < 0 || (uint64_t)index >= (leaf ? l->n_leaves : l->n))
        return eval_fail(
            error, "node %" G_GSIZE_FORMAT " branches to %s %" G_GINT64_FORMAT ", of which there are %" G_GSIZE_FORMAT,
            i, leaf ? "leaf" : "node", index, leaf ? l->n_leaves : l->n);
    *place = leaf ? TREE_LEAF(index) : index;
    return TRUE;
}

/* The next set of membership_values: up to a NaN. */
static gboolean take_set(const Lists *l, const double *members, int64_t *at, TreeNode *node, GError **error)
{
    const int64_t n = l->members ? l->members->count : 0;
    node->member = *at;
    while (*at < n && !isnan(members[*at]))
        ++*at;
    if (*at == n)
        return eval_fail(error, "membership_values has fewer sets than there are nodes of mode BRANCH_MEMBER");
    node->members = (*at)++ - node->member;
    return TRUE;
}

static gboolean fill(const Lists *l, int64_t targets, Trees *trees, GError **error)
{
    int64_t at = 0;
    for (gsize i = 0; i < l->n; i++) {
        TreeNode *node = &trees->nodes[i];
        const int64_t mode = tensor_get_int(l->modes, (int64_t)i);
        if (mode > BRANCH_MEMBER)
            return eval_fail(error, "nodes_modes %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", expected 0 to 6", i,
                             mode);
        *node = (TreeNode){ .mode = (BranchMode)mode, .missing_true = l->n_missing && l->missing[i] != 0,
                            .feature = l->features[i], .split = tensor_get_double(l->splits, (int64_t)i) };
        if (!find_place(l, i, l->on_false[i], l->false_leaf[i] != 0, &node->branch[0], error) ||
            !find_place(l, i, l->on_true[i], l->true_leaf[i] != 0, &node->branch[1], error) ||
            (mode == BRANCH_MEMBER && !take_set(l, trees->members, &at, node, error)))
            return FALSE;
    }
    for (gsize r = 0; r < l->n_roots; r++) {
        if (l->roots[r] < 0 || (uint64_t)l->roots[r] >= l->n)
            return eval_fail(error, "root %" G_GINT64_FORMAT " is no node", l->roots[r]);
        trees->roots[r] = l->roots[r];
    }
    for (gsize i = 0; i < l->n_leaves; i++) {
        if (l->targets[i] < 0 || l->targets[i] >= targets)
            return eval_fail(
                error, "leaf %" G_GSIZE_FORMAT " is for target %" G_GINT64_FORMAT ", expected 0 to %" G_GINT64_FORMAT,
                i, l->targets[i], targets - 1);
        trees->starts[i + 1] = (int64_t)i + 1;
        trees->votes[i] = (TreeVote){ l->targets[i], tensor_get_double(l->weights, (int64_t)i) };
    }
    return TRUE;
}

static Trees *build(const Eval *ev, DType dtype, int64_t targets, GError **error)
{
    Lists l;
    if (!read_lists(ev, dtype, &l, error))
        return NULL;
    g_autoptr(Trees) trees = trees_new(l.n, l.n_roots, l.n_leaves, l.n_leaves);
    trees->members = l.members ? ml_load(l.members, error) : NULL;
    if ((l.members && !trees->members) || !fill(&l, targets, trees, error))
        return NULL;
    return g_steal_pointer(&trees);
}

static gboolean tree_ensemble(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const int64_t targets = eval_has(ev, "n_targets") ? eval_int(ev, "n_targets") : 1;
    const int64_t aggregate = eval_int(ev, "aggregate_function"), transform = eval_int(ev, "post_transform");
    int64_t rows, features;
    if (targets < 1 || aggregate < 0 || aggregate > AGGREGATE_MAX || transform < 0 || transform > POST_PROBIT)
        return eval_fail(error, "n_targets %" G_GINT64_FORMAT ", aggregate_function %" G_GINT64_FORMAT
                         " and post_transform %" G_GINT64_FORMAT " must be at least 1, 0 to 3 and 0 to 4",
                         targets, aggregate, transform);
    if (!ml_matrix(x, &rows, &features, error))
        return FALSE;
    const Shape shape = SHAPE(rows, targets);
    g_autoptr(Trees) trees = build(ev, x->dtype, targets, error);
    g_autofree double *values = trees ? ml_load(x, error) : NULL;
    Tensor *y = values ? eval_output(ev, 0, x->dtype, &shape, error) : NULL;
    g_autofree double *out = y ? g_try_new(double, (gsize)targets) : NULL;
    if (!out)
        return y ? eval_fail(error, "no memory for %" G_GINT64_FORMAT " targets", targets) : FALSE;
    for (int64_t row = 0; row < rows; row++) {
        if (!eval_tick(ev, error) ||
            !trees_run(trees, values + row * features, features, (Aggregate)aggregate, out, targets, error))
            return FALSE;
        post_transform_apply((PostTransform)transform, out, targets);
        for (int64_t t = 0; t < targets; t++)
            tensor_set_double(y, row * targets + t, out[t]);
    }
    return TRUE;
}

OPERATOR_DEFINE(tree_ensemble, "TreeEnsemble", "ai.onnx.ml",
    { .since = 5, .signature = "X:T -> Y:T", .types = "T: floats1",
      .attributes = "aggregate_function:int=1, leaf_targetids:ints!, leaf_weights:tensor!, membership_values:tensor, "
                    "n_targets:int, nodes_falseleafs:ints!, nodes_falsenodeids:ints!, nodes_featureids:ints!, "
                    "nodes_hitrates:tensor, nodes_missing_value_tracks_true:ints, nodes_modes:tensor!, "
                    "nodes_splits:tensor!, nodes_trueleafs:ints!, nodes_truenodeids:ints!, post_transform:int=0, "
                    "tree_roots:ints!",
      .kernel = tree_ensemble })
