#include "golden/compare/signature.h"

#include "golden/compare/element.h"
#include "golden/compare/place.h"
#include "golden/compare/view.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

#define MOST_ELEMENTS (INT64_C(1) << 22)

typedef struct {
    double  *g, *lower, *upper, *y;
    guint8  *wrong;
    int64_t *place, *golden_place;
} Columns;

static void columns_free(Columns *c)
{
    void *const columns[] = { c->g, c->lower, c->upper, c->y, c->wrong, c->place, c->golden_place };
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        g_free(columns[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Columns, columns_free)

static gboolean columns_new(Columns *c, gsize n)
{
    c->g = g_try_new(double, n);
    c->lower = g_try_new(double, n);
    c->upper = g_try_new(double, n);
    c->y = g_try_new(double, n);
    c->wrong = g_try_new(guint8, n);
    c->place = g_try_new(int64_t, n);
    c->golden_place = g_try_new(int64_t, n);
    return c->g && c->lower && c->upper && c->y && c->wrong && c->place && c->golden_place;
}

/* ---- what stands where something else should --------------------------------------------------------------------------- */

typedef gboolean (*Holds)(const View *v, int64_t i);

static gboolean all_wrong(const View *v, Holds holds)
{
    for (int64_t i = 0; i < v->n; i++)
        if (v->wrong[i] && !holds(v, i))
            return FALSE;
    return TRUE;
}

static gboolean is_nan(const View *v, int64_t i)
{
    return isnan(v->y[i]);
}

static gboolean is_zero(const View *v, int64_t i)
{
    return v->y[i] == 0 && v->g[i] != 0;
}

static gboolean is_other_zero(const View *v, int64_t i)
{
    return v->y[i] == 0 && v->g[i] == 0;
}

static gboolean is_negated(const View *v, int64_t i)
{
    return v->y[i] != 0 && v->lower[i] <= -v->y[i] && -v->y[i] <= v->upper[i];
}

static gboolean is_infinite(const View *v, int64_t i)
{
    return isinf(v->y[i]) && isfinite(v->g[i]);
}

static gboolean was_finite(const View *v, int64_t i)
{
    return isfinite(v->y[i]) && (isinf(v->g[i]) || isnan(v->g[i]));
}

static gboolean at_limit(const View *v, double x)
{
    const DTypeInfo *info = dtype_info(v->dtype);
    if (info->domain == DOMAIN_FLOAT)
        return fabs(x) == float_max(info->format);
    return info->domain != DOMAIN_BOOL && info->bits < 64 && (x == (double)dtype_min(v->dtype) || x == (double)dtype_max(v->dtype));
}

static gboolean should_be_limit(const View *v, int64_t i)
{
    return at_limit(v, v->g[i]) && !at_limit(v, v->y[i]);
}

static gboolean is_limit(const View *v, int64_t i)
{
    return at_limit(v, v->y[i]) && !at_limit(v, v->g[i]);
}

/* All of y is one number, and the golden is not. */
static char *constant(const View *v)
{
    gboolean varies = FALSE;
    for (int64_t i = 1; i < v->n; i++) {
        if (v->y[i] != v->y[0])
            return NULL;
        varies |= v->g[i] != v->g[0];
    }
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return varies ? g_strdup_printf("constant: every element is %s", g_ascii_formatd(text, sizeof text, "%.9g", v->y[0])) : NULL;
}

char *view_explain_special(const View *v)
{
    static const struct {
        Holds       holds;
        const char *says;
    } reasons[] = {
        { is_nan, "nan: every wrong element is NaN" },
        { is_zero, "zeros: every wrong element is 0" },
        { is_other_zero, "zero-sign: every wrong element is the other zero" },
        { is_negated, "sign: every wrong element has the wrong sign only" },
        { is_infinite, "overflow: every wrong element is infinite" },
        { was_finite, "overflow: every wrong element is finite where infinity or NaN is right" },
        { should_be_limit, "limit: every wrong element should be the largest or smallest number of the type: not saturated" },
        { is_limit, "limit: every wrong element is the largest or smallest number of the type: saturated" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (dtype_info(v->dtype)->domain != DOMAIN_BOOL && all_wrong(v, reasons[i].holds))
            return g_strdup(reasons[i].says);
    return constant(v);
}

/* ---- where ---------------------------------------------------------------------------------------------------------------- */

/* The indices of an axis that have a wrong element, as a text; NULL if all have. */
static char *axis_region(const View *v, int axis, int64_t *failing)
{
    const int64_t size = v->shape.dims[axis], step = shape_span(&v->shape, axis + 1, v->shape.rank);
    int64_t count = 0, first = -1, last = -1;
    memset(failing, 0, (gsize)size * sizeof *failing);
    for (int64_t i = 0; i < v->n; i++)
        failing[i / step % size] += v->wrong[i];
    for (int64_t k = 0; k < size; k++) {
        count += failing[k] > 0;
        first = failing[k] > 0 && first < 0 ? k : first;
        last = failing[k] > 0 ? k : last;
    }
    if (count == size || last - first + 1 != count)
        return NULL;
    if (count == 1 && last == size - 1)
        return g_strdup_printf("the last index of axis %d", axis);
    if (count == 1)
        return g_strdup_printf("index %" G_GINT64_FORMAT " of axis %d", first, axis);
    if (2 * count == size && (first == 0 || last == size - 1))
        return g_strdup_printf("the %s half of axis %d", first == 0 ? "first" : "second", axis);
    return g_strdup_printf("indices %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " of axis %d", first, last, axis);
}

char *view_region(const View *v)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int axis = 0; axis < v->shape.rank; axis++) {
        g_autofree int64_t *failing = g_try_new(int64_t, (gsize)v->shape.dims[axis]);
        g_autofree char *part = failing ? axis_region(v, axis, failing) : NULL;
        if (part)
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", part);
    }
    return text->len ? g_strdup(text->str) : NULL;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------- */

static void read_columns(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                         const Tensor *actual, const Columns *c, View *v)
{
    for (int64_t i = 0; i < golden->count; i++) {
        c->g[i] = tensor_get_double(golden, i);
        c->lower[i] = tensor_get_double(lower, i);
        c->upper[i] = tensor_get_double(upper, i);
        c->y[i] = tensor_get_double(actual, i);
        c->place[i] = value_place(actual, i);
        c->golden_place[i] = value_place(golden, i);
        c->wrong[i] = !element_judge(spec, golden, lower, upper, actual, i).right;
        v->n_wrong += c->wrong[i];
    }
}

static char *explain(const View *v)
{
    char *(*const families[])(const View *) = { view_explain_special, view_explain_order, view_explain_rounding,
                                                view_explain_factor, view_explain_precision };
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        char *found = families[i](v);
        if (found)
            return found;
    }
    return NULL;
}

char *compare_signature(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                        const Tensor *actual)
{
    const Domain domain = dtype_info(golden->dtype)->domain;
    g_auto(Columns) c = { 0 };
    if (domain == DOMAIN_STRING || domain == DOMAIN_COMPLEX || golden->count > MOST_ELEMENTS ||
        !columns_new(&c, (gsize)golden->count))
        return NULL;
    View v = { .dtype = golden->dtype, .shape = golden->shape, .n = golden->count, .g = c.g, .lower = c.lower, .upper = c.upper,
               .y = c.y, .wrong = c.wrong, .place = c.place, .golden_place = c.golden_place };
    read_columns(spec, golden, lower ? lower : golden, upper ? upper : golden, actual, &c, &v);
    if (v.n_wrong == 0)
        return NULL;
    g_autofree char *reason = explain(&v), *region = view_region(&v);
    if (reason && region)
        return g_strdup_printf("%s; only %s", reason, region);
    if (reason)
        return g_steal_pointer(&reason);
    return region ? g_strdup_printf("region: only %s", region)
                  : g_strdup_printf("scattered: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " elements", v.n_wrong, v.n);
}
