/* attention-precision: three ways to say precision and quantization in attention, on the same cases. */
#include "generators/proposals/attention_precision.h"

#include <string.h>

#define BASE .batch = 1, .heads = 4, .kv = 2, .queries = 3, .keys = 5, .depth = 8, .values = 3

static const char *const say_names[SAYS] = { "graphs", "attributes", "hybrid" };

/* One semantic case in every way that can say it: the goldens must be the same bits. */
static void every_way(Generator *g, const PrecisionNode *n, const char *name, const char *requirements, const char *what)
{
    for (int say = 0; say < SAYS; say++) {
        if ((n->ties_away && say != SAY_GRAPHS) || (n->cap && say == SAY_ATTRIBUTES))
            continue;
        Scenario *s = scenario_new(g, "%s-%s", name, say_names[say]);
        scenario_about(s, say_names[say], requirements, "%s.", what);
        scenario_semantic(s, name);
        precision_node(s, n, (PrecisionSay)say);
        if (say == SAY_HYBRID && !n->cap) /* without its graph its meaning is that of the attributes, word for word */
            scenario_emit_forms(s, 1u << FORM_NATIVE);
        else
            scenario_emit(s);
    }
}

static const PrecisionQuant off = { .type = DTYPE_UNDEFINED };

/* Scales by which some values of that type fall between codes and some beyond. */
static PrecisionQuant quant(DType type, PrecisionPlace place)
{
    const double step = place == PLACE_P ? 3.0 / 16 : type == DTYPE_INT4 || type == DTYPE_UINT4 ? 0.5 : 0.1875;
    return (PrecisionQuant){ .type = type, .scale = dtype_is_float(type) && place != PLACE_P ? 0.25 : step };
}

static const DType types[] = { DTYPE_INT8, DTYPE_UINT8, DTYPE_INT4, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT8E5M2 };

/* Every subset of {Q and K, P, V} in every type, masked or not. */
static void subsets(Generator *g)
{
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (int set = 0; set < 8; set++)
            for (int causal = 0; causal < 2; causal++) {
                if (set == 0 && t > 0)
                    continue;
                PrecisionNode n = { BASE, .causal = causal };
                for (int place = 0; place < PLACES; place++) {
                    const gboolean on = place <= PLACE_K ? set & 1 : place == PLACE_P ? set & 2 : set & 4;
                    n.quant[place] = on ? quant(types[t], (PrecisionPlace)place) : off;
                    n.quant[place].asymmetric = on && types[t] == DTYPE_UINT8;
                }
                g_autofree char *name = g_strdup_printf("places-%s%s%s%s-%s%s", set & 1 ? "qk" : "", set & 2 ? "p" : "", set & 4 ? "v" : "",
                                                        set ? "" : "none", set ? dtype_name(types[t]) : "float", causal ? "-causal" : "");
                every_way(g, &n, name, set & 2 ? "R1 R2 R3 R4 R6 R10" : "R1 R2 R3 R10", "Quantized and dequantized at these places");
            }
}

static void granularities(Generator *g)
{
    static const struct {
        const char    *name;
        PrecisionPlace place;
        int64_t        block[4];
    } all[] = {
        { "q-head", PLACE_Q, { -1, 1, -1, -1 } },    { "k-head", PLACE_K, { -1, 1, -1, -1 } },   { "v-head", PLACE_V, { -1, 1, -1, -1 } },
        { "q-rows2", PLACE_Q, { 1, 1, 2, -1 } },     { "k-rows2", PLACE_K, { 1, 1, 2, -1 } },    { "k-rows3", PLACE_K, { 1, 1, 3, -1 } },
        { "v-channel", PLACE_V, { 1, 1, -1, 1 } },   { "k-channel", PLACE_K, { 1, 1, -1, 1 } },  { "q-rows64", PLACE_Q, { 1, 1, 64, -1 } },
        { "v-tiles", PLACE_V, { 1, 1, 2, 2 } },      { "q-batch", PLACE_Q, { 1, -1, -1, -1 } },  { "k-element", PLACE_K, { 1, 1, 1, 1 } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        for (int t = 0; t < 4; t++) {
            static const DType kinds[] = { DTYPE_INT8, DTYPE_UINT8, DTYPE_INT4, DTYPE_FLOAT8E4M3FN };
            PrecisionNode n = { BASE, .salt = (guint)i };
            n.batch = 2;
            n.quant[all[i].place] = quant(kinds[t], all[i].place);
            n.quant[all[i].place].asymmetric = kinds[t] == DTYPE_UINT8;
            memcpy(n.quant[all[i].place].block, all[i].block, sizeof all[i].block);
            n.quant[all[i].place].scale /= 4; /* blocks take this times 1, 2, 4, 8 */
            g_autofree char *name = g_strdup_printf("scales-%s-%s", all[i].name, dtype_name(kinds[t]));
            every_way(g, &n, name, "R1 R2 R5", "One scale for each block");
        }
}

static void accumulations(Generator *g)
{
    static const DType kinds[] = { DTYPE_UNDEFINED, DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT };
    for (gsize a = 0; a < G_N_ELEMENTS(kinds); a++)
        for (gsize b = 0; b < G_N_ELEMENTS(kinds); b++) {
            if (kinds[a] == DTYPE_FLOAT16)
                continue; /* these scores are beyond float16 */
            PrecisionNode n = { BASE, .qk_accum = kinds[a], .pv_accum = kinds[b], .quantum = 0.0625 };
            n.quant[PLACE_P] = quant(DTYPE_UINT8, PLACE_P);
            n.quant[PLACE_V] = quant(DTYPE_INT8, PLACE_V);
            g_autofree char *name = g_strdup_printf("accumulate-%s-%s", kinds[a] ? dtype_name(kinds[a]) : "default",
                                                    kinds[b] ? dtype_name(kinds[b]) : "default");
            every_way(g, &n, name, "R1 R2 R7", "Products rounded to these types");
        }
}

static void computed(Generator *g)
{
    for (int place = 0; place < 3; place++)
        for (int causal = 0; causal < 2; causal++) {
            PrecisionNode n = { BASE, .causal = causal, .salt = 7 };
            const PrecisionPlace p = place == 2 ? PLACE_V : (PrecisionPlace)place;
            n.quant[p] = (PrecisionQuant){ .type = DTYPE_INT8, .computed = TRUE };
            g_autofree char *name = g_strdup_printf("computed-%s%s", precision_names[p], causal ? "-causal" : "");
            every_way(g, &n, name, "R1 R2 R8", "The scale is max |x| / 128, computed by the model");
        }
}

/* What attributes alone cannot say: the graph says it, or the hybrid's. */
static void beyond_attributes(Generator *g)
{
    for (int set = 0; set < 4; set++) {
        PrecisionNode n = { BASE, .cap = TRUE, .causal = set & 1, .salt = 3 };
        n.quant[PLACE_V] = set & 2 ? quant(DTYPE_INT8, PLACE_V) : off;
        n.quant[PLACE_K] = quant(DTYPE_INT8, PLACE_K);
        g_autofree char *name = g_strdup_printf("beyond-softcap-%d", set);
        every_way(g, &n, name, "R1 R9", "A soft cap on the scores, which no attribute says");
    }
}

/* SageAttention: K without its mean, Q and K int8 in blocks of rows; then P and V as float16 (1) or float8 (2). */
static void sage(Generator *g)
{
    for (int version = 1; version <= 2; version++)
        for (int ties = 0; ties < 2; ties++)
            for (int causal = 0; causal < 2; causal++) {
                PrecisionNode n = { BASE, .smooth_k = TRUE, .causal = causal, .ties_away = ties, .salt = 11 };
                n.keys = 8;
                n.quant[PLACE_Q] = n.quant[PLACE_K] = (PrecisionQuant){ .type = DTYPE_INT8, .scale = 0.25 };
                if (!ties) {
                    memcpy(n.quant[PLACE_Q].block, (const int64_t[]){ 1, 1, 2, -1 }, sizeof n.quant[PLACE_Q].block);
                    memcpy(n.quant[PLACE_K].block, (const int64_t[]){ 1, 1, 4, -1 }, sizeof n.quant[PLACE_K].block);
                }
                if (version == 1) {
                    n.pv_accum = DTYPE_FLOAT16;
                } else {
                    n.quant[PLACE_P] = (PrecisionQuant){ .type = DTYPE_FLOAT8E4M3FN, .scale = 1.0 / 448 };
                    n.quant[PLACE_V] = (PrecisionQuant){ .type = DTYPE_FLOAT8E4M3FN, .scale = 0.125, .block = { 1, 1, -1, 1 } };
                }
                g_autofree char *name = g_strdup_printf("sage%d-%s%s", version, ties ? "ties-away" : "ties-even", causal ? "-causal" : "");
                every_way(g, &n, name, ties ? "R9 R11" : "R1 R2 R11", ties ? "SageAttention with halves rounded away from zero, as its Triton kernels do"
                                                                          : "SageAttention with halves rounded to even, as its CUDA kernels do");
            }
}

void attention_precision_places(Generator *g)
{
    subsets(g);
    granularities(g);
    accumulations(g);
}

void attention_precision_recipes(Generator *g)
{
    computed(g);
    beyond_attributes(g);
    sage(g);
}

static void generate(Generator *g)
{
    attention_precision_places(g);
    attention_precision_recipes(g);
    attention_precision_rejects(g);
}

PROPOSAL_DEFINE(attention_precision, "attention-precision", generate)
