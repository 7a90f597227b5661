/* Block shapes and scale hierarchies that published recipes use, at sizes small enough to read. */
#include "generators/proposals/block_qdq_node.h"

typedef struct {
    const char *tag;
    Shape       shape;
    int64_t     lengths[4];
    DType       quantized, scale, output;
    const char *what;
} Recipe;

static const Recipe recipes[] = {
    { "sage-q", { 4, { 1, 2, 130, 4 } }, { 1, 1, 128, -1 }, DTYPE_INT8, DTYPE_FLOAT, 0,
      "SageAttention's Q: int8 in blocks of 128 rows of a head, the last block ragged" },
    { "sage-k", { 4, { 1, 2, 70, 4 } }, { 1, 1, 64, -1 }, DTYPE_INT8, DTYPE_FLOAT, 0,
      "SageAttention's K: int8 in blocks of 64 rows of a head, the last block ragged" },
    { "sage2-v", { 4, { 1, 2, 9, 6 } }, { 1, 1, -1, 1 }, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT, 0,
      "SageAttention2's V: float8e4m3fn with a scale a channel" },
    { "kivi-k", { 4, { 2, 2, 9, 6 } }, { 1, 1, -1, 1 }, DTYPE_INT2, DTYPE_FLOAT16, 0, "keys of a cache with a scale a channel" },
    { "kivi-v", { 4, { 2, 2, 9, 6 } }, { 1, 1, 1, -1 }, DTYPE_INT2, DTYPE_FLOAT16, 0, "values of a cache with a scale a token" },
    { "weights-128x128", { 2, { 130, 132 } }, { 128, 128 }, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT, 0,
      "weights in tiles of 128x128, ragged on both axes" },
    { "activations-1x128", { 2, { 3, 260 } }, { 1, 128 }, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT, 0,
      "activations in blocks of 128 along a row" },
    { "mxfp4", { 2, { 2, 70 } }, { 1, 32 }, DTYPE_FLOAT4E2M1, DTYPE_FLOAT8E8M0, DTYPE_FLOAT, "MX: float4e2m1 in blocks of 32 with float8e8m0 scales" },
    { "mxfp8-e4m3", { 2, { 2, 64 } }, { 1, 32 }, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT8E8M0, DTYPE_FLOAT16, "MX: float8e4m3fn in blocks of 32 with float8e8m0 scales" },
    { "mxfp8-e5m2", { 2, { 2, 64 } }, { 1, 32 }, DTYPE_FLOAT8E5M2, DTYPE_FLOAT8E8M0, DTYPE_BFLOAT16, "MX: float8e5m2 in blocks of 32 with float8e8m0 scales" },
};

/* Rounded to bfloat16 or float16, a product of few bits may leave the range: codes there stay small. */
static Tensor *modest_codes(const Recipe *r)
{
    Tensor *x = block_codes(r->quantized, &r->shape);
    for (int64_t i = 0; r->output && dtype_info(r->quantized)->bits == 8 && i < x->count; i++)
        tensor_set_double(x, i, (double)(i % 15 - 7) / 4);
    return x;
}

static void recipe(Generator *g, const Recipe *r, gboolean quantize)
{
    const QdqNode n = { .granularity = BLOCK_SHAPE, .shape = r->shape, .lengths = r->lengths, .quantized = r->quantized,
                        .scale = r->scale, .output = quantize ? r->quantized : r->output };
    Scenario *s = scenario_new(g, "%s-recipe-%s", quantize ? "q" : "dq", r->tag);
    scenario_about(s, "block_shape", "R30 R50", "%s: %s.", quantize ? "Quantizing" : "Dequantizing", r->what);
    scenario_tag(s, "recipe");
    if (quantize)
        qdq_quantize(s, &n, NULL, NULL, NULL);
    else
        qdq_dequantize(s, &n, modest_codes(r), NULL, NULL);
    scenario_emit(s);
}

/* ---- scales of scales ------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *tag, *what;
    DType       codes, subscales;
    int64_t     sub, super; /* elements of a sub-block and of a super-block */
    gboolean    minimum;
} Hierarchy;

static const Hierarchy hierarchies[] = {
    { "nvfp4", "float4e2m1 in blocks of 16 with float8e4m3fn scales and one float for the tensor", DTYPE_FLOAT4E2M1,
      DTYPE_FLOAT8E4M3FN, 16, 64, FALSE },
    { "int4-super", "4-bit codes in blocks of 8, 8-bit subscales, a float per 32", DTYPE_INT4, DTYPE_UINT8, 8, 32, FALSE },
    { "int2-super-min", "2-bit codes in blocks of 16, 4-bit subscales and minima, floats per 64", DTYPE_UINT2, DTYPE_UINT4, 16, 64, TRUE },
    { "int4-super-min", "4-bit codes in blocks of 8, 6-bit subscales and minima carried in uint8, floats per 32", DTYPE_UINT4,
      DTYPE_UINT8, 8, 32, TRUE },
};

/* y = DQ(sub, outer): the outer scale covers super/sub subscales on axis 1. */
static void inner(Scenario *s, const char *sub, const char *outer, const char *y, const Hierarchy *h)
{
    Node *node = scenario_node(s, "", "DequantizeLinear", NAMES(sub, outer), NAMES(y));
    scenario_set_int(s, node, "axis", 1);
    scenario_set_int(s, node, "block_size", h->super / h->sub);
}

static Tensor *subscales(const Hierarchy *h, const Shape *shape, int64_t shift)
{
    Tensor *t = data_constant(h->subscales, shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, (double)((i * 5 + shift) % 15 + 1));
    return t;
}

static void hierarchy(Generator *g, const Hierarchy *h)
{
    const Shape x = SHAPE(2, 2 * h->super), sub = SHAPE(2, 2 * h->super / h->sub), super = SHAPE(2, 2);
    Scenario *s = scenario_new(g, "dq-hierarchy-%s", h->tag);
    scenario_about(s, "hierarchical", "R51 R3", "Scales of scales: %s.", h->what);
    scenario_tag(s, "recipe");
    scenario_input(s, "q", block_codes(h->codes, &x));
    scenario_input(s, "sub_scale", subscales(h, &sub, 1));
    scenario_input(s, "d", block_scales(DTYPE_FLOAT, &super, FALSE));
    inner(s, "sub_scale", "d", "scale", h);
    Node *outer = scenario_node(s, "", "DequantizeLinear", NAMES("q", "scale"), NAMES(h->minimum ? "product" : "y"));
    scenario_set_int(s, outer, "axis", 1);
    scenario_set_int(s, outer, "block_size", h->sub);
    if (h->minimum) {
        /* The minimum of each block, spread by dequantizing ones with it. */
        scenario_input(s, "sub_min", subscales(h, &sub, 7));
        scenario_input(s, "dmin", block_scales(DTYPE_FLOAT, &super, TRUE));
        scenario_constant(s, "ones", data_constant(h->codes, &x, 1));
        inner(s, "sub_min", "dmin", "minimum", h);
        Node *spread = scenario_node(s, "", "DequantizeLinear", NAMES("ones", "minimum"), NAMES("minima"));
        scenario_set_int(s, spread, "axis", 1);
        scenario_set_int(s, spread, "block_size", h->sub);
        scenario_node(s, "", "Sub", NAMES("product", "minima"), NAMES("y"));
    }
    scenario_output(s, "y");
    scenario_emit(s);
}

/* ---- a layer ------------------------------------------------------------------------------------------------------------ */

enum { TOKENS = 4, CHANNELS = 8 }; /* as many outputs as tokens: a bias for the wrong axis fits */

/* Each row is a mean and deviations of variance 15/4, which an epsilon of 1/4 makes 4: the normalized row is exact. */
static Tensor *rows_to_normalize(DType dtype)
{
    static const int deviations[CHANNELS] = { 1, -2, 3, -1, -3, 1, 2, -1 };
    Tensor *x = data_constant(dtype, &SHAPE(TOKENS, CHANNELS), 0);
    for (int64_t i = 0; i < x->count; i++)
        tensor_set_double(x, i, (double)(deviations[(i + 3 * (i / CHANNELS)) % CHANNELS] + 2 * (i / CHANNELS)));
    return x;
}

/* LayerNormalization, then a Gemm of weights in blocks along the channels, with a bias: as exporters write a linear layer. */
static void linear_layer(Generator *g, DType dtype, gboolean transposed)
{
    const Shape shape = transposed ? SHAPE(TOKENS, CHANNELS) : SHAPE(CHANNELS, TOKENS);
    const Shape scales = transposed ? SHAPE(TOKENS, 2) : SHAPE(2, TOKENS);
    Scenario *s = scenario_new(g, "dq-layer-%s%s", dtype_name(dtype), transposed ? "-transposed" : "");
    scenario_about(s, "standard", "R3 R16", "Normalized tokens times dequantized weights%s, plus a bias.", transposed ? ", stored transposed" : "");
    scenario_tag(s, "recipe");
    scenario_input(s, "x", rows_to_normalize(dtype));
    scenario_constant(s, "gamma", data_integers(dtype, &SHAPE(CHANNELS), data_seed("gamma"), 1, 4));
    scenario_constant(s, "beta", data_integers(dtype, &SHAPE(CHANNELS), data_seed("beta"), -3, 3));
    scenario_constant(s, "codes", block_codes(DTYPE_INT4, &shape));
    scenario_constant(s, "scales", block_scales(dtype, &scales, FALSE));
    scenario_constant(s, "bias", data_integers(dtype, &SHAPE(TOKENS), data_seed("bias"), -9, 9));
    Node *normalized = scenario_node(s, "", "LayerNormalization", NAMES("x", "gamma", "beta"), NAMES("normalized"));
    scenario_set_float(s, normalized, "epsilon", 0.25f);
    Node *weights = scenario_node(s, "", "DequantizeLinear", NAMES("codes", "scales"), NAMES("weights"));
    scenario_set_int(s, weights, "axis", transposed ? 1 : 0);
    scenario_set_int(s, weights, "block_size", CHANNELS / 2);
    Node *gemm = scenario_node(s, "", "Gemm", NAMES("normalized", "weights", "bias"), NAMES("y"));
    if (transposed)
        scenario_set_int(s, gemm, "transB", 1);
    scenario_output(s, "y");
    scenario_emit(s);
}

void block_qdq_practice(Generator *g)
{
    for (int transposed = 0; transposed < 2; transposed++) {
        linear_layer(g, DTYPE_FLOAT, transposed);
        linear_layer(g, DTYPE_FLOAT16, transposed);
    }
    for (gsize r = 0; r < G_N_ELEMENTS(recipes); r++) {
        recipe(g, &recipes[r], FALSE);
        recipe(g, &recipes[r], TRUE);
    }
    for (gsize h = 0; h < G_N_ELEMENTS(hierarchies); h++)
        hierarchy(g, &hierarchies[h]);
}
