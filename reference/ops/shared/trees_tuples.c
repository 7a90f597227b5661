/* Trees as versions 1 and 3 of the operators write them: parallel lists of node tuples named by (tree id, node id), and
 * of votes at leaves. The first tuple of a tree id is its root. */
#include "reference/ops/shared/ml_scores.h"
#include "reference/ops/shared/trees.h"

#include <string.h>

typedef struct {
    int64_t tree, node;
} Name;

static guint name_hash(gconstpointer name)
{
    const Name *n = name;
    const uint64_t mixed = ((uint64_t)n->tree * UINT64_C(0x9E3779B97F4A7C15)) ^ (uint64_t)n->node;
    return (guint)((mixed * UINT64_C(0xBF58476D1CE4E5B9)) >> 32);
}

static gboolean name_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(Name)) == 0;
}

typedef struct {
    const int64_t *trees, *nodes, *features, *on_true, *on_false, *missing;
    const Bytes   *modes;
    double        *splits;
    gsize          n, n_missing;
    Name          *names;
    GHashTable    *places; /* Name to 1 + place in the tuples */
    int64_t       *leaf;   /* which leaf tuple i is; -1: a branch */
    gsize          n_leaves;
} Tuples;

static void tuples_clear(Tuples *t)
{
    g_free(t->splits);
    g_free(t->names);
    g_free(t->leaf);
    if (t->places)
        g_hash_table_unref(t->places);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tuples, tuples_clear)

static gboolean read_ints(const Eval *ev, const char *name, gsize expected, const int64_t **values, GError **error)
{
    gsize n;
    *values = eval_ints(ev, name, &n);
    return n == expected ||
           eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, name, n, expected);
}

static gboolean parse_mode(const Bytes *text, int *mode) /* 6: LEAF */
{
    static const char *const names[] = { "BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                         "BRANCH_EQ",  "BRANCH_NEQ", "LEAF" };
    for (*mode = 0; *mode < (int)G_N_ELEMENTS(names); ++*mode)
        if (strcmp(names[*mode], (const char *)text->data) == 0)
            return TRUE;
    return FALSE;
}

static gboolean read_nodes(const Eval *ev, Tuples *t, GError **error)
{
    gsize n_splits;
    t->modes = eval_strings(ev, "nodes_modes", &t->n);
    t->splits = ml_numbers(ev, "nodes_values", &n_splits, error);
    t->missing = eval_ints(ev, "nodes_missing_value_tracks_true", &t->n_missing);
    if (!t->splits || !read_ints(ev, "nodes_treeids", t->n, &t->trees, error) ||
        !read_ints(ev, "nodes_nodeids", t->n, &t->nodes, error) ||
        !read_ints(ev, "nodes_featureids", t->n, &t->features, error) ||
        !read_ints(ev, "nodes_truenodeids", t->n, &t->on_true, error) ||
        !read_ints(ev, "nodes_falsenodeids", t->n, &t->on_false, error))
        return FALSE;
    if (n_splits != t->n || (t->n_missing != 0 && t->n_missing != t->n))
        return eval_fail(error, "the nodes_ lists differ in length: %" G_GSIZE_FORMAT " modes, %" G_GSIZE_FORMAT
                         " values, %" G_GSIZE_FORMAT " entries for missing values", t->n, n_splits, t->n_missing);
    t->names = g_new(Name, t->n + 1);
    t->leaf = g_new(int64_t, t->n + 1);
    t->places = g_hash_table_new(name_hash, name_equal);
    for (gsize i = 0; i < t->n; i++) {
        int mode;
        t->names[i] = (Name){ t->trees[i], t->nodes[i] };
        if (!parse_mode(&t->modes[i], &mode))
            return eval_fail(error, "nodes_modes %" G_GSIZE_FORMAT " is '%s'", i, (const char *)t->modes[i].data);
        if (!g_hash_table_insert(t->places, &t->names[i], GSIZE_TO_POINTER(i + 1)))
            return eval_fail(error, "node %" G_GINT64_FORMAT " of tree %" G_GINT64_FORMAT " is listed twice",
                             t->nodes[i], t->trees[i]);
        t->leaf[i] = mode == 6 ? (int64_t)t->n_leaves++ : -1;
    }
    return TRUE;
}

/* Position of a node in the tuples, or -1 with an error. */
static int64_t find(const Tuples *t, int64_t tree, int64_t node, GError **error)
{
    const Name name = { tree, node };
    const gsize found = GPOINTER_TO_SIZE(g_hash_table_lookup(t->places, &name));
    if (!found)
        eval_fail(error, "tree %" G_GINT64_FORMAT " has no node %" G_GINT64_FORMAT, tree, node);
    return (int64_t)found - 1;
}

static gboolean find_place(const Tuples *t, int64_t tree, int64_t node, int64_t *place, GError **error)
{
    const int64_t i = find(t, tree, node, error);
    if (i >= 0)
        *place = t->leaf[i] >= 0 ? TREE_LEAF(t->leaf[i]) : i;
    return i >= 0;
}

static gboolean fill_nodes(const Tuples *t, Trees *trees, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    trees->n_roots = 0;
    for (gsize i = 0; i < t->n; i++) {
        if (g_hash_table_add(seen, (gpointer)&t->trees[i]))
            trees->roots[trees->n_roots++] = t->leaf[i] >= 0 ? TREE_LEAF(t->leaf[i]) : (int64_t)i;
        if (t->leaf[i] >= 0)
            continue;
        int mode = 0;
        parse_mode(&t->modes[i], &mode);
        TreeNode *node = &trees->nodes[i];
        *node = (TreeNode){ .mode = (BranchMode)mode, .missing_true = t->n_missing && t->missing[i] != 0,
                            .feature = t->features[i], .split = t->splits[i] };
        if (!find_place(t, t->trees[i], t->on_false[i], &node->branch[0], error) ||
            !find_place(t, t->trees[i], t->on_true[i], &node->branch[1], error))
            return FALSE;
    }
    return TRUE;
}

typedef struct {
    const int64_t *trees, *nodes, *targets;
    double        *weights;
    gsize          n;
} Votes;

static gboolean read_votes(const Eval *ev, const char *prefix, Votes *v, GError **error)
{
    g_autofree char *weights = g_strconcat(prefix, "_weights", NULL), *trees = g_strconcat(prefix, "_treeids", NULL);
    g_autofree char *nodes = g_strconcat(prefix, "_nodeids", NULL), *ids = g_strconcat(prefix, "_ids", NULL);
    v->weights = ml_numbers(ev, weights, &v->n, error);
    return v->weights && read_ints(ev, trees, v->n, &v->trees, error) && read_ints(ev, nodes, v->n, &v->nodes, error) &&
           read_ints(ev, ids, v->n, &v->targets, error);
}

/* Votes sorted by leaf, in the order of the lists within a leaf. */
static gboolean fill_votes(const Tuples *t, const Votes *v, gsize targets, Trees *trees, GError **error)
{
    g_autofree int64_t *leaf = g_new(int64_t, v->n + 1), *next = NULL;
    for (gsize i = 0; i < v->n; i++) {
        const int64_t place = find(t, v->trees[i], v->nodes[i], error);
        if (place < 0)
            return FALSE;
        if (v->targets[i] < 0 || (uint64_t)v->targets[i] >= targets)
            return eval_fail(error,
                             "vote %" G_GSIZE_FORMAT " is for %" G_GINT64_FORMAT ", expected 0 to %" G_GSIZE_FORMAT, i,
                             v->targets[i], targets - 1);
        leaf[i] = t->leaf[place]; /* a vote at a branch never counts */
        if (leaf[i] >= 0)
            trees->starts[leaf[i] + 1]++;
    }
    for (gsize l = 0; l < t->n_leaves; l++)
        trees->starts[l + 1] += trees->starts[l];
    next = g_memdup2(trees->starts, (t->n_leaves + 1) * sizeof *next);
    for (gsize i = 0; i < v->n; i++)
        if (leaf[i] >= 0)
            trees->votes[next[leaf[i]]++] = (TreeVote){ v->targets[i], v->weights[i] };
    return TRUE;
}

Trees *trees_from_tuples(const Eval *ev, const char *votes, gsize targets, GError **error)
{
    g_auto(Tuples) t = { 0 };
    Votes v = { 0 };
    g_autoptr(Trees) trees = NULL;
    gboolean ok = targets > 0 || eval_fail(error, "there are no targets to vote for");
    ok = ok && read_nodes(ev, &t, error) && read_votes(ev, votes, &v, error);
    if (ok) {
        trees = trees_new(t.n, t.n, t.n_leaves, v.n);
        ok = fill_nodes(&t, trees, error) && fill_votes(&t, &v, targets, trees, error);
    }
    g_free(v.weights);
    return ok ? g_steal_pointer(&trees) : NULL;
}
