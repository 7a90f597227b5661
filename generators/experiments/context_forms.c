/* One model with compiled objects in every form a container has: what do size, opening and memory come to? */
#include "generators/engine/data.h"
#include "generators/engine/experiment.h"
#include "reference/onnx/save.h"

#include <math.h>

enum { LAYERS = 8, WIDTH = 1840, SMALL = 32, VENDORS = 4 }; /* 8 x 1840 x 1840 floats: 108 MB */

/* x @ w0 @ w1 ... : nothing but weights. */
static Model *network(const Lab *lab, Tensor **input)
{
    const int64_t width = lab_small(lab) ? SMALL : WIDTH;
    Model *model = model_new();
    model->ir_version = 10;
    model_import(model, "", 17);
    const Shape row = SHAPE(1, width), square = SHAPE(width, width);
    *input = data_integers(DTYPE_FLOAT, &row, 1, -4, 4);
    graph_add_input(model->graph, "x0", type_tensor(model, DTYPE_FLOAT, &row));
    for (int i = 0; i < LAYERS; i++) {
        const char *weight = arena_printf(model->arena, "w%d", i), *from = arena_printf(model->arena, "x%d", i);
        const char *to = arena_printf(model->arena, "x%d", i + 1);
        graph_add_initializer(model->graph, weight, data_normal(DTYPE_FLOAT, &square, (uint64_t)i + 2));
        graph_add_node(model->graph, "", "MatMul", NAMES(from, weight), NAMES(to));
    }
    graph_add_output(model->graph, arena_printf(model->arena, "x%d", LAYERS), type_tensor(model, DTYPE_FLOAT, &row));
    return model;
}

typedef struct {
    const char     *series;
    ContextEncoding encoding;
    gboolean        external, twice, nodes; /* payload in a file; weights in the payload too; nodes instead of a payload */
} FormOf;

static const FormOf forms[] = {
    { "one node, payload inside", ENCODING_A, FALSE, FALSE, FALSE },
    { "one node, payload file", ENCODING_A, TRUE, FALSE, FALSE },
    { "one node, payload inside with weights", ENCODING_A, FALSE, TRUE, FALSE },
    { "one node, payload file with weights", ENCODING_A, TRUE, TRUE, FALSE },
    { "table, list of nodes", ENCODING_C1, FALSE, FALSE, TRUE },
    { "table, payload inside", ENCODING_C1, FALSE, FALSE, FALSE },
    { "tagged nodes, payload file", ENCODING_D, TRUE, FALSE, FALSE },
};

/* The region's nodes as a function: what a list of nodes is. It lives in the container. */
static const Function *body_of(Container *c, const ContextRegion *r, int vendor)
{
    Model *into = model_new();
    g_ptr_array_add(c->parts, into);
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    for (gsize i = 0; i < r->n_inputs; i++)
        g_ptr_array_add(inputs, (gpointer)r->inputs[i]);
    for (gsize i = 0; i < r->n_outputs; i++)
        g_ptr_array_add(outputs, (gpointer)r->outputs[i]);
    g_ptr_array_add(inputs, NULL);
    g_ptr_array_add(outputs, NULL);
    Function *f = model_add_function(into, CONTEXT_TABLE_DOMAIN, arena_printf(into->arena, "nodes-%d", vendor),
                                     (const char *const *)inputs->pdata, (const char *const *)outputs->pdata, NO_NAMES);
    function_import(f, "", 17);
    for (gsize i = 0; i < r->n_nodes; i++)
        list_append(&f->body->nodes, into->arena, node_copy(LIST_AT(&c->model->graph->nodes, Node, r->nodes[i]), into));
    return f;
}

/* Vendor 0 is the one whose session is measured; what the others compiled is as large, and different. */
static gboolean add_blob(Container *c, ContextRegion *r, const FormOf *form, int vendor, GError **error)
{
    g_autofree char *other = g_strdup_printf("vendor-%d", vendor), *file = g_strdup_printf("object-%d.bin", vendor);
    ContextBlob blob = { .backend = vendor ? other : "reference" };
    if (form->nodes) {
        blob.body = body_of(c, r, vendor);
        return container_add_blob(c, r, &blob) != NULL;
    }
    g_autoptr(Model) model = context_region_model(c, r, FALSE, error);
    if (!model)
        return FALSE;
    model->producer_name = arena_printf(model->arena, "%s", blob.backend);
    g_autoptr(GBytes) payload = context_own_payload(model, error);
    if (!payload)
        return FALSE;
    blob.payload.data = g_bytes_get_data(payload, &blob.payload.size);
    ContextBlob *added = container_add_blob(c, r, &blob);
    if (form->external) {
        added->location = arena_string(c->arena, file);
        added->length = (int64_t)blob.payload.size;
    }
    return TRUE;
}

static void add_form(Lab *lab, const FormOf *form, int vendors, GBytes *original)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Container) c = container_read(original, NULL, "the network", &error);
    gsize nodes[LAYERS];
    for (gsize i = 0; i < LAYERS; i++)
        nodes[i] = i;
    ContextRegion *r = c ? container_add_region(c, "region", nodes, LAYERS, &error) : NULL;
    if (r) {
        c->encoding = form->encoding;
        r->weights = form->twice ? WEIGHTS_INSIDE : WEIGHTS_PASSED;
    }
    for (int v = 0; r && v < vendors; v++)
        if (!add_blob(c, r, form, v, &error))
            r = NULL;
    if (!r)
        g_error("context-forms: %s", error->message); /* ours */
    lab_add_container(lab, form->series, vendors, g_steal_pointer(&c));
}

static void build(Lab *lab)
{
    Tensor *input;
    Model *model = network(lab, &input);
    g_autoptr(GBytes) original = model_to_bytes(model, NULL);
    Tensor *const inputs[] = { input };
    lab_add(lab, "compiled from the graph", 1, model_copy(model), inputs, 1, NAN);
    lab_add_object(lab, "object loaded", 1, model, inputs, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
        for (int vendors = 1; vendors <= VENDORS; vendors++)
            add_form(lab, &forms[i], vendors, original);
    tensor_unref(input);
}

static const Contrast contrasts[] = {
    { METRIC_BYTES, "one node, payload inside with weights", "one node, payload inside" },
    { METRIC_LOAD, "one node, payload inside with weights", "one node, payload file with weights" },
    { METRIC_PEAK, "one node, payload inside with weights", "one node, payload file with weights" },
    { METRIC_LOAD, "one node, payload inside", "table, list of nodes" },
    { METRIC_PEAK, "one node, payload inside", "table, list of nodes" },
    { METRIC_LOAD, "compiled from the graph", "object loaded" },
};
EXPERIMENT_DEFINE(context_forms, .id = "context-forms", .title = "Compiled objects in a model, in every form",
                  .question = "What do the forms of a container cost in size, opening and memory, and does an object save time?",
                  .proposal = "backend-context", .open_question = "Q2", .x = "vendors", .contrasts = contrasts, .n_contrasts = G_N_ELEMENTS(contrasts),
                  .heavy = TRUE, .build = build)
