/* A factor or a summand too much: in the whole tensor, at each index of an axis, in each block along the last axis. */
#include "golden/compare/view.h"

#include <math.h>

/* Elements i with the same i / step % size / block share a group; groups are numbered from 0. */
typedef struct {
    int64_t step, size, block, count;
} Grouping;

static int64_t group_of(const Grouping *p, int64_t i)
{
    const int64_t blocks = (p->size + p->block - 1) / p->block;
    /* blocks along the last axis are of one row each; an index of an axis is one group in all rows */
    return p->block == 1 ? i / p->step % p->size : i / p->size * blocks + i % p->size / p->block;
}

/* What the type can hold apart of y, as a number: the distance of neighbours. */
static double slack(const View *v, int64_t i)
{
    const int64_t bits = dtype_info(v->dtype)->domain == DOMAIN_FLOAT ? dtype_info(v->dtype)->bits : 0;
    const double wide = v->upper[i] - v->lower[i];
    if (bits == 0)
        return wide + 0.5;
    const int mantissa = bits >= 64 ? 52 : bits >= 32 ? 23 : v->dtype == DTYPE_BFLOAT16 ? 7 : bits >= 16 ? 10 : 1;
    return wide + MAX(fabs(v->y[i]), fabs(v->g[i])) * ldexp(1, -mantissa);
}

typedef struct {
    double best;   /* the largest magnitude of the golden seen, from which the factor is taken */
    double factor; /* or summand */
    int64_t seen;
} Group;

/* TRUE if each group has one factor (or summand) that takes every golden element to y's. *away: how many groups are not
 * left alone; *strong: groups with two elements at least that prove something. */
static gboolean fits_groups(const View *v, const Grouping *p, Group *groups, gboolean summand, int64_t *away, int64_t *strong)
{
    for (int64_t k = 0; k < p->count; k++)
        groups[k] = (Group){ .best = -1 };
    for (int64_t i = 0; i < v->n; i++) {
        Group *group = &groups[group_of(p, i)];
        const double size = summand ? -slack(v, i) : fabs(v->g[i]);
        if (!isfinite(v->g[i]) || !isfinite(v->y[i]))
            return FALSE;
        if (group->seen == 0 || size > group->best) {
            group->best = size;
            group->factor = summand ? v->y[i] - v->g[i] : v->g[i] == 0 ? 1 : v->y[i] / v->g[i];
        }
        group->seen += summand || v->g[i] != 0;
    }
    *away = *strong = 0;
    for (int64_t i = 0; i < v->n; i++) {
        const Group *group = &groups[group_of(p, i)];
        const double expected = summand ? v->g[i] + group->factor : v->g[i] * group->factor;
        if (!(fabs(v->y[i] - expected) <= slack(v, i) * (summand ? 1 : 1 + fabs(group->factor))))
            return FALSE;
    }
    for (int64_t k = 0; k < p->count; k++) {
        const gboolean moved = summand ? groups[k].factor != 0 : fabs(groups[k].factor - 1) > 1e-5;
        *away += moved;
        *strong += groups[k].seen >= 2 && moved;
    }
    return TRUE;
}

static char *some_factors(const Group *groups, int64_t count)
{
    GString *text = g_string_new(NULL);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    for (int64_t k = 0; k < MIN(count, 6); k++)
        g_string_append_printf(text, "%s%s", k ? ", " : "", g_ascii_formatd(number, sizeof number, "%.6g", groups[k].factor));
    if (count > 6)
        g_string_append(text, ", ...");
    return g_string_free(text, FALSE);
}

static char *explain(const View *v, const Grouping *p, gboolean summand, const char *kind, const char *what)
{
    g_autofree Group *groups = g_try_new(Group, (gsize)p->count);
    int64_t away, strong;
    if (!groups || !fits_groups(v, p, groups, summand, &away, &strong) || strong == 0 || (p->count > 1 && strong * 2 < away))
        return NULL;
    g_autofree char *factors = some_factors(groups, p->count);
    return g_strdup_printf("%s: %s %s %s", kind, what, summand ? "is off by" : "is a factor of", factors);
}

static char *explain_axes(const View *v, gboolean summand)
{
    const int rank = v->shape.rank;
    for (int axis = 0; axis < rank; axis++) {
        const int64_t size = v->shape.dims[axis];
        const Grouping p = { shape_span(&v->shape, axis + 1, rank), size, 1, size };
        g_autofree char *what = g_strdup_printf("each index of axis %d", axis);
        char *found = size > 1 && v->n / size >= 2
                          ? explain(v, &p, summand, summand ? "axis-offset" : "axis-ratio", what) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static char *explain_blocks(const View *v)
{
    const int64_t size = v->shape.rank ? v->shape.dims[v->shape.rank - 1] : 1;
    for (int64_t block = 128; block >= 2; block /= 2) {
        const Grouping p = { 1, size, block, v->n / size * ((size + block - 1) / block) };
        g_autofree char *what = g_strdup_printf("each block of %" G_GINT64_FORMAT " along the last axis", block);
        char *found = block < size ? explain(v, &p, FALSE, "block-ratio", what) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

char *view_explain_factor(const View *v)
{
    if (v->n < 2 || dtype_info(v->dtype)->domain == DOMAIN_BOOL)
        return NULL;
    const Grouping whole = { 1, v->n, v->n, 1 };
    char *found = explain(v, &whole, FALSE, "ratio", "every element");
    found = found ? found : explain(v, &whole, TRUE, "offset", "every element");
    found = found ? found : explain_axes(v, FALSE);
    found = found ? found : explain_axes(v, TRUE);
    return found ? found : explain_blocks(v);
}
