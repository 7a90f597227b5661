/* The structural rules of the IR: what a model must be before anybody asks what its operators mean.
 *
 * Names are kept in hash tables with a scope each, so a model of n nodes costs time linear in its size. The depth of
 * graphs in graphs is bounded by the wire's limit on nesting; the depth of calls is not, so calls are walked with a
 * stack of our own. */
#include "reference/onnx/check.h"

#include <string.h>

enum { NEWEST_IR_VERSION = 14 };

/* The names visible at one place: those of this graph, and behind `outer` those of the graphs around it. */
typedef struct Scope Scope;
struct Scope {
    const Scope *outer;
    GHashTable  *names;
};

typedef struct {
    const Model    *model;
    GHashTable     *functions; /* "domain\nname\noverload" to Function */
    const List     *imports;   /* of the model or of the function being checked */
    const Function *function;  /* being checked, or NULL */
} Check;

G_GNUC_PRINTF(2, 3) static gboolean fail(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, ONNX_ERROR, ONNX_ERROR_INVALID, message);
    return FALSE;
}

static gboolean fail_name(GError **error, const char *before, const char *name, const char *after)
{
    g_autofree char *quoted = name_quote(name);
    return fail(error, "%s %s %s", before, quoted, after);
}

static GHashTable *name_set(void)
{
    return g_hash_table_new(g_str_hash, g_str_equal);
}

/* FALSE with an error if the name is already in the set. */
static gboolean add_unique(GHashTable *set, const char *name, const char *kind, GError **error)
{
    return g_hash_table_add(set, (gpointer)name) || fail_name(error, kind, name, "appears twice");
}

static gboolean visible(const Scope *scope, const char *name)
{
    for (; scope; scope = scope->outer)
        if (g_hash_table_contains(scope->names, name))
            return TRUE;
    return FALSE;
}

static gboolean check_graph(const Check *check, const Graph *graph, const Scope *outer, GError **error);

/* ---- types and tensors ------------------------------------------------------------------------------------------- */

static gboolean may_be_key(int64_t elem)
{
    const DType dtype = (DType)elem;
    return dtype_on_wire(elem) &&
           (dtype == DTYPE_STRING || (dtype_is_integer(dtype) && !dtype_is_sub_byte(dtype)));
}

static gboolean check_type(const Type *type, GError **error)
{
    switch (type->kind) {
    case TYPE_TENSOR:
    case TYPE_SPARSE:
        return dtype_on_wire(type->elem) || fail(error, "element type %" G_GINT64_FORMAT " is not one of ONNX's",
                                                 type->elem);
    case TYPE_MAP:
        if (!may_be_key(type->elem))
            return fail(error, "map key type is %s, expected an integer type or string", dtype_name((DType)type->elem));
        G_GNUC_FALLTHROUGH;
    case TYPE_SEQUENCE:
    case TYPE_OPTIONAL:
        return type->item ? check_type(type->item, error) : fail(error, "the type of the items is missing");
    case TYPE_OPAQUE:
        return TRUE;
    default:
        return fail(error, "the type says nothing");
    }
}

static gboolean check_value_info(const ValueInfo *info, const char *kind, GError **error)
{
    if (!*info->name)
        return fail(error, "%s without a name", kind);
    if (!info->type || check_type(info->type, error))
        return TRUE;
    g_autofree char *name = name_quote(info->name);
    g_prefix_error(error, "%s %s: ", kind, name);
    return FALSE;
}

/* Indices are linear [NNZ] or coordinates [NNZ, rank]; either way within the shape and in ascending order. */
static gboolean check_sparse_indices(const SparseTensor *sparse, GError **error)
{
    const Tensor  *indices = sparse->indices->tensor;
    const int      rank = sparse->shape.rank;
    const gboolean linear = indices->shape.rank == 1;
    const int64_t  nnz = sparse->values->tensor->count;
    if (indices->dtype != DTYPE_INT64)
        return fail(error, "indices are %s, expected int64", dtype_name(indices->dtype));
    if (indices->shape.rank < 1 || indices->shape.rank > 2 || indices->shape.dims[0] != nnz ||
        (!linear && indices->shape.dims[1] != rank)) {
        g_autofree char *found = shape_to_string(&indices->shape);
        return fail(error, "indices have shape %s, expected [%" G_GINT64_FORMAT "] or [%" G_GINT64_FORMAT ",%d]", found,
                    nnz, nnz, rank);
    }
    const int64_t *index = indices->data;
    int64_t        previous = -1;
    for (int64_t i = 0; i < nnz; i++) {
        int64_t position = linear ? index[i] : 0;
        for (int k = 0; !linear && k < rank; k++) {
            const int64_t coordinate = index[i * rank + k];
            if (coordinate < 0 || coordinate >= sparse->shape.dims[k])
                return fail(error, "index %" G_GINT64_FORMAT " leaves the shape", i);
            position = position * sparse->shape.dims[k] + coordinate;
        }
        if (position >= shape_count(&sparse->shape) || position < 0)
            return fail(error, "index %" G_GINT64_FORMAT " leaves the shape", i);
        if (position <= previous)
            return fail(error, "index %" G_GINT64_FORMAT " is not above the one before", i);
        previous = position;
    }
    return TRUE;
}

static gboolean check_sparse(const SparseTensor *sparse, GError **error)
{
    if (sparse->values->tensor->shape.rank != 1) {
        fail(error, "values have rank %d, expected 1", sparse->values->tensor->shape.rank);
    } else if (sparse->shape.rank == 0) {
        fail(error, "the dense shape has rank 0, expected 1 or more");
    } else if (check_sparse_indices(sparse, error)) {
        return TRUE;
    }
    g_autofree char *name = name_quote(sparse->name);
    g_prefix_error(error, "sparse tensor %s: ", name);
    return FALSE;
}

/* ---- attributes -------------------------------------------------------------------------------------------------- */

/* A value for the type; load.c cannot leave one out, builders can. */
static gboolean has_value(const Attribute *attribute)
{
    switch (attribute->type) {
    case ATTRIBUTE_TENSOR:
        return attribute->tensor != NULL;
    case ATTRIBUTE_GRAPH:
        return attribute->graph != NULL;
    case ATTRIBUTE_SPARSE_TENSOR:
        return attribute->sparse != NULL;
    case ATTRIBUTE_TYPE:
        return attribute->type_proto != NULL;
    case ATTRIBUTE_FLOATS:
        return !attribute->n || attribute->floats;
    case ATTRIBUTE_INTS:
        return !attribute->n || attribute->ints;
    case ATTRIBUTE_STRINGS:
        return !attribute->n || attribute->strings;
    case ATTRIBUTE_TENSORS:
        return !attribute->n || attribute->tensors;
    case ATTRIBUTE_GRAPHS:
        return !attribute->n || attribute->graphs;
    case ATTRIBUTE_SPARSE_TENSORS:
        return !attribute->n || attribute->sparses;
    case ATTRIBUTE_TYPES:
        return !attribute->n || attribute->type_protos;
    default:
        return TRUE;
    }
}

static gboolean function_declares(const Function *function, const char *name)
{
    for (gsize i = 0; i < function->n_attributes; i++)
        if (strcmp(function->attributes[i], name) == 0)
            return TRUE;
    for (gsize i = 0; i < function->attribute_defaults.n; i++)
        if (strcmp(LIST_AT(&function->attribute_defaults, Attribute, i)->name, name) == 0)
            return TRUE;
    return FALSE;
}

static gboolean check_attribute(const Check *check, const Attribute *attribute, const Scope *scope, GError **error)
{
    if (attribute->type <= ATTRIBUTE_UNDEFINED || attribute->type > ATTRIBUTE_TYPES)
        return fail(error, "the type is %d, expected 1 to %d", (int)attribute->type, ATTRIBUTE_TYPES);
    if (attribute->ref) {
        if (!check->function)
            return fail_name(error, "refers to attribute", attribute->ref, "outside of a function");
        return function_declares(check->function, attribute->ref) ||
               fail_name(error, "refers to attribute", attribute->ref, "which the function does not declare");
    }
    if (!has_value(attribute))
        return fail(error, "type is %s, but there is no value", attribute_type_name(attribute->type));
    if (attribute->type == ATTRIBUTE_GRAPH && !check_graph(check, attribute->graph, scope, error))
        return FALSE;
    if (attribute->type == ATTRIBUTE_SPARSE_TENSOR && !check_sparse(attribute->sparse, error))
        return FALSE;
    if (attribute->type == ATTRIBUTE_TYPE && !check_type(attribute->type_proto, error))
        return FALSE;
    for (gsize i = 0; i < attribute->n; i++)
        if ((attribute->type == ATTRIBUTE_GRAPHS && !check_graph(check, attribute->graphs[i], scope, error)) ||
            (attribute->type == ATTRIBUTE_SPARSE_TENSORS && !check_sparse(attribute->sparses[i], error)) ||
            (attribute->type == ATTRIBUTE_TYPES && !check_type(attribute->type_protos[i], error)))
            return FALSE;
    return TRUE;
}

static gboolean check_attributes(const Check *check, const List *attributes, const Scope *scope, GError **error)
{
    g_autoptr(GHashTable) names = name_set();
    for (gsize i = 0; i < attributes->n; i++) {
        const Attribute *attribute = LIST_AT(attributes, Attribute, i);
        if (!*attribute->name)
            return fail(error, "attribute %" G_GSIZE_FORMAT " has no name", i);
        if (!add_unique(names, attribute->name, "attribute", error))
            return FALSE;
        if (!check_attribute(check, attribute, scope, error)) {
            g_autofree char *name = name_quote(attribute->name);
            g_prefix_error(error, "attribute %s: ", name);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static char *function_key(const char *domain, const char *name, const char *overload)
{
    return g_strdup_printf("%s\n%s\n%s", domain_canonical(domain), name, overload ? overload : "");
}

static gboolean check_node(const Check *check, const Node *node, const Scope *scope, GError **error)
{
    if (!*node->op_type)
        return fail(error, "the operator has no name");
    if (node->n_inputs == 0 && node->n_outputs == 0)
        return fail(error, "has neither inputs nor outputs");
    if (opset_version(check->imports, node->domain) == 0) {
        const char *domain = *domain_canonical(node->domain) ? node->domain : "ai.onnx";
        return fail_name(error, "domain", domain, check->function ? "is not imported by the function"
                                                                  : "is not imported by the model");
    }
    for (gsize i = 0; i < node->n_inputs; i++)
        if (*node->inputs[i] && !visible(scope, node->inputs[i]))
            return fail_name(error, "input", node->inputs[i],
                             "is not the output of an earlier node, an input or an initializer");
    if (!check_attributes(check, &node->attributes, scope, error))
        return FALSE;
    for (gsize i = 0; i < node->n_outputs; i++) {
        if (!*node->outputs[i])
            continue;
        if (visible(scope, node->outputs[i]))
            return fail_name(error, "output", node->outputs[i], "is already defined, expected a new name");
        g_hash_table_add(scope->names, (gpointer)node->outputs[i]);
    }
    return TRUE;
}

static gboolean check_nodes(const Check *check, const Graph *graph, const Scope *scope, GError **error)
{
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        if (check_node(check, node, scope, error))
            continue;
        g_autofree char *description = node_describe(node, i);
        g_prefix_error(error, "%s: ", description);
        return FALSE;
    }
    return TRUE;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

/* Before IR version 4 an initializer is the default of an input; since then it may stand alone. */
static gboolean check_initializers(const Check *check, const Graph *graph, const Scope *scope, GError **error)
{
    g_autoptr(GHashTable) own = name_set();
    const gsize dense = graph->initializers.n;
    for (gsize i = 0; i < dense + graph->sparse_initializers.n; i++) {
        const SparseTensor *sparse =
            i < dense ? NULL : LIST_AT(&graph->sparse_initializers, SparseTensor, i - dense);
        const char *name = sparse ? sparse->name : LIST_AT(&graph->initializers, NamedTensor, i)->name;
        if (!name || !*name)
            return fail(error, "initializer %" G_GSIZE_FORMAT " has no name", i);
        if (!add_unique(own, name, "initializer", error) || (sparse && !check_sparse(sparse, error)))
            return FALSE;
        const gboolean input = g_hash_table_contains(scope->names, name);
        if (!input && check->model->ir_version < 4)
            return fail_name(error, "initializer", name, "is not an input, which IR versions below 4 demand");
        g_hash_table_add(scope->names, (gpointer)name);
    }
    return TRUE;
}

/* Inputs and initializers of an inner graph may hide outer names, as onnx.checker has it; outputs of nodes may not. */
static gboolean check_graph_body(const Check *check, const Graph *graph, const Scope *scope, GError **error)
{
    for (gsize i = 0; i < graph->inputs.n; i++) {
        const ValueInfo *input = LIST_AT(&graph->inputs, ValueInfo, i);
        if (!check_value_info(input, "input", error))
            return FALSE;
        if (!add_unique(scope->names, input->name, "input", error))
            return FALSE;
    }
    if (!check_initializers(check, graph, scope, error) || !check_nodes(check, graph, scope, error))
        return FALSE;
    g_autoptr(GHashTable) outputs = name_set();
    for (gsize i = 0; i < graph->outputs.n; i++) {
        const ValueInfo *output = LIST_AT(&graph->outputs, ValueInfo, i);
        if (!check_value_info(output, "output", error) || !add_unique(outputs, output->name, "output", error))
            return FALSE;
        if (!visible(scope, output->name))
            return fail_name(error, "output", output->name, "is not defined by any node, input or initializer");
    }
    g_autoptr(GHashTable) infos = name_set();
    for (gsize i = 0; i < graph->value_infos.n; i++) {
        const ValueInfo *info = LIST_AT(&graph->value_infos, ValueInfo, i);
        if (!check_value_info(info, "value info", error) || !add_unique(infos, info->name, "value info", error))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_graph(const Check *check, const Graph *graph, const Scope *outer, GError **error)
{
    g_autoptr(GHashTable) names = name_set();
    const Scope scope = { outer, names };
    if (!*graph->name)
        return fail(error, "a graph has no name");
    if (check_graph_body(check, graph, &scope, error))
        return TRUE;
    g_autofree char *name = name_quote(graph->name);
    g_prefix_error(error, "graph %s: ", name);
    return FALSE;
}

/* ---- imports and functions --------------------------------------------------------------------------------------- */

static gboolean check_imports(const List *imports, GError **error)
{
    g_autoptr(GHashTable) domains = name_set();
    for (gsize i = 0; i < imports->n; i++) {
        const OpsetImport *import = LIST_AT(imports, OpsetImport, i);
        const char        *domain = domain_canonical(import->domain);
        if (!g_hash_table_add(domains, (gpointer)domain))
            return fail_name(error, "domain", *domain ? domain : "ai.onnx", "is imported twice");
        if (import->version < 1) {
            g_autofree char *name = name_quote(*domain ? domain : "ai.onnx");
            return fail(error, "domain %s is imported with version %" G_GINT64_FORMAT ", expected 1 or more", name,
                        import->version);
        }
    }
    return TRUE;
}

static gboolean check_names(const char **names, gsize n, GHashTable *set, const char *kind, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        if (!*names[i])
            return fail(error, "%s %" G_GSIZE_FORMAT " has no name", kind, i);
        if (!add_unique(set, names[i], kind, error))
            return FALSE;
    }
    return TRUE;
}

/* A body sees the function's inputs and nothing of the model's graph. */
static gboolean check_function_body(const Check *check, const Function *function, GError **error)
{
    g_autoptr(GHashTable) names = name_set(), outputs = name_set(), attributes = name_set();
    const Scope scope = { NULL, names };
    if (!*function->name)
        return fail(error, "has no name");
    if (!check_imports(&function->opset_imports, error) ||
        !check_names(function->inputs, function->n_inputs, names, "input", error) ||
        !check_names(function->outputs, function->n_outputs, outputs, "output", error) ||
        !check_names(function->attributes, function->n_attributes, attributes, "attribute", error) ||
        !check_attributes(check, &function->attribute_defaults, &scope, error))
        return FALSE;
    for (gsize i = 0; i < function->attribute_defaults.n; i++)
        if (!add_unique(attributes, LIST_AT(&function->attribute_defaults, Attribute, i)->name, "attribute", error))
            return FALSE;
    if (function->body->initializers.n || function->body->sparse_initializers.n)
        return fail(error, "has initializers, which FunctionProto cannot hold");
    if (!check_nodes(check, function->body, &scope, error))
        return FALSE;
    for (gsize i = 0; i < function->n_outputs; i++)
        if (!visible(&scope, function->outputs[i]))
            return fail_name(error, "output", function->outputs[i], "is not defined by any node or input");
    return TRUE;
}

static gboolean check_function(const Check *check, const Function *function, GError **error)
{
    const Check inner = { check->model, check->functions, &function->opset_imports, function };
    if (check_function_body(&inner, function, error))
        return TRUE;
    g_autofree char *name = name_quote(function->name);
    g_prefix_error(error, "function %s: ", name);
    return FALSE;
}

/* ---- recursion --------------------------------------------------------------------------------------------------- */

static void collect_calls(const Graph *graph, GHashTable *functions, GPtrArray *calls)
{
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node      *node = LIST_AT(&graph->nodes, Node, i);
        g_autofree char *key = function_key(node->domain, node->op_type, node->overload);
        Function        *callee = g_hash_table_lookup(functions, key);
        if (callee)
            g_ptr_array_add(calls, callee);
        for (gsize k = 0; k < node->attributes.n; k++) {
            const Attribute *attribute = LIST_AT(&node->attributes, Attribute, k);
            if (attribute->graph)
                collect_calls(attribute->graph, functions, calls);
            for (gsize g = 0; attribute->graphs && g < attribute->n; g++)
                collect_calls(attribute->graphs[g], functions, calls);
        }
    }
}

/* A function on the way down, with what is left of its calls. */
typedef struct {
    const Function *function;
    GPtrArray      *calls;
} Visit;

static void visit_free(gpointer data)
{
    g_ptr_array_unref(((Visit *)data)->calls);
    g_free(data);
}

static Visit *visit_new(const Function *function, GHashTable *functions)
{
    Visit *visit = g_new(Visit, 1);
    *visit = (Visit){ function, g_ptr_array_new() };
    collect_calls(function->body, functions, visit->calls);
    return visit;
}

/* Depth first without recursion; `state` is 1 for a function on the stack and 2 for one that is done. */
static gboolean check_calls_from(const Function *root, GHashTable *functions, GHashTable *state, GError **error)
{
    if (g_hash_table_contains(state, root))
        return TRUE;
    g_autoptr(GPtrArray) stack = g_ptr_array_new_with_free_func(visit_free);
    g_ptr_array_add(stack, visit_new(root, functions));
    g_hash_table_insert(state, (gpointer)root, GINT_TO_POINTER(1));
    while (stack->len > 0) {
        Visit *top = g_ptr_array_index(stack, stack->len - 1);
        if (top->calls->len == 0) {
            g_hash_table_insert(state, (gpointer)top->function, GINT_TO_POINTER(2));
            g_ptr_array_remove_index(stack, stack->len - 1);
            continue;
        }
        const Function *callee = g_ptr_array_remove_index(top->calls, top->calls->len - 1);
        const int       seen = GPOINTER_TO_INT(g_hash_table_lookup(state, callee));
        if (seen == 1) {
            g_autofree char *caller = name_quote(top->function->name), *called = name_quote(callee->name);
            return fail(error, "function %s calls %s, which calls it in turn; functions must not recurse", caller,
                        called);
        }
        if (seen == 0) {
            g_ptr_array_add(stack, visit_new(callee, functions));
            g_hash_table_insert(state, (gpointer)callee, GINT_TO_POINTER(1));
        }
    }
    return TRUE;
}

/* ---- models ------------------------------------------------------------------------------------------------------ */

static gboolean collect_functions(const Model *model, GHashTable *functions, GError **error)
{
    for (gsize i = 0; i < model->functions.n; i++) {
        Function *function = LIST_AT(&model->functions, Function, i);
        if (!g_hash_table_insert(functions, function_key(function->domain, function->name, function->overload),
                                 function))
            return fail_name(error, "function", function->name, "is defined twice");
    }
    return TRUE;
}

gboolean model_check(const Model *model, GError **error)
{
    if (model->ir_version < 1 || model->ir_version > NEWEST_IR_VERSION)
        return fail(error, "IR version is %" G_GINT64_FORMAT ", expected 1 to %d", model->ir_version,
                    NEWEST_IR_VERSION);
    if (model->ir_version >= 3 && model->opset_imports.n == 0)
        return fail(error, "no operator set is imported, which IR version 3 and later demand");
    if (!check_imports(&model->opset_imports, error))
        return FALSE;
    g_autoptr(GHashTable) keys = name_set();
    for (gsize i = 0; i < model->metadata.n; i++)
        if (!add_unique(keys, LIST_AT(&model->metadata, Property, i)->key, "metadata key", error))
            return FALSE;
    g_autoptr(GHashTable) functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) state = g_hash_table_new(NULL, NULL);
    const Check check = { model, functions, &model->opset_imports, NULL };
    if (!collect_functions(model, functions, error))
        return FALSE;
    for (gsize i = 0; i < model->functions.n; i++)
        if (!check_function(&check, LIST_AT(&model->functions, Function, i), error) ||
            !check_calls_from(LIST_AT(&model->functions, Function, i), functions, state, error))
            return FALSE;
    return check_graph(&check, model->graph, NULL, error);
}
