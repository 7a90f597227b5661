/* Right values in wrong places: an index map under which every element that has a source is right, and which repairs wrong
 * elements. */
#include "golden/compare/view.h"

#include <stdlib.h>

#define MOST_SLICES 64

/* Where y[i] seems to come from in the golden; -1: this map does not say. */
typedef struct {
    int     axis, other, by;
    int64_t size, step; /* of the axis; the flat tensor has axis -1, size n and step 1 */
} Map;
typedef int64_t (*Source)(const View *v, const Map *m, int64_t i);

/* Whether the map explains it all. One lucky hit proves nothing: two wrong elements must become right, of two values. */
static gboolean explains(const View *v, const Map *m, Source source)
{
    int64_t repaired = 0, left = 0;
    gboolean varied = FALSE;
    double first = 0;
    for (int64_t i = 0; i < v->n; i++) {
        const int64_t j = source(v, m, i);
        if (j < 0) {
            left += v->wrong[i];
            continue;
        }
        if (!view_fits(v, i, j))
            return FALSE;
        if (!v->wrong[i])
            continue;
        varied |= repaired > 0 && v->y[i] != first;
        first = repaired == 0 ? v->y[i] : first;
        repaired++;
    }
    return repaired >= 2 && varied && left <= repaired;
}

static int64_t index_on(const Map *m, int64_t i)
{
    return i / m->step % m->size;
}

static int64_t moved_to(const Map *m, int64_t i, int64_t index)
{
    return i + (index - index_on(m, i)) * m->step;
}

static int64_t shifted(G_GNUC_UNUSED const View *v, const Map *m, int64_t i)
{
    const int64_t from = index_on(m, i) - m->by;
    return from >= 0 && from < m->size ? moved_to(m, i, from) : -1;
}

static int64_t mirrored(G_GNUC_UNUSED const View *v, const Map *m, int64_t i)
{
    return moved_to(m, i, m->size - 1 - index_on(m, i));
}

static int64_t other_half(G_GNUC_UNUSED const View *v, const Map *m, int64_t i)
{
    return moved_to(m, i, (index_on(m, i) + m->size / 2) % m->size);
}

/* Pairs that lie side by side where halves should be apart, and the reverse. */
static int64_t deinterleaved(G_GNUC_UNUSED const View *v, const Map *m, int64_t i)
{
    const int64_t k = index_on(m, i), half = m->size / 2;
    return moved_to(m, i, k < half ? 2 * k : 2 * (k - half) + 1);
}

static int64_t interleaved(G_GNUC_UNUSED const View *v, const Map *m, int64_t i)
{
    const int64_t k = index_on(m, i), half = m->size / 2;
    return moved_to(m, i, k % 2 == 0 ? k / 2 : half + k / 2);
}

/* y read as if its axes `axis` and `other` had been exchanged while it was laid out. */
static int64_t transposed(const View *v, const Map *m, int64_t i)
{
    Shape turned = v->shape;
    turned.dims[m->axis] = v->shape.dims[m->other];
    turned.dims[m->other] = v->shape.dims[m->axis];
    int64_t strides[SHAPE_MAX_RANK], from = 0;
    shape_strides(&v->shape, strides);
    for (int axis = turned.rank - 1; axis >= 0; axis--) {
        const int source = axis == m->axis ? m->other : axis == m->other ? m->axis : axis;
        from += i % turned.dims[axis] * strides[source];
        i /= turned.dims[axis];
    }
    return from;
}

static char *along(const Map *m, const char *kind, const char *what)
{
    if (m->axis < 0)
        return g_strdup_printf("%s: %s in memory order", kind, what);
    return g_strdup_printf("%s: %s axis %d", kind, what, m->axis);
}

static char *explain_axis(const View *v, Map m)
{
    for (int by = 1; by <= 2 && by < m.size; by++)
        for (int sign = 1; sign >= -1; sign -= 2) {
            m.by = sign * by;
            g_autofree char *what = g_strdup_printf("by %+d along", m.by);
            if (m.size > 2 && explains(v, &m, shifted))
                return along(&m, "shift", what);
        }
    if (explains(v, &m, mirrored))
        return along(&m, "reversed", "along");
    if (m.size % 2 != 0 || m.size < 4)
        return NULL;
    if (explains(v, &m, other_half))
        return along(&m, "halves", "the two halves are exchanged on");
    if (explains(v, &m, deinterleaved) || explains(v, &m, interleaved))
        return along(&m, "interleaved", "pairs side by side and halves apart are confused on");
    return NULL;
}

/* ---- slices ------------------------------------------------------------------------------------------------------------------ */

static gboolean slice_fits(const View *v, const Map *m, int64_t k, int64_t from)
{
    for (int64_t i = 0; i < v->n; i++)
        if (index_on(m, i) == k && !view_fits(v, i, moved_to(m, i, from)))
            return FALSE;
    return TRUE;
}

/* Every slice along the axis is some slice of the golden. */
static char *explain_slices(const View *v, const Map *m)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int moved = 0;
    if (m->size > MOST_SLICES || v->n / m->size < 2)
        return NULL;
    for (int64_t k = 0; k < m->size; k++) {
        int64_t from = slice_fits(v, m, k, k) ? k : 0;
        while (from < m->size && !slice_fits(v, m, k, from))
            from++;
        if (from == m->size)
            return NULL;
        if (from != k && moved++ < 8)
            g_string_append_printf(text, "%s%" G_GINT64_FORMAT " holds %" G_GINT64_FORMAT, text->len ? ", " : "", k, from);
    }
    return moved ? g_strdup_printf("slices: along axis %d index %s%s", m->axis, text->str, moved > 8 ? ", ..." : "") : NULL;
}

/* ---- any permutation ----------------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double *sorted(const double *values, int64_t n)
{
    double *copy = g_try_new(double, (gsize)n);
    for (int64_t i = 0; copy && i < n; i++) {
        if (values[i] - values[i] != 0) { /* NaN has no place in an order */
            g_free(copy);
            return NULL;
        }
        copy[i] = values[i];
    }
    if (copy)
        qsort(copy, (gsize)n, sizeof *copy, ascending);
    return copy;
}

static char *explain_permutation(const View *v)
{
    g_autofree double *y = sorted(v->y, v->n), *g = sorted(v->g, v->n);
    if (!y || !g || v->n_wrong < 3)
        return NULL;
    int64_t values = 1;
    for (int64_t i = 0; i < v->n; i++) {
        if (y[i] != g[i])
            return NULL;
        values += i > 0 && g[i] != g[i - 1];
    }
    return values >= 3 ? g_strdup("permutation: the right values in another order") : NULL;
}

char *view_explain_order(const View *v)
{
    const int rank = v->shape.rank;
    char *found = NULL;
    if (v->n < 3)
        return NULL;
    Map m[SHAPE_MAX_RANK];
    for (int axis = 0; axis < rank; axis++)
        m[axis] = (Map){ .axis = axis, .size = v->shape.dims[axis], .step = shape_span(&v->shape, axis + 1, rank) };
    for (int axis = rank - 1; axis >= 0 && !found; axis--)
        found = m[axis].size > 1 ? explain_axis(v, m[axis]) : NULL;
    for (int a = rank - 2; a >= 0 && !found; a--)
        for (int b = rank - 1; b > a && !found; b--)
            if (m[a].size > 1 && m[b].size > 1 && explains(v, &(Map){ .axis = a, .other = b }, transposed))
                found = g_strdup_printf("transposed: axes %d and %d", a, b);
    for (int axis = 0; axis < rank && !found; axis++)
        found = m[axis].size > 1 ? explain_slices(v, &m[axis]) : NULL;
    if (!found && rank > 1)
        found = explain_axis(v, (Map){ .axis = -1, .size = v->n, .step = 1 });
    return found ? found : explain_permutation(v);
}
