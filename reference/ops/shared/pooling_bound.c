#include "reference/ops/shared/pooling_bound.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/ops/shared/wide.h"

#include <limits.h>
#include <math.h>

static double radius(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer data)
{
    return wide_radius(low, high);
}

static double one_if_not_zero(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer data)
{
    return low != 0 || high != 0;
}

/* Results of the kernel on the middles, the radii and the ones: norms, the last the root of a number of terms. */
typedef struct {
    const double *s, *rho, *root;
    int lowest; /* set bit of any element; INT_MIN if the inputs are not exact */
} Norms;

static gboolean norm_of_window(Ends *ends, const Norms *r, int64_t i, gboolean *open, GError **error)
{
    const DType dtype = eval_output_tensor(ends->ev, 0)->dtype;
    const double s = r->s[i], wide = s + r->rho[i], terms = rint(r->root[i] * r->root[i]);
    const double rounds = terms / 2 + 1 + 2 * relaxation_functions(dtype) + relaxation_quotient(dtype);
    *open |= !(wide * wide <= bounds_huge(dtype));
    const int squares = r->lowest < INT_MIN / 2 ? INT_MIN : r->lowest > INT_MAX / 2 ? INT_MAX : 2 * r->lowest;
    if (terms == 0 || *open || bounds_sum_exact(dtype, s * s * (1 + 0x1p-50), squares))
        return TRUE;
    const double e = r->rho[i] * (1 + 0x1p-50) + rounds * (bounds_unit(dtype) + 0x1p-52) * wide +
                     (sqrt(wide * wide + terms * bounds_tiny(dtype)) - wide);
    derivation_note("norm/any-order", dtype, terms, e);
    const Range range = bounds_store(dtype, s, e, eval_may_fuse(ends->ev, 0));
    return range.low == range.high || ends_set(ends, i, range.low, range.high, error);
}

static gboolean two_norm_bound(Eval *ev, GError **error)
{
    Ends ends = ENDS_OF(ev, 0);
    g_auto(Wide) w = { 0 };
    if (!wide_init(&w, ev, error))
        return FALSE;
    gboolean open = !w.known || !w.finite || relaxation_in_force()->flush, ok = TRUE;
    g_autoptr(Tensor) s = open ? NULL : wide_run(&w, wide_map_middle, NULL, 0, error);
    g_autoptr(Tensor) rho = s ? wide_run(&w, radius, NULL, 0, error) : NULL;
    g_autoptr(Tensor) root = rho ? wide_run(&w, one_if_not_zero, NULL, 0, error) : NULL;
    if (!open && !root)
        return FALSE;
    const Norms norms = { root ? s->data : NULL, root ? rho->data : NULL, root ? root->data : NULL,
                          w.exact && root ? wide_lowest_bit(&w, 0) : INT_MIN };
    for (int64_t i = 0; root && ok && !open && i < s->count; i++)
        ok = norm_of_window(&ends, &norms, i, &open, error);
    (open || !ok ? ends_abandon : ends_finish)(&ends);
    return ok;
}

gboolean pooling_norm_bound(Eval *ev, double p, GError **error)
{
    if (p == 1)
        return linear_bound(ev, &(LinearRule){ .factors = 1, .pure = TRUE }, error);
    if (p == 2)
        return two_norm_bound(ev, error);
    eval_set_uncertified(ev, 0);
    return TRUE;
}
