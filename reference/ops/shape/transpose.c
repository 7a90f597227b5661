#include "reference/ops/shared/move.h"

/* perm, default: dims reversed. */
static gboolean permutation(const Eval *ev, int rank, int *perm, GError **error)
{
    gsize n;
    const int64_t *given = eval_ints(ev, "perm", &n);
    gboolean seen[SHAPE_MAX_RANK] = { FALSE };
    if (given && n != (gsize)rank)
        return eval_fail(error, "perm has %" G_GSIZE_FORMAT " entries, expected %d", n, rank);
    for (int d = 0; d < rank; d++) {
        const int64_t from = given ? given[d] : rank - 1 - d;
        if (from < 0 || from >= rank || seen[from])
            return eval_fail(error, "perm is not a permutation of 0..%d", rank - 1);
        seen[from] = TRUE;
        perm[d] = (int)from;
    }
    return TRUE;
}

static gboolean transpose(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int perm[SHAPE_MAX_RANK];
    if (!permutation(ev, x->shape.rank, perm, error))
        return FALSE;
    int64_t dense[SHAPE_MAX_RANK], strides[SHAPE_MAX_RANK];
    shape_strides(&x->shape, dense);
    Shape shape = { .rank = x->shape.rank };
    for (int d = 0; d < shape.rank; d++) {
        shape.dims[d] = x->shape.dims[perm[d]];
        strides[d] = dense[perm[d]];
    }
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (y)
        move_strided(x, 0, strides, y);
    return y != NULL;
}

#define REST .signature = "data:T -> transposed:T", .attributes = "perm:ints", .kernel = transpose, .bound = bound_monotone
OPERATOR_DEFINE(transpose, "Transpose", "",
    { .since = 1, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST },
    { .since = 21, .types = "T: all21", REST },
    { .since = 23, .types = "T: all23", REST },
    { .since = 24, .types = "T: all24", REST },
    { .since = 25, .types = "T: all25", REST })
