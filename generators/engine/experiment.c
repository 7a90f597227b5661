#include "generators/engine/experiment.h"

#include "generators/engine/generator.h"
#include "reference/cli/paths.h"
#include "reference/onnx/save.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define ENTRY(name) extern const Experiment experiment_##name;
#include "experiments.inc"
#undef ENTRY

static const Experiment *const experiments[] = {
#define ENTRY(name) &experiment_##name,
#include "experiments.inc"
#undef ENTRY
    NULL
};

struct Lab {
    const char *folder;
    Generator   generator; /* its proposal is the experiment's */
    GPtrArray  *points;
    gboolean    small;
    GError     *error; /* the first; what follows it is not written */
};

const Experiment *const *experiment_all(void)
{
    return experiments;
}

const Experiment *experiment_find(const char *id)
{
    for (gsize i = 0; experiments[i]; i++)
        if (strcmp(experiments[i]->id, id) == 0)
            return experiments[i];
    return NULL;
}

static void point_free(gpointer data)
{
    Point *p = data;
    g_free(p->model);
    g_ptr_array_unref(p->inputs);
    g_free(p);
}

static gint64 count_nodes(const Graph *graph)
{
    gint64 nodes = 0;
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        nodes++;
        for (gsize a = 0; a < node->attributes.n; a++) {
            const Attribute *attribute = LIST_AT(&node->attributes, Attribute, a);
            if (attribute->graph)
                nodes += count_nodes(attribute->graph);
        }
    }
    return nodes;
}

static gint64 count_all_nodes(const Model *model)
{
    gint64 nodes = count_nodes(model->graph);
    for (gsize i = 0; i < model->functions.n; i++)
        nodes += count_nodes(LIST_AT(&model->functions, Function, i)->body);
    return nodes;
}

static char *file_name(const char *series, int64_t x)
{
    g_autofree char *name = g_strdup_printf("%s-%" G_GINT64_FORMAT, series, x);
    return g_strdup(g_strdelimit(name, " /", '-'));
}

/* A folder for the point; NULL with the lab's error. Free with g_free. */
static char *make_folder(Lab *lab, Point *p)
{
    g_autofree char *name = file_name(p->series, p->x), *folder = g_build_filename(lab->folder, name, NULL);
    if (g_mkdir(folder, 0777) != 0) {
        g_set_error(&lab->error, ONNX_ERROR, ONNX_ERROR_IO, "%s: %s", folder, g_strerror(errno));
        return NULL;
    }
    p->model = g_build_filename(folder, "model.onnx", NULL);
    return g_steal_pointer(&folder);
}

static gboolean write_point(Lab *lab, Point *p, const Model *model, Tensor *const *inputs, gsize n)
{
    g_autofree char *folder = make_folder(lab, p);
    if (!folder || !model_save(model, p->model, &lab->error))
        return FALSE;
    GStatBuf about;
    p->bytes = g_stat(p->model, &about) == 0 ? (gint64)about.st_size : 0;
    for (gsize i = 0; i < n; i++) {
        g_autofree char *file = g_strdup_printf("input_%" G_GSIZE_FORMAT ".pb", i);
        char *path = g_build_filename(folder, file, NULL);
        g_ptr_array_add(p->inputs, path);
        if (!tensor_save(inputs[i], LIST_AT(&model->graph->inputs, ValueInfo, i)->name, STORAGE_RAW, path, &lab->error))
            return FALSE;
    }
    return TRUE;
}

static void add_model(Lab *lab, const char *series, int64_t x, Model *model, Tensor *const *inputs, gsize n, double fact,
                      PointKind kind)
{
    Point *p = g_new0(Point, 1);
    *p = (Point){ .series = series, .x = x, .inputs = g_ptr_array_new_with_free_func(g_free), .fact = fact,
                  .nodes = count_all_nodes(model), .kind = kind };
    if (!lab->error && write_point(lab, p, model, inputs, n))
        g_ptr_array_add(lab->points, p);
    else
        point_free(p);
    model_free(model);
}

void lab_add(Lab *lab, const char *series, int64_t x, Model *model, Tensor *const *inputs, gsize n, double fact)
{
    add_model(lab, series, x, model, inputs, n, fact, POINT_PLAIN);
}

void lab_add_object(Lab *lab, const char *series, int64_t x, Model *model, Tensor *const *inputs, gsize n)
{
    add_model(lab, series, x, model, inputs, n, NAN, POINT_OBJECT);
}

static gboolean write_payloads(Lab *lab, Point *p, const Container *c, const char *folder)
{
    for (gsize i = 0; i < c->regions.n; i++) {
        const List *blobs = &LIST_AT(&c->regions, ContextRegion, i)->blobs;
        for (gsize k = 0; k < blobs->n; k++) {
            const ContextBlob *blob = LIST_AT(blobs, ContextBlob, k);
            g_autofree char *path = blob->location ? g_build_filename(folder, blob->location, NULL) : NULL;
            if (path && !file_replace(path, blob->payload.data, blob->payload.size, FALSE, &lab->error))
                return FALSE;
            p->bytes += path ? (gint64)blob->payload.size : 0;
        }
    }
    return TRUE;
}

static gboolean write_container(Lab *lab, Point *p, const Container *c)
{
    g_autoptr(GBytes) bytes = container_pack(c, &lab->error);
    g_autofree char *folder = bytes ? make_folder(lab, p) : NULL;
    gsize size = 0;
    const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    p->bytes = (gint64)size;
    return folder && file_replace(p->model, data, size, FALSE, &lab->error) && write_payloads(lab, p, c, folder);
}

void lab_add_container(Lab *lab, const char *series, int64_t x, Container *container)
{
    Point *p = g_new0(Point, 1);
    *p = (Point){ .series = series, .x = x, .inputs = g_ptr_array_new_with_free_func(g_free), .fact = NAN,
                  .nodes = count_all_nodes(container->model), .kind = POINT_SESSION };
    if (!lab->error && write_container(lab, p, container))
        g_ptr_array_add(lab->points, p);
    else
        point_free(p);
    container_free(container);
}

gboolean lab_small(const Lab *lab)
{
    return lab->small;
}

Generator *lab_generator(Lab *lab)
{
    return &lab->generator;
}

void lab_add_scenario(Lab *lab, const char *series, int64_t x, Scenario *s, Form form)
{
    Model *model = lab->error ? NULL : scenario_form(s, form, &lab->error);
    g_autoptr(GPtrArray) inputs = g_ptr_array_new();
    for (guint i = 0; i < s->inputs->len; i++)
        g_ptr_array_add(inputs, ((Value *)g_ptr_array_index(s->inputs, i))->tensor);
    if (model)
        lab_add(lab, series, x, model, (Tensor *const *)inputs->pdata, inputs->len, NAN);
    scenario_free(s);
}

static gboolean lab_begin(Lab *lab, const Experiment *experiment, GError **error)
{
    g_autofree char *relative = g_build_filename("spec", "proposals", experiment->proposal, NULL), *folder = home_path(relative);
    lab->generator.proposal = proposal_read(folder, error);
    return lab->generator.proposal != NULL;
}

GPtrArray *experiment_build(const Experiment *experiment, const char *folder, gboolean small, GError **error)
{
    Lab lab = { .folder = folder, .small = small, .points = g_ptr_array_new_with_free_func(point_free) };
    g_mutex_init(&lab.generator.lock);
    if (lab_begin(&lab, experiment, &lab.error))
        experiment->build(&lab);
    if (lab.generator.error && !lab.error) /* a scenario that was described wrongly */
        lab.error = g_steal_pointer(&lab.generator.error);
    g_clear_error(&lab.generator.error);
    proposal_free((Proposal *)lab.generator.proposal);
    g_mutex_clear(&lab.generator.lock);
    if (!lab.error)
        return lab.points;
    g_propagate_error(error, lab.error);
    g_ptr_array_unref(lab.points);
    return NULL;
}
