/* Experts of few bits: packed, as the vendor's operator takes them, and as DequantizeLinear before GroupedMatMul.
 *
 * Almost every code is its block's zero point, that is, weight 0; the zero points differ from block to block, so that a
 * wrong one fills the matrix. Scales are powers of two: every weight and every sum is exact. */
#include "generators/proposals/moe.h"

typedef struct {
    MoeLayer layer;
    int bits;
    gboolean blocked, zero_points;
} Quantized;

enum { BLOCK = 16 };

static int64_t inputs_of(const Quantized *q, int fc)
{
    return fc == 2 ? q->layer.inner : q->layer.hidden;
}

static int64_t outputs_of(const Quantized *q, int fc)
{
    return fc == 2 ? q->layer.hidden : moe_fused(&q->layer) * q->layer.inner;
}

static int64_t blocks_of(const Quantized *q, int fc)
{
    return q->blocked ? inputs_of(q, fc) / BLOCK : 1;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static int64_t zero_point_at(const Quantized *q, int64_t expert, int64_t row, int64_t block)
{
    const int64_t middle = INT64_C(1) << (q->bits - 1);
    return q->zero_points ? middle - (expert + row + block) % 2 : middle;
}

static int64_t code_at(const Quantized *q, int fc, int64_t expert, int64_t row, int64_t column)
{
    const int64_t n = inputs_of(q, fc);
    const int64_t up = (row + expert) % n, down = (row * 3 + expert * 2 + 1) % n, more = (row * 5 + expert + n / 2) % n;
    const int64_t zero = zero_point_at(q, expert, row, q->blocked ? column / BLOCK : 0);
    return zero + (column == up) + (up != more && column == more) - (column == down && down != up && down != more);
}

static double scale_at(int64_t expert, int64_t row, int64_t block)
{
    return 1.0 / (double)(1 << (1 + (expert + row + block) % 3));
}

/* Shape [E, rows] or [E, rows, blocks], or the same with experts and rows as one axis. */
static Shape per_block(const Quantized *q, int fc, gboolean flat)
{
    const int64_t e = q->layer.experts, rows = outputs_of(q, fc), blocks = blocks_of(q, fc);
    if (flat)
        return q->blocked ? SHAPE(e * rows, blocks) : SHAPE(e * rows);
    return q->blocked ? SHAPE(e, rows, blocks) : SHAPE(e, rows);
}

static Tensor *scales(const Quantized *q, int fc, gboolean flat)
{
    const Shape shape = per_block(q, fc, flat);
    const int64_t rows = outputs_of(q, fc), blocks = blocks_of(q, fc);
    Tensor *t = data_constant(q->layer.dtype, &shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, scale_at(i / (rows * blocks), i / blocks % rows, i % blocks));
    return t;
}

static DType code_type(const Quantized *q)
{
    return q->bits == 2 ? DTYPE_UINT2 : q->bits == 4 ? DTYPE_UINT4 : DTYPE_UINT8;
}

static Tensor *codes(const Quantized *q, int fc)
{
    const int64_t rows = outputs_of(q, fc), n = inputs_of(q, fc);
    Tensor *t = data_constant(code_type(q), &SHAPE(q->layer.experts * rows, n), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, code_at(q, fc, i / (rows * n), i / n % rows, i % n));
    return t;
}

static Tensor *zero_points(const Quantized *q, int fc)
{
    const Shape shape = per_block(q, fc, TRUE);
    const int64_t rows = outputs_of(q, fc), blocks = blocks_of(q, fc);
    Tensor *t = data_constant(code_type(q), &shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, zero_point_at(q, i / (rows * blocks), i / blocks % rows, i % blocks));
    return t;
}

/* Consecutive elements into bytes, low bits first; the last axis of `shape` shrinks. Takes the codes. */
static Tensor *packed(const Quantized *q, Tensor *code, Shape shape)
{
    const int64_t pack = 8 / q->bits;
    shape.dims[shape.rank - 1] /= pack;
    Tensor *t = data_constant(DTYPE_UINT8, &shape, 0);
    uint8_t *bytes = t->data;
    for (int64_t i = 0; i < code->count; i++)
        bytes[i / pack] |= (uint8_t)(tensor_get_int(code, i) << (i % pack * q->bits));
    tensor_unref(code);
    return t;
}

/* ---- the vendor's operator --------------------------------------------------------------------------------------- */

static const char *const fc_names[] = { "fc1", "fc2" };

static void add_packed(Scenario *s, const Quantized *q)
{
    Arena *arena = scenario_model(s)->arena;
    for (int fc = 1; fc <= 2; fc++) {
        const char *name = fc_names[fc - 1];
        scenario_constant(s, name,
                          packed(q, codes(q, fc), SHAPE(q->layer.experts, outputs_of(q, fc), inputs_of(q, fc))));
        scenario_constant(s, arena_printf(arena, "%s_scales", name), scales(q, fc, FALSE));
        if (q->zero_points)
            scenario_constant(s, arena_printf(arena, "%s_zero_points", name),
                              packed(q, zero_points(q, fc), per_block(q, fc, FALSE)));
        if (q->layer.bias)
            scenario_constant(s, arena_printf(arena, "%s_bias", name), moe_bias(&q->layer, fc));
    }
}

/* uint8 [..., n / pack] -> float [..., n]. */
static const char *unpacked(Net *net, const Quantized *q, const char *bytes, const Shape *shape)
{
    if (q->bits == 8)
        return net_cast(net, bytes, DTYPE_UINT8, DTYPE_FLOAT);
    const char *fields[4] = { NULL }, *mask = net_number(net, DTYPE_UINT8, (1 << q->bits) - 1);
    const int pack = 8 / q->bits;
    for (int i = 0; i < pack; i++) {
        Node *shift;
        const char *moved = net_add(net, "BitShift", NAMES(bytes, net_number(net, DTYPE_UINT8, i * q->bits)), &shift);
        node_set_string(shift, net->graph, "direction", "RIGHT");
        fields[i] = net_unsqueeze(net, net_2(net, "BitwiseAnd", moved, mask), shape->rank);
    }
    Node *concat;
    const char *all =
        net_add(net, "Concat", (const char *const[]){ fields[0], fields[1], fields[2], fields[3], NULL }, &concat);
    node_set_int(concat, net->graph, "axis", shape->rank);
    return net_cast(net, net_reshape(net, all, shape->dims, (gsize)shape->rank), DTYPE_UINT8, DTYPE_FLOAT);
}

/* [E, rows, inputs] float weights of one projection inside the function. */
static const char *dequantized(Net *net, const Quantized *q, int fc)
{
    const DType t = q->layer.dtype;
    const char *name = fc_names[fc - 1];
    Arena *arena = net->graph->model->arena;
    const Shape whole = SHAPE(q->layer.experts, outputs_of(q, fc), inputs_of(q, fc)), per = per_block(q, fc, FALSE);
    const int64_t blocks = blocks_of(q, fc), e = whole.dims[0], rows = whole.dims[1];
    const char *w = unpacked(net, q, name, &whole);
    const char *scale = net_cast(net, arena_printf(arena, "%s_scales", name), t, DTYPE_FLOAT);
    const char *zero = q->zero_points ? unpacked(net, q, arena_printf(arena, "%s_zero_points", name), &per)
                                      : net_number(net, DTYPE_FLOAT, 1 << (q->bits - 1));
    w = net_reshape(net, w, INTS(e, rows, blocks, whole.dims[2] / blocks));
    if (q->zero_points)
        zero = net_reshape(net, zero, INTS(e, rows, blocks, 1));
    const char *centred = net_2(net, "Sub", w, zero), *spread = net_reshape(net, scale, INTS(e, rows, blocks, 1));
    w = net_2(net, "Mul", centred, spread);
    return net_reshape(net, w, whole.dims, 3);
}

static void mean_packed(Scenario *s, const Quantized *q, const char *const *attributes)
{
    const MoeLayer *l = &q->layer;
    Function *f = model_add_function(scenario_functions(s), VENDOR, "QMoE",
                                     NAMES("input", "router_probs", "fc1", "fc1_scales", "fc1_bias", "fc2",
                                           "fc2_scales", "fc2_bias", "fc3", "fc3_scales", "fc3_bias", "fc1_zero_points",
                                           "fc2_zero_points", "fc3_zero_points", "router_weights_narrow"),
                                     NAMES("output"), attributes);
    function_import(f, "", MOE_OPSET);
    Net net = { f->body, 0 };
    const char *x = net_cast(&net, "input", l->dtype, DTYPE_FLOAT), *indices;
    if (l->routing == MOE_GIVEN) {
        Node *node = graph_add_node(f->body, "", "Cast", NAMES("router_weights_narrow"), NAMES("router_weights"));
        node_set_int(node, f->body, "to", DTYPE_FLOAT);
    }
    const char *weights = moe_route(&net, l, net_cast(&net, "router_probs", l->dtype, DTYPE_FLOAT), &indices);
    const char *b1 = l->bias ? net_cast(&net, "fc1_bias", l->dtype, DTYPE_FLOAT) : NULL;
    const char *b2 = l->bias ? net_cast(&net, "fc2_bias", l->dtype, DTYPE_FLOAT) : NULL;
    const char *h = moe_activate(&net, l, DTYPE_FLOAT,
                                 moe_project(&net, x, FALSE, dequantized(&net, q, 1), FALSE, b1, indices), NULL);
    const char *y =
        moe_combine(&net, moe_project(&net, h, TRUE, dequantized(&net, q, 2), FALSE, b2, indices), weights, TRUE);
    Node *last = graph_add_node(f->body, "", "Cast", NAMES(y), NAMES("output"));
    node_set_int(last, f->body, "to", l->dtype);
}

static void packed_variant(Scenario *s, const Quantized *q)
{
    const MoeLayer *l = &q->layer;
    scenario_input(s, "input", moe_input(l));
    scenario_input(s, "router_probs", moe_logits(l));
    const gboolean given = l->routing == MOE_GIVEN;
    if (given)
        scenario_input(s, "router_weights", moe_given(l, l->dtype));
    add_packed(s, q);
    const char *b1 = l->bias ? "fc1_bias" : "", *b2 = l->bias ? "fc2_bias" : "";
    const char *z1 = q->zero_points ? "fc1_zero_points" : "", *z2 = q->zero_points ? "fc2_zero_points" : "";
    const char *inputs[16] = { "input",
                               "router_probs",
                               "fc1",
                               "fc1_scales",
                               b1,
                               "fc2",
                               "fc2_scales",
                               b2,
                               "",
                               "",
                               "",
                               z1,
                               z2,
                               "",
                               given ? "router_weights" : "",
                               NULL };
    for (int last = 14; last >= 0 && !*inputs[last]; last--)
        inputs[last] = NULL;
    Node *node = scenario_node(s, VENDOR, "QMoE", inputs, NAMES("output"));
    const char *names[10] = { "activation_type", "k", "expert_weight_bits", "weights_prepacked" };
    gsize n = 4;
    scenario_set_string(s, node, "activation_type", moe_activation_name(l->activation));
    scenario_set_int(s, node, "k", l->k);
    scenario_set_int(s, node, "expert_weight_bits", q->bits);
    scenario_set_int(s, node, "weights_prepacked", 0);
    const struct {
        const char *name;
        int64_t value;
    } ints[] = { { "block_size", q->blocked ? BLOCK : 0 },
                 { "swiglu_fusion", l->fusion },
                 { "normalize_routing_weights", l->normalize } };
    for (gsize i = 0; i < G_N_ELEMENTS(ints); i++)
        if (ints[i].value) {
            scenario_set_int(s, node, ints[i].name, ints[i].value);
            names[n++] = ints[i].name;
        }
    mean_packed(s, q, names);
    scenario_output(s, "output");
}

/* ---- primitives -------------------------------------------------------------------------------------------------- */

/* [E, inputs, rows], as GroupedMatMul takes it. */
static const char *dequantize_linear(Scenario *s, Net *net, const Quantized *q, int fc)
{
    Arena *arena = scenario_model(s)->arena;
    const char *name = fc_names[fc - 1], *scale = arena_printf(arena, "%s_scales", name);
    const char *zero = arena_printf(arena, "%s_zero_points", name);
    scenario_constant(s, name, codes(q, fc));
    scenario_constant(s, scale, scales(q, fc, TRUE));
    Tensor *points = zero_points(q, fc);
    scenario_constant(s, zero, points);
    Node *dq;
    const char *w = net_add(net, "DequantizeLinear", NAMES(name, scale, zero), &dq);
    node_set_int(dq, net->graph, "axis", q->blocked ? 1 : 0);
    if (q->blocked)
        node_set_int(dq, net->graph, "block_size", BLOCK);
    w = net_reshape(net, w, INTS(q->layer.experts, outputs_of(q, fc), inputs_of(q, fc)));
    return net_transpose(net, w, INTS(0, 2, 1));
}

static const char *grouped(Scenario *s, Net *net, const Quantized *q, int fc, const char *x, const char *indices)
{
    const char *y = net_fresh(net), *weights = dequantize_linear(s, net, q, fc);
    const char *bias = arena_printf(scenario_model(s)->arena, "%s_bias", fc_names[fc - 1]);
    if (q->layer.bias)
        scenario_constant(s, bias, moe_bias(&q->layer, fc));
    scenario_node(s, MOE_DOMAIN, "GroupedMatMul",
                  q->layer.bias ? NAMES(x, weights, indices, bias) : NAMES(x, weights, indices), NAMES(y));
    return y;
}

static void grouped_variant(Scenario *s, const Quantized *q)
{
    const MoeLayer *l = &q->layer;
    Net net = { scenario_graph(s), 0 };
    scenario_input(s, "input", moe_input(l));
    scenario_input(s, "router_probs", moe_logits(l));
    if (l->routing == MOE_GIVEN)
        scenario_input(s, "router_weights", moe_given(l, DTYPE_FLOAT));
    const char *indices, *weights = moe_route(&net, l, net_cast(&net, "router_probs", l->dtype, DTYPE_FLOAT), &indices);
    const char *h = moe_activate(&net, l, l->dtype, grouped(s, &net, q, 1, "input", indices), NULL);
    const int64_t rows = l->tokens * l->k;
    h = net_reshape(&net, h, INTS(rows, l->inner));
    const char *y = grouped(s, &net, q, 2, h, net_reshape(&net, indices, INTS(rows, 1)));
    y = net_cast(&net, net_reshape(&net, y, INTS(l->tokens, l->k, l->hidden)), l->dtype, DTYPE_FLOAT);
    Node *last = scenario_node(s, "", "Cast", NAMES(moe_combine(&net, y, weights, FALSE)), NAMES("output"));
    scenario_set_int(s, last, "to", l->dtype);
    moe_mean_grouped(s, l->bias);
    scenario_output(s, "output");
}

/* ---- the sweep --------------------------------------------------------------------------------------------------- */

static Quantized sized(Quantized q)
{
    q.layer.hidden = q.layer.inner = BLOCK * (8 / q.bits);
    q.layer.tokens = 3;
    q.layer = moe_layer(q.layer);
    return q;
}

static void emit(Generator *g, Quantized q, const char *name, const char *requirements, const char *summary)
{
    q = sized(q);
    static void (*const makers[])(Scenario *, const Quantized *) = { packed_variant, grouped_variant };
    for (int v = 0; v < 2; v++) {
        Scenario *s = scenario_new(g, "%s-%s", name, v ? "grouped" : "attribute");
        g_autofree char *all = g_strconcat(requirements, v ? " R33" : " R3 R25 R27", !v && q.blocked ? " R24" : "",
                                           !v && q.zero_points ? " R26" : "", NULL);
        scenario_about(s, v ? "grouped-matmul" : "attribute", all, "%s", summary);
        scenario_semantic(s, name);
        makers[v](s, &q);
        scenario_emit(s);
    }
}

void moe_quantized(Generator *g)
{
    static const struct {
        const char *tag;
        MoeLayer layer;
        const char *requirements, *summary;
    } rows[] = {
        { "relu", { .routing = MOE_TOP_SOFTMAX }, "R20 R22 R23 R57 R50", "Quantized experts with graded routing." },
        { "relu-bias",
          { .routing = MOE_TOP_SOFTMAX, .bias = TRUE, .router = ROUTER_EXACT },
          "R20 R22 R23 R57 R50",
          "Quantized experts with biases." },
        { "swiglu",
          { .routing = MOE_TOP_SOFTMAX, .activation = MOE_SWIGLU, .fusion = 1, .router = ROUTER_EXACT },
          "R10 R11 R22 R23 R57 R50",
          "Quantized experts whose gate and linear part are interleaved." },
        { "float16",
          { .dtype = DTYPE_FLOAT16, .routing = MOE_TOP_SOFTMAX, .router = ROUTER_EXACT },
          "R20 R22 R23 R57 R50",
          "Quantized experts with float16 tensors." },
        { "normalized",
          { .routing = MOE_TOP_SOFTMAX, .normalize = TRUE },
          "R20 R50",
          "Weights that add up to 1 already: normalising changes nothing." },
        { "given", { .routing = MOE_GIVEN }, "R21 R50", "Router weights from another tensor." },
        { "given-normalized",
          { .routing = MOE_GIVEN, .normalize = TRUE },
          "R21 R50",
          "Router weights from another tensor, divided by the sum of those chosen." },
    };
    for (int bits = 2; bits <= 8; bits *= 2)
        for (int blocked = 0; blocked < 2; blocked++)
            for (int zero_points = 0; zero_points < 2; zero_points++)
                for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                    if (i >= 4 && (zero_points || blocked))
                        continue;
                    const Quantized q = { rows[i].layer, bits, blocked, zero_points };
                    g_autofree char *name = g_strdup_printf("q%d-%s%s-%s", bits, blocked ? "blocks" : "rows",
                                                            zero_points ? "-zero-points" : "", rows[i].tag);
                    emit(g, q, name, rows[i].requirements, rows[i].summary);
                }
}

/* ---- what must be refused ---------------------------------------------------------------------------------------- */

void moe_quantized_rejects(Generator *g)
{
    /* 4 bits, H = I = 32, two blocks of 16, E = 4. */
    static const struct {
        const char *tag, *requirement, *what;
        const char *attribute; /* with another value, or NULL: input `at` has another shape */
        int64_t value;
        gsize at;
        DType dtype;
        Shape shape;
        const char *because;
    } rows[] = {
        { "bits-3", "R25", "3 bits", "expert_weight_bits", 3, 0, 0, { 0, { 0 } }, "expert_weight_bits is 3" },
        { "bits-0", "R25", "0 bits", "expert_weight_bits", 0, 0, 0, { 0, { 0 } }, "expert_weight_bits is 0" },
        { "bits-16", "R25", "16 bits", "expert_weight_bits", 16, 0, 0, { 0, { 0 } }, "expert_weight_bits is 16" },
        { "block-8", "R24", "blocks of 8", "block_size", 8, 0, 0, { 0, { 0 } }, "block_size is 8" },
        { "block-24", "R24", "blocks of 24", "block_size", 24, 0, 0, { 0, { 0 } }, "block_size is 24" },
        { "block-negative", "R24", "blocks of -16", "block_size", -16, 0, 0, { 0, { 0 } }, "block_size is -16" },
        { "block-64", "R24", "blocks of 64 in rows of 32", "block_size", 64, 0, 0, { 0, { 0 } }, "multiple of 64" },
        { "scales-blocks",
          "R27",
          "three scales a row, two blocks",
          NULL,
          0,
          3,
          DTYPE_FLOAT,
          { 3, { 4, 32, 3 } },
          "fc1_scales" },
        { "scales-rows", "R27", "scales of 31 of 32 rows", NULL, 0, 3, DTYPE_FLOAT, { 3, { 4, 31, 2 } }, "fc1_scales" },
        { "scales-rank",
          "R27",
          "one scale a row although there are blocks",
          NULL,
          0,
          6,
          DTYPE_FLOAT,
          { 2, { 4, 32 } },
          "fc2_scales" },
        { "zero-points-unpacked",
          "R26",
          "one zero point a byte",
          NULL,
          0,
          11,
          DTYPE_UINT8,
          { 3, { 4, 32, 2 } },
          "fc1_zero_points" },
        { "zero-points-rows",
          "R26",
          "zero points of 16 of 32 rows",
          NULL,
          0,
          12,
          DTYPE_UINT8,
          { 3, { 4, 16, 1 } },
          "fc2_zero_points" },
        { "codes-unpacked",
          "R14",
          "one code a byte",
          NULL,
          0,
          2,
          DTYPE_UINT8,
          { 3, { 4, 32, 32 } },
          "fc1_experts_weights" },
        { "codes-experts",
          "R14",
          "codes of 3 of 4 experts",
          NULL,
          0,
          2,
          DTYPE_UINT8,
          { 3, { 3, 32, 16 } },
          "fc1_experts_weights" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Quantized q = sized(
            (Quantized){ .layer = { .routing = MOE_TOP_SOFTMAX }, .bits = 4, .blocked = TRUE, .zero_points = TRUE });
        Scenario *s = scenario_new(g, "reject-quantized-%s", rows[i].tag);
        scenario_about(s, "attribute", rows[i].requirement, "Must be refused: %s.", rows[i].what);
        packed_variant(s, &q);
        Node *node = LIST_AT(&scenario_graph(s)->nodes, Node, 0);
        if (rows[i].attribute) {
            scenario_set_int(s, node, rows[i].attribute, rows[i].value);
        } else {
            scenario_constant(s, "wrong", data_constant(rows[i].dtype, &rows[i].shape, 1));
            node->inputs[rows[i].at] = "wrong";
        }
        LIST_AT(&scenario_graph(s)->outputs, ValueInfo, 0)->type =
            type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(q.layer.tokens, q.layer.hidden));
        scenario_reject(s, "q4-blocks-zero-points-relu-attribute", rows[i].because);
    }
}
