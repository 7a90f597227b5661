/* model_check(): each rule refuses what breaks it and nothing else. */
#include "reference/onnx/tests/support.h"

#include <string.h>

static void expect_valid(const Model *model)
{
    GError *error = NULL;
    cr_expect(model_check(model, &error), "%s", error ? error->message : "");
    g_clear_error(&error);
}

static void expect_invalid(const Model *model, const char *part)
{
    GError *error = NULL;
    cr_expect_not(model_check(model, &error), "expected \"%s\"", part);
    expect_error(&error, ONNX_ERROR_INVALID, part);
}

Test(check, the_small_model_is_valid)
{
    g_autoptr(Model) model = small_model();
    expect_valid(model);
}

Test(check, model_level)
{
    g_autoptr(Model) model = small_model();
    model->ir_version = 15;
    expect_invalid(model, "IR version is 15, expected 1 to 14");
    model->ir_version = 14;
    expect_valid(model);
    model->ir_version = 3;
    expect_invalid(model, "initializer 'w' is not an input");
    model->ir_version = 13;
    list_append(&model->metadata, model->arena, &(Property){ "k", "1" });
    list_append(&model->metadata, model->arena, &(Property){ "k", "2" });
    expect_invalid(model, "metadata key 'k' appears twice");
    list_remove(&model->metadata, 1);
    list_append(&model->opset_imports, model->arena, &(OpsetImport){ "ai.onnx", 20 });
    expect_invalid(model, "domain 'ai.onnx' is imported twice");
    list_remove(&model->opset_imports, 1);
    LIST_AT(&model->opset_imports, OpsetImport, 0)->version = 0;
    expect_invalid(model, "version 0, expected 1 or more");
    list_remove(&model->opset_imports, 0);
    expect_invalid(model, "no operator set is imported");
}

Test(check, names)
{
    g_autoptr(Model) model = small_model();
    Node *relu = LIST_AT(&model->graph->nodes, Node, 1);
    relu->outputs[0] = "x";
    expect_invalid(model, "Relu (node 1): output 'x' is already defined");
    relu->outputs[0] = "z";
    expect_invalid(model, "output 'y' is not defined");
    relu->outputs[0] = "y";
    relu->inputs[0] = "nowhere";
    expect_invalid(model, "input 'nowhere' is not the output of an earlier node");
    relu->inputs[0] = "t";
    expect_valid(model);
    relu->op_type = "";
    expect_invalid(model, "the operator has no name");
    relu->op_type = "Relu";
    relu->domain = "elsewhere";
    expect_invalid(model, "domain 'elsewhere' is not imported by the model");
    relu->domain = "ai.onnx";
    expect_valid(model);
    graph_add_initializer(model->graph, "w", counting_tensor(DTYPE_FLOAT, &SHAPE0));
    expect_invalid(model, "initializer 'w' appears twice");
}

Test(check, topological_order)
{
    g_autoptr(Model) model = small_model();
    void **nodes = model->graph->nodes.items, *first = nodes[0];
    nodes[0] = nodes[1];
    nodes[1] = first;
    expect_invalid(model, "Relu (node 0): input 't'");
}

Test(check, inner_graphs_see_outer_names_but_do_not_redefine_them)
{
    g_autoptr(Model) model = small_model();
    Graph *inner = graph_new(model, "then");
    Node  *use = graph_add_node(inner, "", "Neg", NAMES("t"), NAMES("inner_out"));
    graph_add_output(inner, "inner_out", NULL);
    Node *holder = graph_add_node(model->graph, "", "If", NAMES("x"), NAMES("z"));
    node_set_graph(holder, model->graph, "then_branch", inner);
    expect_valid(model);
    use->outputs[0] = "w";
    expect_invalid(model, "output 'w' is already defined");
    use->outputs[0] = "inner_out";
    /* What an inner graph defines does not leak. */
    LIST_AT(&model->graph->outputs, ValueInfo, 0)->name = "inner_out";
    expect_invalid(model, "output 'inner_out' is not defined");
}

Test(check, attributes)
{
    g_autoptr(Model) model = small_model();
    Node      *node = LIST_AT(&model->graph->nodes, Node, 1);
    Attribute *attribute = node_set_int(node, model->graph, "axis", 1);
    expect_valid(model);
    attribute->type = ATTRIBUTE_TENSOR;
    expect_invalid(model, "attribute 'axis': type is TENSOR, but there is no value");
    attribute->type = ATTRIBUTE_UNDEFINED;
    expect_invalid(model, "the type is 0");
    node_set_ref(node, model->graph, "axis", ATTRIBUTE_INT, "outer");
    expect_invalid(model, "outside of a function");
    list_append(&node->attributes, model->arena, node_set_int(node, model->graph, "axis", 1));
    expect_invalid(model, "attribute 'axis' appears twice");
}

Test(check, functions)
{
    g_autoptr(Model) model = small_model();
    Function *f = model_add_function(model, "local", "F", NAMES("a"), NAMES("b"), NAMES("alpha"));
    Node     *node = graph_add_node(f->body, "", "Elu", NAMES("a"), NAMES("b"));
    node_set_ref(node, f->body, "alpha", ATTRIBUTE_FLOAT, "alpha");
    expect_invalid(model, "function 'F': Elu (node 0): domain 'ai.onnx' is not imported by the function");
    function_import(f, "", 21);
    expect_valid(model);
    node_set_ref(node, f->body, "alpha", ATTRIBUTE_FLOAT, "beta");
    expect_invalid(model, "which the function does not declare");
    node_set_float(node, f->body, "alpha", 1);
    node->inputs[0] = "x"; /* the model's, not the function's */
    expect_invalid(model, "input 'x'");
    node->inputs[0] = "a";
    model_add_function(model, "local", "F", NAMES("a"), NAMES("a"), NO_NAMES);
    expect_invalid(model, "function 'F' is defined twice");
}

Test(check, recursion_is_found_without_recursing)
{
    g_autoptr(Model) model = small_model();
    enum { LENGTH = 20000 };
    Node *last = NULL;
    for (int i = 0; i < LENGTH; i++) {
        g_autofree char *name = g_strdup_printf("f%d", i), *next = g_strdup_printf("f%d", i + 1);
        Function *f = model_add_function(model, "local", name, NAMES("a"), NAMES("b"), NO_NAMES);
        function_import(f, "local", 1);
        last = graph_add_node(f->body, "local", next, NAMES("a"), NAMES("b"));
    }
    expect_valid(model);
    last->op_type = "f0";
    expect_invalid(model, "functions must not recurse");
}

Test(check, sparse_indices)
{
    g_autoptr(Model) model = small_model();
    const Shape   two = SHAPE(2), dense = SHAPE(3, 3);
    const int64_t good[] = { 0, 8 }, descending[] = { 8, 0 }, outside[] = { 0, 9 };
    const int64_t *const indices[] = { good, descending, outside };
    SparseTensor *sparse = arena_new(model->arena, SparseTensor);
    sparse->name = "s";
    sparse->shape = dense;
    sparse->values = named_tensor_new(model, "s", counting_tensor(DTYPE_FLOAT, &two));
    list_append(&model->graph->sparse_initializers, model->arena, sparse);
    for (int i = 0; i < 3; i++) {
        sparse->indices = named_tensor_new(model, "", tensor_from_data(DTYPE_INT64, &two, indices[i], NULL));
        if (i == 0)
            expect_valid(model);
        else
            expect_invalid(model, i == 1 ? "index 1 is not above the one before" : "index 1 leaves the shape");
    }
}
