/* AffineGrid: theta times (x, y, [z,] 1) for evenly spaced x, y, z in [-1, 1]. */
#include "reference/eval/certify.h"

#include <math.h>

/* Coordinate i of n. With align_corners the step is 2 / (n - 1); for n = 1 the operator's function body multiplies
 * 0 by that infinity, except for the depth, whose step it takes as 0. */
static double coordinate(int64_t i, int64_t n, gboolean corners, gboolean depth)
{
    if (!corners)
        return (double)(2 * i + 1 - n) / (double)n;
    if (n == 1)
        return depth ? -1 : NAN;
    return (double)(2 * i - (n - 1)) / (double)(n - 1);
}

static gboolean read_sizes(const Tensor *theta, const Tensor *size, int *dims, Shape *shape, GError **error)
{
    const Shape *s = &theta->shape;
    *dims = size->count == 4 ? 2 : 3;
    if (size->shape.rank != 1 || (size->count != 4 && size->count != 5))
        return eval_fail(error, "size must be (N,C,H,W) or (N,C,D,H,W), found %" G_GINT64_FORMAT " elements",
                         size->count);
    int64_t sizes[6];
    sizes[0] = tensor_get_int(size, 0);
    for (int d = 0; d < *dims; d++)
        sizes[d + 1] = tensor_get_int(size, d + 2);
    sizes[*dims + 1] = *dims;
    if (s->rank != 3 || s->dims[0] != sizes[0] || s->dims[1] != *dims || s->dims[2] != *dims + 1) {
        g_autofree char *found = shape_to_string(s);
        return eval_fail(error, "theta has shape %s, expected [%" G_GINT64_FORMAT ",%d,%d]", found, sizes[0], *dims,
                         *dims + 1);
    }
    return shape_make(sizes, (gsize)*dims + 2, shape, error);
}

static gboolean affine_grid(Eval *ev, GError **error)
{
    const Tensor *theta = eval_input(ev, 0);
    int dims;
    Shape shape;
    if (!read_sizes(theta, eval_input(ev, 1), &dims, &shape, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, theta->dtype, &shape, error);
    if (!y)
        return FALSE;
    const gboolean corners = eval_int(ev, "align_corners") != 0;
    for (int64_t i = 0; i < y->count; i++) {
        const int64_t row = i % dims;
        int64_t place = i / dims;
        double at[4] = { 0 };
        for (int d = 0; d < dims; d++) { /* x is the innermost dim */
            const int64_t n = shape.dims[dims - d];
            at[d] = coordinate(place % n, n, corners, d == 2);
            place /= n;
        }
        at[dims] = 1;
        double sum = 0;
        for (int d = 0; d <= dims; d++)
            sum += tensor_get_double(theta, (place * dims + row) * (dims + 1) + d) * at[d];
        tensor_set_double(y, i, sum);
    }
    return TRUE;
}

OPERATOR_DEFINE(affine_grid, "AffineGrid", "",
    { .since = 20, .signature = "theta:T1, size:T2 -> grid:T1", .types = "T1: floats13 | T2: int64",
      .attributes = "align_corners:int=0", .kernel = affine_grid })
