#include "backends_under_test/runner/reduce.h"
#include "golden/write.h"

#include <string.h>

#define MAX_ROUNDS 10

typedef struct {
    Oracle   *oracle;
    Specimen *best;
} Search;

/* Takes the specimen; NULL: there was nothing to cut. TRUE if it is the best now. */
static gboolean try(Search *search, Specimen *specimen)
{
    if (!specimen)
        return FALSE;
    if (!oracle_confirms(search->oracle, specimen)) {
        specimen_free(specimen);
        return FALSE;
    }
    specimen_free(search->best);
    search->best = specimen;
    return TRUE;
}

/* ---- nodes: delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002) ------------ */

/* Keeps nodes [first, first + n) alone, or all others. */
static gboolean try_nodes(Search *search, gsize first, gsize n, gboolean others)
{
    const gsize          total = search->best->model->graph->nodes.n;
    g_autofree gboolean *keep = g_new(gboolean, total);
    for (gsize i = 0; i < total; i++)
        keep[i] = (i >= first && i < first + n) != others;
    g_autoptr(GHashTable) values = model_values(search->best->model, search->best->inputs);
    return try(search, specimen_keep(search->best, keep, values));
}

static gboolean cut_nodes(Search *search)
{
    gboolean changed = FALSE;
    for (gsize parts = 2; search->best->model->graph->nodes.n > 1 && !oracle_tired(search->oracle);) {
        const gsize n = search->best->model->graph->nodes.n, size = (n + parts - 1) / parts;
        gboolean    cut = FALSE;
        for (gsize first = 0; first < n && !cut; first += size)
            cut = size < n && try_nodes(search, first, size, FALSE);
        if (cut) {
            parts = 2;
        } else {
            for (gsize first = 0; first < n && !cut && parts > 2; first += size)
                cut = try_nodes(search, first, size, TRUE);
            if (cut)
                parts = MAX(parts - 1, 2);
            else if (size == 1)
                break;
            else
                parts = MIN(parts * 2, n);
        }
        changed |= cut;
    }
    return changed;
}

/* ---- parts of nodes ---------------------------------------------------------------------------------------------------- */

static gboolean cut_outputs(Search *search)
{
    gboolean changed = FALSE;
    for (gsize i = search->best->model->graph->outputs.n; i-- > 0;)
        changed |= try(search, specimen_without_output(search->best, i));
    return changed;
}

static gboolean cut_node_parts(Search *search)
{
    gboolean changed = FALSE;
    for (gsize i = 0; i < search->best->model->graph->nodes.n; i++) {
#define NODE LIST_AT(&search->best->model->graph->nodes, Node, i)
        for (gsize k = NODE->attributes.n; k-- > 0;)
            changed |= try(search, specimen_without_attribute(search->best, i, k));
        for (gsize k = NODE->n_inputs; k-- > 0;)
            changed |= k < NODE->n_inputs && try(search, specimen_without_use(search->best, i, FALSE, k));
        for (gsize k = NODE->n_outputs; k-- > 0;)
            changed |= k < NODE->n_outputs && try(search, specimen_without_use(search->best, i, TRUE, k));
#undef NODE
    }
    return changed;
}

/* ---- dims -------------------------------------------------------------------------------------------------------------- */

static gint by_size(gconstpointer a, gconstpointer b)
{
    const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return (x < y) - (x > y);
}

/* The different dims above 1, largest first. */
static GArray *dims_of(const Specimen *s)
{
    GArray *dims = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (gsize i = 0; i < specimen_tensors(s); i++) {
        const Tensor *t = specimen_tensor(s, i);
        for (int axis = 0; t && axis < t->shape.rank; axis++) {
            gboolean known = FALSE;
            for (guint k = 0; k < dims->len; k++)
                known |= g_array_index(dims, gint64, k) == t->shape.dims[axis];
            if (!known && t->shape.dims[axis] > 1)
                g_array_append_val(dims, t->shape.dims[axis]);
        }
    }
    g_array_sort(dims, by_size);
    return dims;
}

static gboolean try_size(Search *search, int64_t from, int64_t to)
{
    if (try(search, specimen_resize(search->best, from, to, -1, -1, FALSE)) ||
        try(search, specimen_resize(search->best, from, to, -1, -1, TRUE)))
        return TRUE;
    gboolean changed = FALSE;
    for (gsize i = 0; i < specimen_tensors(search->best); i++) {
        const Tensor *t = specimen_tensor(search->best, i);
        for (int axis = 0; t && axis < t->shape.rank; axis++)
            if (t->shape.dims[axis] == from) {
                changed |= try(search, specimen_resize(search->best, from, to, (gssize)i, axis, FALSE));
                t = specimen_tensor(search->best, i);
            }
    }
    return changed;
}

static gboolean shrink_dims(Search *search)
{
    gboolean changed = FALSE;
    g_autoptr(GArray) dims = dims_of(search->best);
    for (guint i = 0; i < dims->len; i++) {
        const gint64 from = g_array_index(dims, gint64, i), sizes[] = { 1, 2, from / 2, from - 1 };
        gboolean     done = FALSE;
        for (gsize k = 0; k < G_N_ELEMENTS(sizes) && !done; k++)
            done = sizes[k] > 0 && sizes[k] < from && (k == 0 || sizes[k] > sizes[k - 1]) && try_size(search, from, sizes[k]);
        changed |= done;
    }
    return changed;
}

/* ---- values ------------------------------------------------------------------------------------------------------------ */

/* All elements of a tensor at one level, else halves of it, down to single elements. */
static gboolean simplify_span(Search *search, gsize tensor, int64_t first, int64_t n)
{
    for (int level = 0; level < 3; level++)
        if (try(search, specimen_simplify(search->best, tensor, first, n, level)))
            return TRUE;
    if (n < 2 || oracle_tired(search->oracle))
        return FALSE;
    const gboolean left = simplify_span(search, tensor, first, n / 2);
    return simplify_span(search, tensor, first + n / 2, n - n / 2) || left;
}

static gboolean simplify_values(Search *search)
{
    gboolean changed = FALSE;
    for (gsize i = 0; i < specimen_tensors(search->best); i++) {
        const Tensor *t = specimen_tensor(search->best, i);
        if (t && t->count > 0)
            changed |= simplify_span(search, i, 0, t->count);
    }
    return changed;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

static Specimen *read_specimen(const Subject *subject, GError **error)
{
    g_autoptr(Model)     model = model_load(subject->model, NULL, error);
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (guint i = 0; model && i < subject->inputs->len; i++) {
        const ValueInfo *info = i < model->graph->inputs.n ? LIST_AT(&model->graph->inputs, ValueInfo, i) : NULL;
        Value           *value = value_load(subject->inputs->pdata[i], info ? info->type : NULL, NULL, error);
        if (!value)
            return NULL;
        g_ptr_array_add(inputs, value);
    }
    if (model && inputs->len != model->graph->inputs.n) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: %u inputs for %" G_GSIZE_FORMAT " graph inputs",
                    subject->folder, inputs->len, model->graph->inputs.n);
        return NULL;
    }
    return model ? specimen_new(g_steal_pointer(&model), g_steal_pointer(&inputs)) : NULL;
}

static Size size_of(const Specimen *s)
{
    Size size = { .nodes = specimen_nodes(s) };
    size.elements = specimen_elements(s, &size.non_zero);
    return size;
}

gboolean reduce(const Subject *subject, Oracle *oracle, const char *folder, Reduction *reduction, GError **error)
{
    Search search = { .oracle = oracle, .best = read_specimen(subject, error) };
    if (!search.best)
        return FALSE;
    *reduction = (Reduction){ .before = size_of(search.best) };
    gboolean changed = TRUE;
    try(&search, specimen_strip(search.best));
    for (int round = 0; changed && round < MAX_ROUNDS && !oracle_tired(oracle); round++) {
        changed = try(&search, specimen_inline(search.best));
        changed |= cut_nodes(&search);
        changed |= cut_outputs(&search);
        changed |= cut_node_parts(&search);
        changed |= shrink_dims(&search);
        changed |= simplify_values(&search);
    }
    reduction->after = size_of(search.best);
    reduction->asked = oracle_asked(oracle);
    reduction->complete = !oracle_tired(oracle);
    const gboolean good = oracle_write(oracle, search.best, folder, error);
    specimen_free(search.best);
    return good;
}
