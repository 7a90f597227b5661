#include "generators/engine/scenario.h"

#include "generators/engine/generator.h"
#include "reference/onnx/text.h"

#include <string.h>

#define DEFAULT_OPSET 25

/* ---- life --------------------------------------------------------------------------------------------------------------- */

Scenario *scenario_new(Generator *g, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    Scenario *s = g_new0(Scenario, 1);
    s->name = g_strdup_vprintf(format, args);
    va_end(args);
    s->generator = g;
    s->order = g->next_order++;
    s->facts = case_new();
    s->facts->proposal = g_strdup(g->proposal->id);
    s->model = model_new();
    s->model->producer_name = "assay";
    s->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    s->expected = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_unref);
    s->alternatives = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    model_import(s->model, "", DEFAULT_OPSET);
    return s;
}

void scenario_free(Scenario *s)
{
    case_free(s->facts);
    model_free(s->model);
    if (s->functions)
        model_free(s->functions);
    g_ptr_array_unref(s->inputs);
    g_ptr_array_unref(s->alternatives);
    g_ptr_array_unref(s->expected);
    g_clear_pointer(&s->bytes, g_bytes_unref);
    if (s->file && s->file->free)
        s->file->free(s->file_data);
    g_free(s->because);
    g_free(s->name);
    g_free(s);
}

void scenario_blame(Scenario *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    Generator *g = s->generator;
    g_mutex_lock(&g->lock);
    if (!g->error || s->order < g->error_order) {
        g_clear_error(&g->error);
        g->error = g_error_new(CORPUS_ERROR, CORPUS_ERROR_FORMAT, "generator %s, scenario %s: %s", g->proposal->id, s->name, what);
        g->error_order = s->order;
    }
    g_mutex_unlock(&g->lock);
}

/* ---- describing --------------------------------------------------------------------------------------------------------- */

void scenario_about(Scenario *s, const char *variant, const char *requirements, const char *summary, ...)
{
    va_list args;
    va_start(args, summary);
    s->facts->summary = g_strdup_vprintf(summary, args);
    va_end(args);
    s->facts->variant = g_strdup(variant);
    if (!proposal_has_variant(s->generator->proposal, variant))
        scenario_blame(s, "no variant '%s' in proposal.json", variant);
    g_auto(GStrv) ids = g_strsplit(requirements, " ", -1);
    for (char **id = ids; *id; id++) {
        if (!proposal_requirement(s->generator->proposal, *id))
            scenario_blame(s, "no requirement '%s' in proposal.json", *id);
        for (char **before = ids; before < id; before++)
            if (strcmp(*before, *id) == 0)
                scenario_blame(s, "requirement '%s' is named twice", *id);
        g_ptr_array_add(s->facts->requirements, g_strdup_printf("%s/%s", s->generator->proposal->id, *id));
    }
}

void scenario_semantic(Scenario *s, const char *semantic)
{
    g_free(s->facts->semantic);
    s->facts->semantic = g_strdup(semantic);
}

void scenario_tag(Scenario *s, const char *tag)
{
    g_ptr_array_add(s->facts->tags, g_strdup(tag));
}

void scenario_opset(Scenario *s, int64_t version)
{
    model_import(s->model, "", version);
}

void scenario_import(Scenario *s, const char *domain, int64_t version)
{
    model_import(s->model, domain, version);
}

void scenario_output_open(Scenario *s, gsize i, DType dtype, gsize rank)
{
    const Dim unknown = { .value = -1 }, dims[] = { unknown, unknown, unknown, unknown, unknown, unknown };
    g_return_if_fail(rank <= G_N_ELEMENTS(dims));
    LIST_AT(&s->model->graph->outputs, ValueInfo, i)->type = type_tensor_dims(s->model, dtype, rank, dims);
}

Model *scenario_model(Scenario *s)
{
    return s->model;
}

Graph *scenario_graph(Scenario *s)
{
    return s->model->graph;
}

void scenario_input(Scenario *s, const char *name, Tensor *tensor)
{
    scenario_input_typed(s, name, tensor, type_tensor(s->model, tensor->dtype, &tensor->shape));
}

void scenario_input_typed(Scenario *s, const char *name, Tensor *tensor, Type *type)
{
    graph_add_input(s->model->graph, name, type);
    g_ptr_array_add(s->inputs, value_from_tensor(tensor));
}

NamedTensor *scenario_constant(Scenario *s, const char *name, Tensor *tensor)
{
    return graph_add_initializer(s->model->graph, name, tensor);
}

void scenario_output(Scenario *s, const char *name)
{
    graph_add_output(s->model->graph, name, NULL);
}

void scenario_output_typed(Scenario *s, const char *name, Type *type)
{
    graph_add_output(s->model->graph, name, type);
}

Node *scenario_node(Scenario *s, const char *domain, const char *op, const char *const *inputs, const char *const *outputs)
{
    if (*domain && !opset_version(&s->model->opset_imports, domain))
        model_import(s->model, domain, 1);
    return graph_add_node(s->model->graph, domain, op, inputs, outputs);
}

void scenario_set_int(Scenario *s, Node *node, const char *name, int64_t value)
{
    node_set_int(node, s->model->graph, name, value);
}

void scenario_set_ints(Scenario *s, Node *node, const char *name, const int64_t *values, gsize n)
{
    node_set_ints(node, s->model->graph, name, values, n);
}

void scenario_set_float(Scenario *s, Node *node, const char *name, float value)
{
    node_set_float(node, s->model->graph, name, value);
}

void scenario_set_string(Scenario *s, Node *node, const char *name, const char *value)
{
    node_set_string(node, s->model->graph, name, value);
}

void scenario_set_graph(Scenario *s, Node *node, const char *name, Graph *graph)
{
    node_set_graph(node, s->model->graph, name, graph);
}

Model *scenario_functions(Scenario *s)
{
    if (!s->functions)
        s->functions = model_new();
    return s->functions;
}

void scenario_function(Scenario *s, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!function_from_text(scenario_functions(s), text, &error))
        scenario_blame(s, "function text: %s", error->message);
}

/* ---- judging ------------------------------------------------------------------------------------------------------------ */

void scenario_compare_bits(Scenario *s)
{
    s->bits = TRUE;
}

void scenario_compare_free_zero_sign(Scenario *s)
{
    s->free_zero_sign = TRUE;
}

void scenario_alternative(Scenario *s, const char *who, Tensor *const *outputs, gsize n)
{
    GPtrArray *tensors = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_unref);
    for (gsize i = 0; i < n; i++)
        g_ptr_array_add(tensors, outputs[i]);
    g_ptr_array_add(s->alternatives, tensors);
    g_ptr_array_add(s->facts->alternatives, g_strdup(who));
}

void scenario_each_form(Scenario *s, void (*change)(Model *model, Form form, gpointer data), gpointer data)
{
    s->change = change;
    s->change_data = data;
}

void scenario_file(Scenario *s, const ScenarioFile *file, gpointer data)
{
    s->file = file;
    s->file_data = data;
}

/* ---- finishing ----------------------------------------------------------------------------------------------------------- */

static gboolean name_is_clean(const char *name)
{
    return *name && strlen(name) < 120 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(name) &&
           *name != '.';
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean has_text(const GPtrArray *list, const char *text)
{
    for (guint i = 0; i < list->len; i++)
        if (strcmp(g_ptr_array_index(list, i), text) == 0)
            return TRUE;
    return FALSE;
}

/* The element types that the case is about, from its inputs and initializers (outputs are added with the golden). */
static void collect_dtypes(Scenario *s)
{
    for (guint i = 0; i < s->inputs->len; i++) {
        const Value *value = g_ptr_array_index(s->inputs, i);
        const char *name = value->tensor ? dtype_name(value->tensor->dtype) : NULL;
        if (name && !has_text(s->facts->dtypes, name))
            g_ptr_array_add(s->facts->dtypes, g_strdup(name));
    }
    for (gsize i = 0; i < s->model->graph->initializers.n; i++) {
        const NamedTensor *t = LIST_AT(&s->model->graph->initializers, NamedTensor, i);
        const char *name = t->tensor ? dtype_name(t->tensor->dtype) : NULL;
        if (name && !has_text(s->facts->dtypes, name))
            g_ptr_array_add(s->facts->dtypes, g_strdup(name));
    }
}

static void submit(Scenario *s)
{
    Generator *g = s->generator;
    if (!name_is_clean(s->name))
        scenario_blame(s, "a name is 1 to 119 of a-z 0-9 - . _");
    if (!g_hash_table_add(g->names, g_strdup(s->name)))
        scenario_blame(s, "two scenarios have this name");
    if (!s->facts->summary)
        scenario_blame(s, "scenario_about() was not called");
    if (g->error || (g->filter && !g_pattern_match_simple(g->filter, s->name))) {
        scenario_free(s);
        return;
    }
    if (!s->facts->semantic)
        s->facts->semantic = g_strdup(s->name);
    collect_dtypes(s);
    g_ptr_array_sort(s->facts->tags, by_text);
    enum { QUEUE = 64 }; /* bounds the memory of scenarios that wait */
    g_mutex_lock(&g->lock);
    while (g->queued >= QUEUE)
        g_cond_wait(&g->taken, &g->lock);
    g->queued++;
    g_mutex_unlock(&g->lock);
    g_thread_pool_push(g->pool, s, NULL);
}

void scenario_emit_forms(Scenario *s, guint forms)
{
    s->forms = forms;
    submit(s);
}

void scenario_emit(Scenario *s)
{
    guint forms = 1u << FORM_NATIVE;
    gboolean own_domain = FALSE;
    for (gsize i = 0; s->functions && i < s->functions->functions.n; i++)
        own_domain |= *domain_canonical(LIST_AT(&s->functions->functions, Function, i)->domain) != '\0';
    if (s->functions)
        forms |= 1u << FORM_DECOMPOSED | (own_domain ? 1u << FORM_FUNCTION : 0);
    if (s->file && !s->file->shows)
        forms |= 1u << FORM_DECOMPOSED;
    scenario_emit_forms(s, forms);
}

void scenario_reject(Scenario *s, const char *twin, const char *because)
{
    s->reject = TRUE;
    s->facts->expectation = EXPECT_REJECT;
    s->facts->twin = g_strdup_printf("%s/%s-%s", s->facts->proposal, twin, form_name(FORM_NATIVE));
    s->because = g_strdup(because);
    scenario_emit_forms(s, 1u << FORM_NATIVE);
}

void scenario_reject_bytes(Scenario *s, const char *twin, const char *because, GBytes *bytes)
{
    s->bytes = bytes;
    scenario_reject(s, twin, because);
}
