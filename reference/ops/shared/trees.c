#include "reference/ops/shared/trees.h"

#include <math.h>

Trees *trees_new(gsize nodes, gsize roots, gsize leaves, gsize votes)
{
    Trees *trees = g_new0(Trees, 1);
    *trees = (Trees){ g_new0(TreeNode, nodes + 1), g_new0(int64_t, roots + 1), g_new0(int64_t, leaves + 1),
                      g_new0(TreeVote, votes + 1), NULL, nodes, roots, leaves };
    return trees;
}

void trees_free(Trees *trees)
{
    if (!trees)
        return;
    g_free(trees->nodes);
    g_free(trees->roots);
    g_free(trees->starts);
    g_free(trees->votes);
    g_free(trees->members);
    g_free(trees);
}

static gboolean is_true(const Trees *trees, const TreeNode *node, double x)
{
    if (isnan(x))
        return node->missing_true;
    switch (node->mode) {
    case BRANCH_LEQ:
        return x <= node->split;
    case BRANCH_LT:
        return x < node->split;
    case BRANCH_GTE:
        return x >= node->split;
    case BRANCH_GT:
        return x > node->split;
    case BRANCH_EQ:
        return x == node->split;
    case BRANCH_NEQ:
        return x != node->split;
    default:
        for (int64_t i = 0; i < node->members; i++)
            if (trees->members[node->member + i] == x)
                return TRUE;
        return FALSE;
    }
}

/* The leaf that the row ends in, -1 with an error. */
static int64_t find_leaf(const Trees *trees, int64_t place, const double *row, int64_t features, GError **error)
{
    for (gsize steps = 0; place >= 0; steps++) {
        const TreeNode *node = &trees->nodes[place];
        if (steps > trees->n_nodes) {
            eval_fail(error, "node %" G_GINT64_FORMAT " is its own descendant", place);
            return -1;
        }
        if (node->feature < 0 || node->feature >= features) {
            eval_fail(error,
                      "node %" G_GINT64_FORMAT " asks for feature %" G_GINT64_FORMAT
                      ", the input has %" G_GINT64_FORMAT,
                      place, node->feature, features);
            return -1;
        }
        place = node->branch[is_true(trees, node, row[node->feature])];
    }
    return TREE_LEAF(place);
}

static void take_vote(const TreeVote *vote, Aggregate aggregate, gboolean first, double *out)
{
    double *to = &out[vote->target];
    if (first)
        *to = vote->weight;
    else if (aggregate == AGGREGATE_MIN)
        *to = MIN(*to, vote->weight);
    else if (aggregate == AGGREGATE_MAX)
        *to = MAX(*to, vote->weight);
    else
        *to += vote->weight;
}

gboolean trees_run(const Trees *trees, const double *row, int64_t features, Aggregate aggregate, double *out,
                   int64_t targets, GError **error)
{
    g_autofree gboolean *voted = g_new0(gboolean, (gsize)targets + 1);
    for (int64_t t = 0; t < targets; t++)
        out[t] = 0;
    for (gsize r = 0; r < trees->n_roots; r++) {
        const int64_t leaf = find_leaf(trees, trees->roots[r], row, features, error);
        if (leaf < 0)
            return FALSE;
        for (int64_t v = trees->starts[leaf]; v < trees->starts[leaf + 1]; v++) {
            const TreeVote *vote = &trees->votes[v];
            take_vote(vote, aggregate, !voted[vote->target], out);
            voted[vote->target] = TRUE;
        }
    }
    for (int64_t t = 0; t < targets && aggregate == AGGREGATE_AVERAGE && trees->n_roots > 0; t++)
        out[t] /= (double)trees->n_roots;
    return TRUE;
}
