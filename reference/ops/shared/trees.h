/* Decision trees for the TreeEnsemble operators. */
#ifndef ASSAY_OPS_SHARED_TREES_H
#define ASSAY_OPS_SHARED_TREES_H

#include "reference/eval/operator.h"

typedef enum { BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT, BRANCH_EQ, BRANCH_NEQ, BRANCH_MEMBER } BranchMode;
typedef enum { AGGREGATE_AVERAGE, AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX } Aggregate;

/* A place in a tree: a node, or TREE_LEAF(i). */
#define TREE_LEAF(i) (-1 - (i))

typedef struct {
    BranchMode mode;
    gboolean   missing_true;   /* where NaN goes */
    int64_t    feature;
    double     split;
    int64_t    member, members; /* BRANCH_MEMBER: a run of Trees.members */
    int64_t    branch[2];       /* places if false, if true */
} TreeNode;

typedef struct {
    int64_t target;
    double  weight;
} TreeVote;

typedef struct {
    TreeNode *nodes;
    int64_t  *roots;     /* places */
    int64_t  *starts;    /* votes of leaf i: starts[i] to starts[i + 1] */
    TreeVote *votes;
    double   *members;
    gsize     n_nodes, n_roots, n_leaves;
} Trees;

Trees *trees_new(gsize nodes, gsize roots, gsize leaves, gsize votes);
void   trees_free(Trees *trees);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trees, trees_free)

/* The trees that the attributes of TreeEnsembleClassifier (`votes` is "class") and TreeEnsembleRegressor ("target") of
 * versions 1 and 3 describe, whose votes are for targets in [0, targets). NULL with an error. */
Trees *trees_from_tuples(const Eval *ev, const char *votes, gsize targets, GError **error);

/* out[target] := the votes of the leaves that the row of `features` numbers ends in, aggregated in the order of the
 * trees; a target without a vote is 0. FALSE with an error if a feature is missing or a tree has a cycle. */
gboolean trees_run(const Trees *trees, const double *row, int64_t features, Aggregate aggregate, double *out,
                   int64_t targets, GError **error);

#endif
