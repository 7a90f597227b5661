/* Nodes that must be refused; each differs from its twin in one thing. */
#include "generators/proposals/flex_attention.h"

static const FlexSizes sizes = { 1, 4, 2, 3, 4, 16, 2 };

typedef struct {
    const char *tag, *requirements, *what, *because;
    Shape       q, k, v;      /* rank -1: unchanged */
    DType       types[3];     /* of Q, K, V; DTYPE_UNDEFINED: unchanged */
} Wrong;

#define SAME { .rank = -1 }
static const Wrong inputs[] = {
    { "q-rank-3", "R1", "Q has rank 3", "rank", { 3, { 4, 3, 16 } }, SAME, SAME, { 0 } },
    { "k-rank-3", "R1", "K has rank 3", "rank", SAME, { 3, { 2, 4, 16 } }, SAME, { 0 } },
    { "v-rank-3", "R1", "V has rank 3", "rank", SAME, SAME, { 3, { 2, 4, 2 } }, { 0 } },
    { "q-rank-5", "R1", "Q has rank 5", "rank", { 5, { 1, 1, 4, 3, 16 } }, SAME, SAME, { 0 } },
    { "depth", "R3", "Q has 16 channels, K has 8", "do not go together", SAME, { 4, { 1, 2, 4, 8 } }, SAME, { 0 } },
    { "batch-k", "R3", "Q has one batch item, K has two", "do not go together", SAME, { 4, { 2, 2, 4, 16 } }, SAME, { 0 } },
    { "batch-v", "R3", "Q has one batch item, V has two", "do not go together", SAME, SAME, { 4, { 2, 2, 4, 2 } }, { 0 } },
    { "batch-q", "R3", "Q has two batch items, K and V have one", "do not go together", { 4, { 2, 4, 3, 16 } }, SAME, SAME, { 0 } },
    { "keys", "R3", "K has 4 keys, V has 5", "do not go together", SAME, SAME, { 4, { 1, 2, 5, 2 } }, { 0 } },
    { "heads-kv", "R3", "K has two heads, V has one", "do not go together", SAME, SAME, { 4, { 1, 1, 4, 2 } }, { 0 } },
    { "group", "R4", "5 query heads for 2 key heads", "no multiple", { 4, { 1, 5, 3, 16 } }, SAME, SAME, { 0 } },
    { "group-fewer", "R4", "one query head for 2 key heads", "no multiple", { 4, { 1, 1, 3, 16 } }, SAME, SAME, { 0 } },
    { "type-k", "R2", "K is float16, Q and V are float", "float16", SAME, SAME, SAME, { DTYPE_UNDEFINED, DTYPE_FLOAT16 } },
    { "type-v", "R2", "V is double, Q and K are float", "double", SAME, SAME, SAME, { DTYPE_UNDEFINED, DTYPE_UNDEFINED, DTYPE_DOUBLE } },
    { "type-int", "R2", "all are int32", "int32", SAME, SAME, SAME, { DTYPE_INT32, DTYPE_INT32, DTYPE_INT32 } },
};

static Tensor *operand(const Shape *given, Shape own, DType type)
{
    const Shape shape = given->rank < 0 ? own : *given;
    return data_constant(type ? type : DTYPE_FLOAT, &shape, 1);
}

static void wrong_inputs(Generator *g)
{
    for (int elementwise = 0; elementwise < 2; elementwise++)
        for (gsize i = 0; i < G_N_ELEMENTS(inputs); i++) {
            const Wrong *w = &inputs[i];
            const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .elementwise = elementwise };
            Scenario *s = scenario_new(g, "reject-%s%s", elementwise ? "element-" : "", w->tag);
            scenario_about(s, elementwise ? "elementwise" : "preview", w->requirements, "Refused: %s.", w->what);
            flex_node(s, &n, operand(&w->q, SHAPE(1, 4, 3, 16), w->types[0]), operand(&w->k, SHAPE(1, 2, 4, 16), w->types[1]),
                      operand(&w->v, SHAPE(1, 2, 4, 2), w->types[2]));
            scenario_output_open(s, 0, DTYPE_FLOAT, 4);
            scenario_reject(s, elementwise ? "twin-element-plain" : "twin-plain", w->because);
        }
}

/* ---- attributes and graphs -------------------------------------------------------------------------------------------------- */

#define TENSOR "float[1,4,3,4]"
static const struct {
    const char *tag, *requirements, *what, *because, *attribute, *text;
} graphs[] = {
    { "score-two-inputs", "R17", "score_mod has two inputs", "2 inputs", "score_mod",
      "f (" TENSOR " a, " TENSOR " c) => (" TENSOR " b) {\nb = Add (a, c)\n}" },
    { "score-no-input", "R17", "score_mod has no input", "0 inputs", "score_mod",
      "f () => (" TENSOR " b) {\nd = Constant <value_ints: ints = [1, 4, 3, 4]> ()\nb = ConstantOfShape (d)\n}" },
    { "score-two-outputs", "R17", "score_mod has two outputs", "2 outputs", "score_mod",
      "f (" TENSOR " a) => (" TENSOR " b, " TENSOR " c) {\nb = Neg (a)\nc = Abs (a)\n}" },
    { "score-no-output", "R17", "score_mod has no output", "0 outputs", "score_mod", "f (" TENSOR " a) => () {\nb = Neg (a)\n}" },
    { "score-shape", "R7", "score_mod makes another shape", "same type and shape", "score_mod",
      "f (" TENSOR " a) => (float[] b) {\nb = Transpose <perm: ints = [0, 1, 3, 2]> (a)\n}" },
    { "score-reduced", "R7", "score_mod reduces an axis to 1", "same type and shape", "score_mod",
      "f (" TENSOR " a) => (float[] b) {\nd = Constant <value_ints: ints = [3]> ()\nb = ReduceMax (a, d)\n}" },
    { "score-rank", "R7", "score_mod drops an axis", "same type and shape", "score_mod",
      "f (" TENSOR " a) => (float[] b) {\nd = Constant <value_ints: ints = [0]> ()\nb = Squeeze (a, d)\n}" },
    { "score-type", "R7", "score_mod makes float16", "float16", "score_mod",
      "f (" TENSOR " a) => (b) {\nb = Cast <to: int = 10> (a)\n}" },
    { "score-declared-result", "R7", "score_mod makes float16 and says so", "declares another type", "score_mod",
      "f (" TENSOR " a) => (float16[1,4,3,4] b) {\nb = Cast <to: int = 10> (a)\n}" },
    { "score-declared-type", "R7", "score_mod declares float16 for its input", "declares another type", "score_mod",
      "f (float16[1,4,3,4] a) => (" TENSOR " b) {\nb = Cast <to: int = 1> (a)\n}" },
    { "score-declared-rank", "R7", "score_mod declares rank 3 for its input", "declares another shape", "score_mod",
      "f (float[4,3,4] a) => (float[] b) {\nb = Neg (a)\n}" },
    { "score-declared-dim", "R7", "score_mod declares another number of keys", "declares another shape", "score_mod",
      "f (float[1,4,3,5] a) => (float[] b) {\nb = Neg (a)\n}" },
    { "score-sequence", "R7", "score_mod makes a sequence", "another type", "score_mod",
      "f (" TENSOR " a) => (seq(float[]) b) {\nb = SequenceConstruct (a)\n}" },
    { "prob-two-inputs", "R17", "prob_mod has two inputs", "2 inputs", "prob_mod",
      "f (" TENSOR " a, " TENSOR " c) => (" TENSOR " b) {\nb = Add (a, c)\n}" },
    { "prob-two-outputs", "R17", "prob_mod has two outputs", "2 outputs", "prob_mod",
      "f (" TENSOR " a) => (" TENSOR " b, " TENSOR " c) {\nb = Neg (a)\nc = Abs (a)\n}" },
    { "prob-shape", "R7", "prob_mod makes another shape", "same type and shape", "prob_mod",
      "f (" TENSOR " a) => (float[] b) {\nb = Transpose <perm: ints = [0, 1, 3, 2]> (a)\n}" },
    { "prob-type", "R7", "prob_mod quantizes and does not dequantize", "uint8", "prob_mod",
      "f (" TENSOR " a) => (b) {\nd = Constant <value: tensor = float {0.5}> ()\nb = QuantizeLinear (a, d)\n}" },
    { "prob-declared-type", "R7", "prob_mod declares double for its input", "declares another type", "prob_mod",
      "f (double[1,4,3,4] a) => (" TENSOR " b) {\nb = Cast <to: int = 1> (a)\n}" },
};

static void wrong_graphs(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(graphs); i++) {
        const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT };
        Scenario *s = scenario_new(g, "reject-%s", graphs[i].tag);
        scenario_about(s, "preview", graphs[i].requirements, "Refused: %s.", graphs[i].what);
        Node *node = flex_node(s, &n, NULL, NULL, NULL);
        flex_set_text(s, node, graphs[i].attribute, graphs[i].text);
        scenario_output_open(s, 0, DTYPE_FLOAT, 4);
        scenario_reject(s, *graphs[i].attribute == 's' ? "twin-score" : "twin-prob", graphs[i].because);
    }
}

static void wrong_precisions(Generator *g)
{
    static const int64_t values[] = { 0, 2, 7, 17, 23, -1, 99 };
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT };
        Scenario *s = scenario_new(g, "reject-precision-%d", (int)values[i]);
        scenario_about(s, "preview", "R8", "Refused: softmax_precision is %d, which is no float type of the list.", (int)values[i]);
        Node *node = flex_node(s, &n, NULL, NULL, NULL);
        scenario_set_int(s, node, "softmax_precision", values[i]);
        scenario_output_open(s, 0, DTYPE_FLOAT, 4);
        scenario_reject(s, "twin-plain", "softmax_precision");
    }
}

static const struct {
    const char *tag, *requirements, *what, *because, *attribute, *text;
} element_graphs[] = {
    { "element-score-arity", "R31", "score_mod has one input", "1 inputs", "score_mod", "f (float a) => (float r) {\nr = Neg (a)\n}" },
    { "element-score-type", "R31", "score_mod makes a bool", "bool", "score_mod",
      "f (float a, int64 b, int64 h, int64 q, int64 k) => (bool r) {\nr = Equal (q, k)\n}" },
    { "element-score-rank", "R31", "score_mod makes a vector", "scalar", "score_mod",
      "f (float a, int64 b, int64 h, int64 q, int64 k) => (float[] r) {\nd = Constant <value_ints: ints = [0]> ()\nr = Unsqueeze (a, d)\n}" },
    { "element-mask-arity", "R32", "mask_mod takes the score too", "5 inputs", "mask_mod",
      "f (float a, int64 b, int64 h, int64 q, int64 k) => (bool r) {\nr = Equal (q, k)\n}" },
    { "element-mask-type", "R32", "mask_mod makes an integer", "int64", "mask_mod",
      "f (int64 b, int64 h, int64 q, int64 k) => (int64 r) {\nr = Sub (q, k)\n}" },
    { "element-prob-arity", "R33", "prob_mod has one input", "1 inputs", "prob_mod", "f (float a) => (float r) {\nr = Neg (a)\n}" },
    { "element-prob-type", "R33", "prob_mod makes double", "double", "prob_mod",
      "f (float a, int64 b, int64 h, int64 q, int64 k) => (double r) {\nr = Cast <to: int = 11> (a)\n}" },
};

static void wrong_elements(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(element_graphs); i++) {
        const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .elementwise = TRUE };
        Scenario *s = scenario_new(g, "reject-%s", element_graphs[i].tag);
        scenario_about(s, "elementwise", element_graphs[i].requirements, "Refused: %s.", element_graphs[i].what);
        Node *node = flex_node(s, &n, NULL, NULL, NULL);
        flex_set_text(s, node, element_graphs[i].attribute, element_graphs[i].text);
        scenario_output_open(s, 0, DTYPE_FLOAT, 4);
        scenario_reject(s, *element_graphs[i].attribute == 'p' ? "twin-element-prob" : "twin-element-score", element_graphs[i].because);
    }
    const FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .elementwise = TRUE };
    Scenario *s = scenario_new(g, "reject-element-gqa");
    scenario_about(s, "elementwise", "R35", "Refused: 4 query heads for 2 key heads, but enable_gqa is 0.");
    Node *node = flex_node(s, &n, NULL, NULL, NULL);
    scenario_set_int(s, node, "enable_gqa", 0);
    scenario_output_open(s, 0, DTYPE_FLOAT, 4);
    scenario_reject(s, "twin-element-plain", "enable_gqa");
}

static void twins(Generator *g)
{
    static const struct {
        const char *name, *score[FLEX_STAGES], *prob[FLEX_STAGES];
        gboolean    elementwise;
    } valid[] = {
        { "twin-plain", { NULL }, { NULL }, FALSE },
        { "twin-score", { "relative" }, { NULL }, FALSE },
        { "twin-prob", { NULL }, { "halve" }, FALSE },
        { "twin-element-plain", { NULL }, { NULL }, TRUE },
        { "twin-element-score", { "relative", "causal" }, { NULL }, TRUE },
        { "twin-element-prob", { NULL }, { "halve" }, TRUE },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(valid); i++) {
        FlexNode n = { .sizes = sizes, .dtype = DTYPE_FLOAT, .elementwise = valid[i].elementwise, .data = FLEX_LEVEL };
        n.score[0] = valid[i].score[0];
        n.score[1] = valid[i].score[1];
        n.prob[0] = valid[i].prob[0];
        Scenario *s = scenario_new(g, "%s", valid[i].name);
        scenario_about(s, n.elementwise ? "elementwise" : "preview", n.elementwise ? "R30 R35" : "R1 R2 R3 R4",
                       "The valid twin of the cases that must be refused.");
        flex_node(s, &n, NULL, NULL, NULL);
        scenario_emit(s);
    }
}

void flex_attention_rejects(Generator *g)
{
    twins(g);
    wrong_inputs(g);
    wrong_graphs(g);
    wrong_precisions(g);
    wrong_elements(g);
}
