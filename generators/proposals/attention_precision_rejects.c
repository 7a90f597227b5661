/* Nodes that must be refused; each differs from its twin in one thing. */
#include "generators/proposals/attention_precision.h"

#include "reference/onnx/text.h"

static PrecisionNode valid(void)
{
    PrecisionNode n = { .batch = 1, .heads = 2, .kv = 1, .queries = 3, .keys = 4, .depth = 8, .values = 2, .salt = 2 };
    n.quant[PLACE_K] = (PrecisionQuant){ .type = DTYPE_INT8, .scale = 0.25, .block = { 1, 1, 2, -1 }, .asymmetric = TRUE };
    n.quant[PLACE_P] = (PrecisionQuant){ .type = DTYPE_FLOAT8E4M3FN, .scale = 0.25 };
    return n;
}

static const char *const twins[SAYS] = { "twin-graphs", "twin-attributes", "twin-hybrid" };

static void finish(Scenario *s, PrecisionSay say, const char *because)
{
    scenario_output_open(s, 0, DTYPE_FLOAT, 4);
    scenario_reject(s, twins[say], because);
}

static const struct {
    const char *tag, *requirements, *what, *because, *attribute;
    int64_t     value;
} attributes[] = {
    { "dtype-without-scale", "R4", "v_dtype is INT8, but there is no v_scale", "without v_scale", "v_dtype", DTYPE_INT8 },
    { "scale-without-dtype", "R4", "k_scale is given, but k_dtype is 0", "k_dtype is 0", "k_dtype", 0 },
    { "dtype-int32", "R2", "k_dtype is INT32", "k_dtype", "k_dtype", DTYPE_INT32 },
    { "dtype-float", "R2", "p_dtype is FLOAT", "p_dtype", "p_dtype", DTYPE_FLOAT },
    { "dtype-unknown", "R2", "p_dtype is 99", "p_dtype", "p_dtype", 99 },
    { "dtype-of-zero-point", "R6", "k_dtype is UINT8, k_zero_point INT8", "k_zero_point", "k_dtype", DTYPE_UINT8 },
    { "accumulate-int32", "R7", "qk_accum is INT32", "qk_accum", "qk_accum", DTYPE_INT32 },
    { "accumulate-float8", "R7", "pv_accum is FLOAT8E4M3FN", "pv_accum", "pv_accum", DTYPE_FLOAT8E4M3FN },
    { "accumulate-0", "R7", "pv_accum is UNDEFINED", "pv_accum", "pv_accum", 0 },
};

static const struct {
    const char *tag, *requirements, *what, *because, *constant;
    Shape       shape;
    DType       type;
} constants[] = {
    { "scale-shape", "R5", "k_scale has 3 blocks of rows, 2 are due", "k_scale", "k_scale", { 4, { 1, 1, 3, 1 } }, DTYPE_FLOAT },
    { "scale-rank", "R5", "k_scale has rank 3", "k_scale", "k_scale", { 3, { 1, 2, 1 } }, DTYPE_FLOAT },
    { "scale-scalar", "R5", "k_scale is a scalar for two blocks", "k_scale", "k_scale", { 0, { 0 } }, DTYPE_FLOAT },
    { "scale-long", "R5", "p_scale has two elements", "p_scale", "p_scale", { 1, { 2 } }, DTYPE_FLOAT },
    { "scale-type", "R5", "p_scale is float16", "float16", "p_scale", { 0, { 0 } }, DTYPE_FLOAT16 },
    { "zero-point-shape", "R6", "k_zero_point is a scalar beside two scales", "k_zero_point", "k_zero_point", { 0, { 0 } }, DTYPE_INT8 },
    { "zero-point-type", "R6", "k_zero_point is uint8, the codes int8", "k_zero_point", "k_zero_point", { 4, { 1, 1, 2, 1 } }, DTYPE_UINT8 },
};

static void wrong_attributes(Generator *g)
{
    const PrecisionNode n = valid();
    for (int say = SAY_ATTRIBUTES; say <= SAY_HYBRID; say++) {
        const char *variant = say == SAY_HYBRID ? "hybrid" : "attributes";
        for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++) {
            Scenario *s = scenario_new(g, "reject-%s-%s", variant, attributes[i].tag);
            scenario_about(s, variant, attributes[i].requirements, "Refused: %s.", attributes[i].what);
            Node *node = precision_node(s, &n, (PrecisionSay)say);
            scenario_set_int(s, node, attributes[i].attribute, attributes[i].value);
            finish(s, (PrecisionSay)say, attributes[i].because);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(constants); i++) {
            Scenario *s = scenario_new(g, "reject-%s-%s", variant, constants[i].tag);
            scenario_about(s, variant, constants[i].requirements, "Refused: %s.", constants[i].what);
            precision_node(s, &n, (PrecisionSay)say);
            NamedTensor *t = graph_initializer(scenario_graph(s), constants[i].constant);
            Model *model = scenario_model(s);
            t->tensor = arena_tensor(model->arena, data_constant(constants[i].type, &constants[i].shape, 1));
            finish(s, (PrecisionSay)say, constants[i].because);
        }
        static const int64_t blocks[][4] = { { 1, 1, 2, 0 }, { 1, 1, -2, -1 } };
        for (gsize i = 0; i <= G_N_ELEMENTS(blocks); i++) {
            Scenario *s = scenario_new(g, "reject-%s-block-%d", variant, (int)i);
            scenario_about(s, variant, "R5", i < 2 ? "Refused: a block length of 0 or -2." : "Refused: three block lengths for four axes.");
            Node *node = precision_node(s, &n, (PrecisionSay)say);
            scenario_set_ints(s, node, "k_block", blocks[i % 2], i < 2 ? 4 : 3);
            finish(s, (PrecisionSay)say, "k_block");
        }
    }
}

#define IN "(float[B,H,M,N] a"
static const struct {
    const char *tag, *what, *because, *text;
} graphs[] = {
    { "two-inputs", "two inputs", "2 inputs", "f " IN ", float[B,H,M,N] c) => (float[B,H,M,N] b) {\nb = Add (a, c)\n}" },
    { "two-outputs", "two outputs", "2 outputs", "f " IN ") => (float[B,H,M,N] b, float[B,H,M,N] c) {\nb = Neg (a)\nc = Abs (a)\n}" },
    { "shape", "another shape", "same type and shape", "f " IN ") => (float[] b) {\nb = Transpose <perm: ints = [0, 1, 3, 2]> (a)\n}" },
    { "codes", "codes that are not dequantized", "same type and shape",
      "f " IN ") => (b) {\nd = Constant <value: tensor = float {0.5}> ()\nb = QuantizeLinear (a, d)\n}" },
    { "type", "float16", "same type and shape", "f " IN ") => (b) {\nb = Cast <to: int = 10> (a)\n}" },
};

static void wrong_graphs(Generator *g)
{
    static const char *const places[] = { "Q_prologue", "K_prologue", "V_prologue", "MatMul1_epilogue", "Softmax_epilogue", "MatMul2_epilogue" };
    const PrecisionNode n = valid();
    for (gsize p = 0; p < G_N_ELEMENTS(places); p++)
        for (gsize i = 0; i < G_N_ELEMENTS(graphs); i++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *lower = g_strdelimit(g_ascii_strdown(places[p], -1), "_", '-');
            Scenario *s = scenario_new(g, "reject-graphs-%s-%s", lower, graphs[i].tag);
            scenario_about(s, "graphs", "R3", "Refused: %s with %s.", places[p], graphs[i].what);
            Node *node = precision_node(s, &n, SAY_GRAPHS);
            Graph *graph = graph_from_text(scenario_model(s), graphs[i].text, &error);
            if (!graph)
                g_error("attention-precision: %s", error->message);
            scenario_set_graph(s, node, places[p], graph);
            finish(s, SAY_GRAPHS, graphs[i].because);
        }
}

void attention_precision_rejects(Generator *g)
{
    const PrecisionNode n = valid();
    for (int say = 0; say < SAYS; say++) {
        Scenario *s = scenario_new(g, "%s", twins[say]);
        static const char *const variants[SAYS] = { "graphs", "attributes", "hybrid" };
        scenario_about(s, variants[say], "R1 R4 R5 R6", "The valid twin of the cases that must be refused.");
        scenario_semantic(s, "twin");
        precision_node(s, &n, (PrecisionSay)say);
        scenario_emit(s);
    }
    wrong_attributes(g);
    wrong_graphs(g);
}
