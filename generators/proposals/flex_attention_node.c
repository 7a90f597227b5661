/* The node and its modifier graphs. */
#include "generators/proposals/flex_attention.h"

#include "reference/onnx/text.h"

#include <string.h>

DType flex_precision(const FlexNode *n)
{
    return n->precision ? n->precision : n->dtype == DTYPE_DOUBLE ? DTYPE_DOUBLE : DTYPE_FLOAT;
}

/* ---- modifier graphs ------------------------------------------------------------------------------------------------------ */

const char *flex_prefix(const FlexNode *n)
{
    return n->clash ? n->clash : "m";
}

/* A template with its placeholders filled in: $s, $r, $v, $T, $N, '@'. */
static void append_nodes(GString *out, const FlexNode *n, const char *nodes, const char *kind, gsize stage)
{
    const char *prefix = flex_prefix(n);
    for (const char *c = nodes; *c; c++) {
        if (*c == '@') {
            g_string_append_printf(out, "_%s%s%" G_GSIZE_FORMAT, prefix, kind, stage);
        } else if (*c != '$') {
            g_string_append_c(out, *c);
        } else if (*++c == 'T') {
            g_string_append(out, dtype_name(flex_precision(n)));
        } else if (*c == 'N') {
            g_string_append_printf(out, "%d", (int)flex_precision(n));
        } else {
            g_string_append_printf(out, "%s_%s%c%" G_GSIZE_FORMAT, prefix, kind, *c == 'v' ? 'v' : 's', stage + (*c == 'r'));
        }
    }
}

/* Indices as tensors that broadcast to the scores' shape. */
void flex_append_indices(GString *out, const FlexNode *n, const char *const *stages, const char *kind)
{
    static const char axes[] = "bhqk";
    static const char *const shapes[] = { "-1, 1, 1, 1", "1, -1, 1, 1", "1, 1, -1, 1", "1, 1, 1, -1" };
    gboolean first = TRUE;
    for (int d = 0; d < 4; d++) {
        gboolean used = FALSE;
        for (gsize i = 0; i < FLEX_STAGES && stages[i]; i++)
            used |= strchr(flex_modifier(stages[i])->indices, axes[d]) != NULL;
        if (!used)
            continue;
        if (first)
            append_nodes(out, n, "shape@ = Shape ($s)\nzero@ = Constant <value_int: int = 0> ()\none@ = Constant <value_int: int = 1> ()\n",
                         kind, 0);
        first = FALSE;
        g_autofree char *nodes = g_strdup_printf("axis_%c@ = Constant <value_int: int = %d> ()\nsize_%c@ = Gather (shape@, axis_%c@)\n"
                                                 "range_%c@ = Range (zero@, size_%c@, one@)\n"
                                                 "across_%c@ = Constant <value_ints: ints = [%s]> ()\n"
                                                 "%c = Reshape (range_%c@, across_%c@)\n",
                                                 axes[d], d, axes[d], axes[d], axes[d], axes[d], axes[d], shapes[d], axes[d], axes[d], axes[d]);
        append_nodes(out, n, nodes, kind, 0);
    }
}

/* All stages; a mask in the tensor form writes -inf. Returns the number of stages. */
gsize flex_append_stages(GString *out, const FlexNode *n, const char *const *stages, const char *kind)
{
    gsize i = 0;
    for (; i < FLEX_STAGES && stages[i]; i++) {
        const FlexModifier *m = flex_modifier(stages[i]);
        append_nodes(out, n, m->nodes, kind, i);
        if (m->visible)
            append_nodes(out, n, "hidden@ = Constant <value: tensor = $T {-inf}> ()\n$r = Where ($v, $s, hidden@)\n", kind, i);
        else if (!*m->nodes)
            append_nodes(out, n, "$r = Identity ($s)\n", kind, i);
    }
    return i;
}

static gboolean is_empty(const char *const *stages)
{
    return strcmp(stages[0], "identity") == 0 && !stages[1];
}

/* A graph of one input and one output without nodes, or with all of them. */
static char *tensor_graph_text(const FlexNode *n, const char *const *stages, const char *kind)
{
    const FlexSizes *z = &n->sizes;
    g_autofree char *type = g_strdup_printf("%s[%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "]",
                                            dtype_name(flex_precision(n)), z->batch, z->heads, z->queries, z->keys);
    g_autoptr(GString) nodes = g_string_new(NULL);
    flex_append_indices(nodes, n, stages, kind);
    const gsize count = is_empty(stages) ? 0 : flex_append_stages(nodes, n, stages, kind);
    const char *prefix = flex_prefix(n);
    return g_strdup_printf("%smod (%s %s_%ss0) => (%s %s_%ss%" G_GSIZE_FORMAT ") {\n%s}", kind, type, prefix, kind, type, prefix, kind,
                           count, nodes->str);
}

static char *scalar_graph_text(const FlexNode *n, const char *const *stages, const char *kind)
{
    const char *type = dtype_name(flex_precision(n)), *prefix = flex_prefix(n);
    g_autoptr(GString) nodes = g_string_new(NULL);
    const gsize count = is_empty(stages) ? 0 : flex_append_stages(nodes, n, stages, kind);
    return g_strdup_printf("%smod (%s %s_%ss0, int64 b, int64 h, int64 q, int64 k) => (%s %s_%ss%" G_GSIZE_FORMAT ") {\n%s}", kind, type,
                           prefix, kind, type, prefix, kind, count, nodes->str);
}

/* All masks of the list hold at once. */
static char *mask_graph_text(const FlexNode *n, const char *const *stages)
{
    g_autoptr(GString) nodes = g_string_new(NULL);
    g_autofree char *before = NULL;
    for (gsize i = 0; i < FLEX_STAGES && stages[i]; i++) {
        append_nodes(nodes, n, flex_modifier(stages[i])->nodes, "k", i);
        char *own = g_strdup_printf("%s_kv%" G_GSIZE_FORMAT, flex_prefix(n), i);
        if (before) {
            g_string_append_printf(nodes, "both_%" G_GSIZE_FORMAT " = And (%s, %s)\n", i, before, own);
            g_free(own);
            own = g_strdup_printf("both_%" G_GSIZE_FORMAT, i);
        }
        g_free(before);
        before = own;
    }
    return g_strdup_printf("mask (int64 b, int64 h, int64 q, int64 k) => (bool %s) {\n%s}", before, nodes->str);
}

static Tensor *constant_of(const FlexNode *n, const FlexModifier *m, gsize c)
{
    return m->constants[c].make(&n->sizes, m->constants[c].dtype ? m->constants[c].dtype : flex_precision(n));
}

static char *constant_name(const FlexNode *n, const FlexModifier *m, gsize c, const char *kind, gsize stage)
{
    g_autofree char *marked = g_strconcat(m->constants[c].name, "@", NULL);
    g_autoptr(GString) name = g_string_new(NULL);
    append_nodes(name, n, marked, kind, stage);
    return g_string_free(g_steal_pointer(&name), FALSE);
}

static void add_constant(Scenario *s, Graph *graph, FlexPlace place, const char *name, Tensor *value)
{
    if (place == FLEX_INITIALIZER) {
        graph_add_initializer(graph, name, value);
    } else if (place == FLEX_CAPTURED) {
        scenario_input(s, name, value);
    } else {
        Node *node = graph_add_node(graph, "", "Constant", NO_NAMES, NAMES(name));
        node_set_tensor(node, graph, "value", value);
        list_remove(&graph->nodes, graph->nodes.n - 1);
        list_insert(&graph->nodes, graph->model->arena, 0, node);
    }
}

void flex_add_constants(Scenario *s, const FlexNode *n, Graph *graph, FlexPlace place, const char *const *stages, const char *kind)
{
    for (gsize i = 0; i < FLEX_STAGES && stages[i]; i++) {
        const FlexModifier *m = flex_modifier(stages[i]);
        for (gsize c = 0; c < FLEX_CONSTANTS && m->constants[c].name; c++) {
            g_autofree char *name = constant_name(n, m, c, kind, i);
            add_constant(s, graph, place, name, constant_of(n, m, c));
        }
    }
}

static Graph *parse(Scenario *s, const char *text)
{
    g_autoptr(GError) error = NULL;
    Graph *graph = graph_from_text(scenario_model(s), text, &error);
    if (!graph)
        g_error("flex-attention: %s in\n%s", error->message, text);
    return graph;
}

static void set_graph(Scenario *s, const FlexNode *n, Node *node, const char *attribute, const char *const *stages, const char *kind)
{
    if (!stages[0])
        return;
    g_autofree char *text = strcmp(kind, "k") == 0 ? mask_graph_text(n, stages)
                            : n->elementwise       ? scalar_graph_text(n, stages, kind)
                                                   : tensor_graph_text(n, stages, kind);
    Graph *graph = parse(s, text);
    flex_add_constants(s, n, graph, n->place, stages, kind);
    scenario_set_graph(s, node, attribute, graph);
}

void flex_split_masks(const FlexNode *n, const char **scores, const char **masks)
{
    gsize a = 0, b = 0;
    for (gsize i = 0; i < FLEX_STAGES && n->score[i]; i++) {
        if (flex_modifier(n->score[i])->visible)
            masks[b++] = n->score[i];
        else
            scores[a++] = n->score[i];
    }
}

/* ---- the node ---------------------------------------------------------------------------------------------------------------- */

Node *flex_node(Scenario *s, const FlexNode *n, Tensor *q, Tensor *k, Tensor *v)
{
    if (!q)
        flex_design(n, &q, &k);
    scenario_input(s, "Q", q);
    scenario_input(s, "K", k);
    scenario_input(s, "V", v ? v : flex_values(n));
    Node *node = scenario_node(s, n->elementwise ? FLEX_ELEMENTWISE : FLEX_PREVIEW,
                               n->elementwise ? "FlexAttentionElementwise" : "FlexAttention", NAMES("Q", "K", "V"), NAMES("Y"));
    if (n->scale)
        scenario_set_float(s, node, "scale", *n->scale);
    if (n->precision)
        scenario_set_int(s, node, "softmax_precision", n->precision);
    if (n->elementwise && n->sizes.heads != n->sizes.kv)
        scenario_set_int(s, node, "enable_gqa", 1);
    if (n->elementwise) {
        const char *scores[FLEX_STAGES] = { 0 }, *masks[FLEX_STAGES] = { 0 };
        flex_split_masks(n, scores, masks);
        set_graph(s, n, node, "score_mod", scores, "s");
        set_graph(s, n, node, "mask_mod", masks, "k");
    } else {
        set_graph(s, n, node, "score_mod", n->score, "s");
    }
    set_graph(s, n, node, "prob_mod", n->prob, "p");
    flex_function(s, n);
    scenario_output(s, "Y");
    return node;
}

void flex_set_text(Scenario *s, Node *node, const char *attribute, const char *text)
{
    scenario_set_graph(s, node, attribute, parse(s, text));
}

void flex_means(Scenario *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *semantic = g_strdup_vprintf(format, args);
    va_end(args);
    scenario_semantic(s, semantic);
}
