/* Nodes that must be refused; each differs from its twin in one thing. */
#include "generators/proposals/attention_standard.h"

typedef enum { TWIN_PLAIN, TWIN_FLAT, TWIN_PAST, TWIN_NONPAD, TWIN_MASK, TWIN_PRESENT } Twin;
static const char *const twin_names[] = { "twin-plain", "twin-flat", "twin-past", "twin-nonpad", "twin-mask", "twin-present" };
static const int64_t lengths[] = { 3 };

static AttentionNode valid(Twin twin, int64_t version)
{
    return (AttentionNode){ .version = version, .flat = twin == TWIN_FLAT, .batch = 1, .heads = 4, .kv = 2, .queries = 3, .keys = 4, .depth = 16,
                            .values = 2, .dtype = DTYPE_FLOAT, .cache = twin == TWIN_PAST, .past = twin == TWIN_PAST ? 2 : 0,
                            .nonpad = twin == TWIN_NONPAD ? lengths : NULL, .mask = twin == TWIN_MASK ? MASK_BOOL : MASK_NONE,
                            .want_present = twin == TWIN_PRESENT };
}

static void twins(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++)
        for (Twin t = TWIN_PLAIN; t <= TWIN_PRESENT; t++) {
            if (t == TWIN_NONPAD && version == 23)
                continue;
            const AttentionNode n = valid(t, version);
            Scenario *s = scenario_new(g, "v%d-%s", (int)version, twin_names[t]);
            scenario_about(s, "standard", "R1 R2", "The valid twin of the cases that must be refused.");
            attention_node(s, &n);
            scenario_emit(s);
        }
}

static void finish(Scenario *s, Twin twin, int64_t version, const char *because)
{
    Graph *graph = scenario_graph(s);
    for (gsize i = 0; i < graph->outputs.n; i++)
        scenario_output_open(s, i, DTYPE_FLOAT, i == 0 && twin == TWIN_FLAT ? 3 : 4);
    g_autofree char *name = g_strdup_printf("v%d-%s", (int)version, twin_names[twin]);
    scenario_reject(s, name, because);
}

static const struct {
    const char *tag, *requirements, *what, *because;
    Twin        twin;
    int         input; /* 0 Q, 1 K, 2 V, 3 mask, 4 past_key, 5 past_value, 6 nonpad */
    Shape       shape;
    DType       type;
    double      value;
    int64_t     since;
} wrong[] = {
    { "q-rank-2", "R1", "Q has rank 2", "rank", TWIN_PLAIN, 0, { 2, { 3, 64 } }, DTYPE_FLOAT, 1, 23 },
    { "ranks-mixed", "R1", "K has rank 3, Q and V rank 4", "rank", TWIN_PLAIN, 1, { 3, { 1, 4, 32 } }, DTYPE_FLOAT, 1, 23 },
    { "batch", "R3", "K has two batch items", "do not go together", TWIN_PLAIN, 1, { 4, { 2, 2, 4, 16 } }, DTYPE_FLOAT, 1, 23 },
    { "depth", "R3", "K has 8 channels, Q 16", "do not go together", TWIN_PLAIN, 1, { 4, { 1, 2, 4, 8 } }, DTYPE_FLOAT, 1, 23 },
    { "keys", "R3", "V has 5 keys, K 4", "do not go together", TWIN_PLAIN, 2, { 4, { 1, 2, 5, 2 } }, DTYPE_FLOAT, 1, 23 },
    { "kv-heads", "R3", "V has 4 heads, K 2", "do not go together", TWIN_PLAIN, 2, { 4, { 1, 4, 4, 2 } }, DTYPE_FLOAT, 1, 23 },
    { "groups", "R5", "5 query heads for 2 key heads", "no multiple", TWIN_PLAIN, 0, { 4, { 1, 5, 3, 16 } }, DTYPE_FLOAT, 1, 23 },
    { "type-q", "R2", "Q is float16, K float", "float", TWIN_PLAIN, 0, { 4, { 1, 4, 3, 16 } }, DTYPE_FLOAT16, 1, 23 },
    { "type-int", "R2", "V is int32", "int32", TWIN_PLAIN, 2, { 4, { 1, 2, 4, 2 } }, DTYPE_INT32, 1, 23 },
    { "channels", "R4", "Q has 63 channels for 4 heads", "multiple of 4 heads", TWIN_FLAT, 0, { 3, { 1, 3, 63 } }, DTYPE_FLOAT, 1, 23 },
    { "past-heads", "R14", "past_key has one head, K two", "past_key", TWIN_PAST, 4, { 4, { 1, 1, 2, 16 } }, DTYPE_FLOAT, 1, 23 },
    { "past-lengths", "R14", "past_key has 3 keys, past_value 2", "past_key", TWIN_PAST, 4, { 4, { 1, 2, 3, 16 } }, DTYPE_FLOAT, 1, 23 },
    { "past-depth", "R14", "past_value has 3 channels, V 2", "past_value", TWIN_PAST, 5, { 4, { 1, 2, 2, 3 } }, DTYPE_FLOAT, 1, 23 },
    { "past-rank", "R14", "past_key has rank 3", "rank", TWIN_PAST, 4, { 3, { 1, 2, 32 } }, DTYPE_FLOAT, 1, 23 },
    { "past-type", "R2", "past_key is double", "double", TWIN_PAST, 4, { 4, { 1, 2, 2, 16 } }, DTYPE_DOUBLE, 1, 23 },
    { "nonpad-batch", "R15", "two lengths for one batch item", "nonpad_kv_seqlen", TWIN_NONPAD, 6, { 1, { 2 } }, DTYPE_INT64, 3, 24 },
    { "nonpad-long", "R15", "a length of 5 in a cache of 4", "nonpad_kv_seqlen", TWIN_NONPAD, 6, { 1, { 1 } }, DTYPE_INT64, 5, 24 },
    { "nonpad-negative", "R15", "a length of -1", "nonpad_kv_seqlen", TWIN_NONPAD, 6, { 1, { 1 } }, DTYPE_INT64, -1, 24 },
    { "nonpad-type", "R15", "lengths of int32", "int32", TWIN_NONPAD, 6, { 1, { 1 } }, DTYPE_INT32, 3, 24 },
    { "mask-long", "R11", "a mask for 5 keys of 4", "attn_mask", TWIN_MASK, 3, { 2, { 3, 5 } }, DTYPE_BOOL, 1, 23 },
    { "mask-queries", "R7", "a mask for 2 queries of 3", "attn_mask", TWIN_MASK, 3, { 2, { 2, 4 } }, DTYPE_BOOL, 1, 23 },
    { "mask-heads", "R7", "a mask for 2 heads of 4", "attn_mask", TWIN_MASK, 3, { 3, { 2, 3, 4 } }, DTYPE_BOOL, 1, 23 },
    { "mask-rank-5", "R7", "a mask of rank 5", "attn_mask", TWIN_MASK, 3, { 5, { 1, 1, 1, 3, 4 } }, DTYPE_BOOL, 1, 23 },
};

static void wrong_inputs(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++)
        for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
            if (version < wrong[i].since)
                continue;
            const AttentionNode n = valid(wrong[i].twin, version);
            AttentionInputs given = { NULL };
            Tensor **const places[] = { &given.q, &given.k, &given.v, &given.mask, &given.past_key, &given.past_value, &given.nonpad };
            *places[wrong[i].input] = data_constant(wrong[i].type, &wrong[i].shape, wrong[i].value);
            Scenario *s = scenario_new(g, "v%d-reject-%s", (int)version, wrong[i].tag);
            scenario_about(s, "standard", wrong[i].requirements, "Refused: %s.", wrong[i].what);
            attention_node_with(s, &n, &given);
            finish(s, wrong[i].twin, version, wrong[i].because);
        }
}

static const struct {
    const char *tag, *requirements, *what, *because;
    Twin        twin;
    const char *attribute;
    int64_t     value, since;
} attributes[] = {
    { "precision-int32", "R17", "softmax_precision INT32", "softmax_precision", TWIN_PLAIN, "softmax_precision", 6, 23 },
    { "precision-float8", "R17", "softmax_precision FLOAT8E4M3FN", "softmax_precision", TWIN_PLAIN, "softmax_precision", 17, 23 },
    { "precision-0", "R17", "softmax_precision UNDEFINED", "softmax_precision", TWIN_PLAIN, "softmax_precision", 0, 23 },
    { "mode-4", "R19", "qk_matmul_output_mode 4", "qk_matmul_output_mode", TWIN_PLAIN, "qk_matmul_output_mode", 4, 23 },
    { "mode-negative", "R19", "qk_matmul_output_mode -1", "qk_matmul_output_mode", TWIN_PLAIN, "qk_matmul_output_mode", -1, 23 },
    { "left-minus-2", "R10", "left_window_size -2", "window", TWIN_PLAIN, "left_window_size", -2, 25 },
    { "right-minus-2", "R10", "right_window_size -2", "window", TWIN_PLAIN, "right_window_size", -2, 25 },
    { "heads-of-rank-4", "R4", "q_num_heads with operands of rank 4", "rank 3", TWIN_PLAIN, "q_num_heads", 4, 25 },
    { "heads-zero", "R4", "q_num_heads 0", "q_num_heads", TWIN_FLAT, "q_num_heads", 0, 23 },
    { "heads-negative", "R4", "kv_num_heads -2", "kv_num_heads", TWIN_FLAT, "kv_num_heads", -2, 23 },
    { "heads-other", "R5", "kv_num_heads 3 where 4 query heads are", "heads", TWIN_FLAT, "kv_num_heads", 3, 23 },
};

static void wrong_attributes(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++)
        for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++) {
            if (version < attributes[i].since)
                continue;
            const AttentionNode n = valid(attributes[i].twin, version);
            Scenario *s = scenario_new(g, "v%d-reject-%s", (int)version, attributes[i].tag);
            scenario_about(s, "standard", attributes[i].requirements, "Refused: %s.", attributes[i].what);
            Node *node = attention_node_with(s, &n, &(AttentionInputs){ NULL });
            scenario_set_int(s, node, attributes[i].attribute, attributes[i].value);
            finish(s, attributes[i].twin, version, attributes[i].because);
        }
}

/* One of two inputs or outputs that go together, or attributes left out. */
static void halves(Generator *g)
{
    for (int64_t version = 23; version <= 25; version++) {
        for (int which = 4; which <= 5; which++) {
            const AttentionNode n = valid(TWIN_PAST, version);
            Scenario *s = scenario_new(g, "v%d-reject-past-%s-alone", (int)version, which == 4 ? "value" : "key");
            scenario_about(s, "standard", "R14", "Refused: past_%s without the other.", which == 4 ? "value" : "key");
            Node *node = attention_node_with(s, &n, &(AttentionInputs){ NULL });
            node->inputs[which] = "";
            finish(s, TWIN_PAST, version, "past_key and past_value");
        }
        const AttentionNode flat = valid(TWIN_FLAT, version);
        Scenario *s = scenario_new(g, "v%d-reject-heads-missing", (int)version);
        scenario_about(s, "standard", "R4", "Refused: operands of rank 3 without kv_num_heads.");
        Node *node = attention_node_with(s, &flat, &(AttentionInputs){ NULL });
        list_remove(&node->attributes, 1);
        finish(s, TWIN_FLAT, version, "kv_num_heads");
    }
    const AttentionNode n = valid(TWIN_PRESENT, 25);
    for (int which = 1; which <= 2; which++) {
        Scenario *s = scenario_new(g, "v25-reject-present-%s-alone", which == 1 ? "value" : "key");
        scenario_about(s, "standard", "R13", "Refused: present_%s without the other.", which == 1 ? "value" : "key");
        Node *node = attention_node_with(s, &n, &(AttentionInputs){ NULL });
        node->outputs[which] = "";
        Graph *graph = scenario_graph(s);
        list_remove(&graph->outputs, (gsize)which);
        finish(s, TWIN_PRESENT, 25, "present_key and present_value");
    }
}

static void mixed_caches(Generator *g)
{
    for (int64_t version = 24; version <= 25; version++) {
        AttentionNode n = valid(TWIN_PAST, version);
        n.nonpad = lengths;
        Scenario *s = scenario_new(g, "v%d-reject-nonpad-with-past", (int)version);
        scenario_about(s, "standard", "R15", "Refused: nonpad_kv_seqlen, which says that K and V are the cache, together with past_key.");
        attention_node_with(s, &n, &(AttentionInputs){ NULL });
        finish(s, TWIN_PAST, version, "nonpad_kv_seqlen");
        n = valid(TWIN_NONPAD, version);
        n.mask = MASK_BOOL;
        n.mask_shape = SHAPE(3, 2);
        s = scenario_new(g, "v%d-reject-mask-shorter-than-nonpad", (int)version);
        scenario_about(s, "standard", "R11 R15", "Refused: a mask for 2 keys where 3 are held.");
        attention_node_with(s, &n, &(AttentionInputs){ NULL });
        finish(s, TWIN_NONPAD, version, "attn_mask");
    }
    AttentionNode n = valid(TWIN_NONPAD, 25);
    n.want_present = TRUE;
    Scenario *s = scenario_new(g, "v25-reject-nonpad-with-present");
    scenario_about(s, "standard", "R15", "Refused: nonpad_kv_seqlen together with present_key and present_value.");
    attention_node_with(s, &n, &(AttentionInputs){ NULL });
    finish(s, TWIN_NONPAD, 25, "nonpad_kv_seqlen");
}

void attention_standard_rejects(Generator *g)
{
    twins(g);
    wrong_inputs(g);
    wrong_attributes(g);
    halves(g);
    mixed_caches(g);
}
