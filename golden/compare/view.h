/* A wrong tensor beside its golden, as numbers, for those who look for a reason. Private to golden/compare. */
#ifndef ASSAY_GOLDEN_COMPARE_VIEW_H
#define ASSAY_GOLDEN_COMPARE_VIEW_H

#include "reference/tensor/tensor.h"

typedef struct {
    DType         dtype;
    Shape         shape;
    int64_t       n, n_wrong;
    const double *g, *lower, *upper, *y;
    const guint8 *wrong; /* 1 where the element is wrong */
    /* y's and the golden's place among the values of the type, in steps of one value; 0 where not finite. */
    const int64_t *place, *golden_place;
} View;

/* Whether y[i] would be right where the golden has element j. */
static inline gboolean view_fits(const View *v, int64_t i, int64_t j)
{
    return (v->lower[j] <= v->y[i] && v->y[i] <= v->upper[j]) || (v->g[j] != v->g[j] && v->y[i] != v->y[i]);
}

/* Each looks for one family of reasons: "kind: detail", free with g_free; NULL if none of them explains every wrong
 * element. */
char *view_explain_special(const View *v); /* NaN, zeros, signs, infinities, limits of the type */
char *view_explain_order(const View *v);   /* right values in wrong places */
char *view_explain_factor(const View *v);  /* factors and offsets, in all, an index of an axis, or a block */
char *view_explain_rounding(const View *v);  /* one code off, held in a narrower type */
char *view_explain_precision(const View *v); /* computed in one */

/* Where the wrong elements are, if that is less than everywhere: "last index of axis 1". NULL if scattered. */
char *view_region(const View *v);

#endif
