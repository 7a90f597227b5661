/* Load-time cost of graph attributes: a chain of attention nodes whose softmax precision and scale are said by integer
 * attributes, by a graph attribute on every node, by one graph inside a function that every node calls, or mixed. */
#include "generators/engine/data.h"
#include "generators/engine/experiment.h"
#include "reference/onnx/text.h"

#include <math.h>
#include <string.h>

/* What the graph-attribute operator means to backends that know only functions: the modifier runs as the body of a Scan
 * over one slice, which is how a function can run a graph that it was given. */
static const char flex[] =
    "<domain: \"assay.experiment\", opset_import: [\"\" : 21]> Flex <score_mod> (q, k, v) => (y) {\n"
    "  kt = Transpose <perm: ints = [0, 1, 3, 2]> (k)\n"
    "  s = MatMul (q, kt)\n"
    "  axis = Constant <value_ints: ints = [0]> ()\n"
    "  one = Unsqueeze (s, axis)\n"
    "  modified = Scan <num_scan_inputs: int = 1, body: graph = @score_mod> (one)\n"
    "  m = Squeeze (modified, axis)\n"
    "  p = Softmax <axis: int = 3> (m)\n"
    "  y = MatMul (p, v)\n"
    "}\n";

#define MODIFIER                                                                        \
    "modifier (float[1,1,4,4] a) => (float[1,1,4,4] b) {\n"                             \
    "  scale = Constant <value_float: float = 0.5> ()\n"                                \
    "  b = Mul (a, scale)\n"                                                            \
    "}"

/* One function that holds the graph; every layer calls it. */
static const char layer[] =
    "<domain: \"assay.experiment\", opset_import: [\"\" : 21, \"assay.experiment\" : 1]> Layer (q, k, v) => (y) {\n"
    "  y = assay.experiment.Flex <score_mod: graph = " MODIFIER "> (q, k, v)\n"
    "}\n";

typedef enum { BY_INTEGERS, BY_GRAPH, BY_SHARED_GRAPH, HYBRID } Saying;
static const char *const names[] = { "integer attributes", "graph attribute", "graph shared by function", "hybrid" };

static void add_function(Model *model, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!function_from_text(model, text, &error))
        g_error("attention-load: %s", error->message);
}

static void add_attention(Model *model, Saying form, const char *in, const char *out)
{
    Graph *graph = model->graph;
    if (form == BY_INTEGERS) {
        Node *node = graph_add_node(graph, "", "Attention", NAMES(in, "k", "v"), NAMES(out));
        node_set_float(node, graph, "scale", 0.5f);
        node_set_int(node, graph, "softmax_precision", DTYPE_FLOAT);
        return;
    }
    Node *node = graph_add_node(graph, "assay.experiment", form == BY_SHARED_GRAPH ? "Layer" : "Flex", NAMES(in, "k", "v"), NAMES(out));
    if (form == BY_GRAPH) {
        g_autoptr(GError) error = NULL;
        Graph *modifier = graph_from_text(model, MODIFIER, &error);
        if (!modifier)
            g_error("attention-load: %s", error->message);
        node_set_graph(node, graph, "score_mod", modifier);
    }
}

static Model *chain(Saying form, int64_t n)
{
    Model *model = model_new();
    const Shape shape = SHAPE(1, 1, 4, 4);
    model->ir_version = 11;
    model_import(model, "", 23);
    if (form != BY_INTEGERS) {
        model_import(model, "assay.experiment", 1);
        add_function(model, flex);
    }
    if (form == BY_SHARED_GRAPH)
        add_function(model, layer);
    graph_add_input(model->graph, "q", type_tensor(model, DTYPE_FLOAT, &shape));
    graph_add_input(model->graph, "k", type_tensor(model, DTYPE_FLOAT, &shape));
    graph_add_input(model->graph, "v", type_tensor(model, DTYPE_FLOAT, &shape));
    g_autofree char *in = g_strdup("q");
    for (int64_t i = 0; i < n; i++) {
        char *out = i + 1 == n ? g_strdup("y") : g_strdup_printf("h%" G_GINT64_FORMAT, i);
        enum { GRAPH_EVERY = 8 }; /* hybrid: integers say the common, a graph every eighth node */
        Saying own = form;
        if (form == HYBRID)
            own = i % GRAPH_EVERY == 0 ? BY_GRAPH : BY_INTEGERS;
        add_attention(model, own, in, out);
        g_free(in);
        in = out;
    }
    graph_add_output(model->graph, "y", type_tensor(model, DTYPE_FLOAT, &shape));
    return model;
}

static void build(Lab *lab)
{
    static const int64_t counts[] = { 1, 8, 32, 128, 512 };
    const Shape shape = SHAPE(1, 1, 4, 4);
    g_autoptr(Tensor) q = data_integers(DTYPE_FLOAT, &shape, 1, -2, 2), k = data_integers(DTYPE_FLOAT, &shape, 2, -2, 2);
    g_autoptr(Tensor) v = data_integers(DTYPE_FLOAT, &shape, 3, -2, 2);
    Tensor *const inputs[] = { q, k, v };
    for (gsize c = 0; c < G_N_ELEMENTS(counts); c++)
        for (Saying form = BY_INTEGERS; form <= HYBRID; form++)
            lab_add(lab, names[form], counts[c], chain(form, counts[c]), inputs, 3, NAN);
}

static const Contrast contrasts[] = {
    { METRIC_LOAD, "graph attribute", "integer attributes" },
    { METRIC_LOAD, "graph shared by function", "integer attributes" },
    { METRIC_LOAD, "hybrid", "integer attributes" },
    { METRIC_LOAD, "graph shared by function", "graph attribute" },
    { METRIC_BYTES, "graph attribute", "integer attributes" },
    { METRIC_BYTES, "graph shared by function", "integer attributes" },
};
EXPERIMENT_DEFINE(attention_load, .id = "attention-load", .title = "Load-time cost of graph attributes",
                  .question = "What does saying attention's precision by a graph cost when a model is loaded?",
                  .proposal = "flex-attention", .x = "attention nodes", .contrasts = contrasts, .n_contrasts = G_N_ELEMENTS(contrasts), .build = build)
