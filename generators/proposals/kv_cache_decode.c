/* One decode, many representations: whatever keeps the cache, every token's output is the same, bit for bit.
 *
 * Keys are one-hot, 32 in a channel of their own for each position; queries ask for one visible position with a score
 * of 2048 and for the token after them with 4096. The softmax is exactly one-hot then, and the output is a row of
 * values that tells where it comes from: batch item, head, position. Whoever looks one place too far gets the next
 * token's row; places that are not written hold keys that every query prefers. */
#include "generators/proposals/kv_cache.h"

enum { B = 2, QH = 4, KH = 2, N = 6, M = 8, D = 8, BLOCK = 2 };

static int64_t channel(int64_t b, int64_t h, int64_t p)
{
    return (3 * p + h + 2 * b) % D;
}

/* The position whose row query p of head h gets. */
static int64_t target(int64_t h, int64_t p, int64_t window)
{
    const int64_t visible = MIN(p + 1, window);
    return p - (5 * p + h) % visible;
}

typedef enum { QUERY, KEY, VALUE } Part;

/* Elements of tokens [from, from + n) of all batch items; positions of item b start at from + ragged[b]. */
static Tensor *tokens(DType dtype, Part part, int64_t from, int64_t n, const int64_t *ragged, int64_t window)
{
    const int64_t heads = part == QUERY ? QH : KH;
    Tensor *t = data_constant(dtype, &SHAPE(B, heads, n, D), 0);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t d = i % D, h = i / (n * D) % heads, b = i / (heads * n * D),
                      p = from + i / D % n + (ragged ? ragged[b] : 0);
        const int64_t key_head = h / (heads / KH);
        double value;
        if (part == KEY)
            value = d == channel(b, h, p) ? 32 : 0;
        else if (part == VALUE)
            value = (double)(1 + d + D * (p + 8 * (h + KH * b)));
        else
            value = d == channel(b, key_head, target(h, p, window)) ? 64
                    : d == channel(b, key_head, p + 1) || (p >= window && d == channel(b, key_head, p - window)) ? 128 : 0;
        tensor_set_double(t, i, value);
    }
    return t;
}

/* A static cache of which nothing is written: keys that win every comparison, values that show. */
static Tensor *garbage(DType dtype, Part part, const Shape *shape)
{
    return data_constant(dtype, shape, part == KEY ? 32 : -500);
}

/* Queries [at, at + n) of y [B, QH, N, D]. */
static Tensor *rows(const Tensor *y, int64_t at, int64_t n, const int64_t *ragged)
{
    const int64_t all = y->shape.dims[2];
    Tensor *t = data_constant(y->dtype, &SHAPE(B, QH, n, D), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(
            t, i,
            tensor_get_bits(y, (i / (n * D) * all + at + (ragged ? ragged[i / (QH * n * D)] : 0)) * D + i % (n * D)));
    return t;
}

/* ---- representations --------------------------------------------------------------------------------------------- */

/* Nodes from q, k, v [.., s, D], past_k, past_v and at [B] (tokens so far) to y, present_k, present_v. */
typedef struct {
    const char *tag, *variant, *what, *requirements, *nodes;
    Shape       cache;   /* of a static representation; rank 0: grows from no places */
    gboolean    at;      /* whether the input at is read */
    gboolean    meaning; /* TensorScatter decomposed */
    int         value_axis; /* 3: the value cache has its last two axes exchanged */
} Way;

#define CAUSAL "y = Attention <is_causal = 1, scale = 1.0> (q, keys, values, , , , lengths)"
#define LENGTHS "qs = Shape <start = 2, end = 3> (q)  lengths = Add (at, qs)  "
#define SCATTER "present_k = TensorScatter (past_k, k, at)  present_v = TensorScatter (past_v, v, at)  "
/* A mask [B, 1, s, places]: place j is visible to query i of item b if j <= at[b] + i. */
#define MASK "zero = Constant <value = int64 {0}> ()  one = Constant <value = int64 {1}> ()  n = Squeeze (qs)  " \
             "i = Range (zero, n, one)  " \
             "rs = Constant <value = int64[4] {1, 1, -1, 1}> ()  ir = Reshape (i, rs)  " \
             "bs = Constant <value = int64[4] {-1, 1, 1, 1}> ()  " \
             "ab = Reshape (at, bs)  last = Add (ab, ir)  ks = Shape <start = 2, end = 3> (present_k)  " \
             "m = Squeeze (ks)  " \
             "j = Range (zero, m, one)  mask = LessOrEqual (j, last)  "

/* `to_slot`: nodes from the first place of a block and the row in it to the place in the flat pool, slot. */
#define PAGED(to_slot)                                                                                             \
    LENGTHS                                                                                                        \
    "size = Constant <value = int64 {2}> ()  "                                                                     \
    "table = Constant <value = int64[2, 4] {6, 0, 3, 5, 2, 7, 1, 4}> ()  "                                         \
    "n = Squeeze (qs)  zero = Constant <value = int64 {0}> ()  one = Constant <value = int64 {1}> ()  "            \
    "i = Range (zero, n, one)  "                                                                                   \
    "bs = Constant <value = int64[2] {-1, 1}> ()  ab = Reshape (at, bs)  p = Add (ab, i)  which = Div (p, size)  " \
    "row = Mod (p, size)  "                                                                                        \
    "block = GatherElements <axis = 1> (table, which)  first = Mul (block, size)  " to_slot                        \
    "up = Constant <value = int64[1] {-1}> ()  slots = Unsqueeze (slot, up)  "                                     \
    "kt = Transpose <perm = [0, 2, 1, 3]> (k)  vt = Transpose <perm = [0, 2, 1, 3]> (v)  "                         \
    "flat = Constant <value = int64[3] {16, 2, 8}> ()  fk = Reshape (past_k, flat)  fv = Reshape (past_v, flat)  " \
    "wk = ScatterND (fk, slots, kt)  wv = ScatterND (fv, slots, vt)  "                                             \
    "pool = Constant <value = int64[4] {8, 2, 2, 8}> ()  "                                                         \
    "present_k = Reshape (wk, pool)  present_v = Reshape (wv, pool)  gk = Gather (present_k, table)  "             \
    "gv = Gather (present_v, table)  "                                                                             \
    "view = Constant <value = int64[4] {2, 8, 2, 8}> ()  rk = Reshape (gk, view)  rv = Reshape (gv, view)  "       \
    "keys = Transpose <perm = [0, 2, 1, 3]> (rk)  values = Transpose <perm = [0, 2, 1, 3]> (rv)  " CAUSAL

static const Way ways[] = {
    { "concat", "concat", "the cache grows by Concat, the mask is made from shapes", "R50 R51",
      "present_k = Concat <axis = 2> (past_k, k)  present_v = Concat <axis = 2> (past_v, v)  "
      "qs = Shape <start = 2, end = 3> (q)  "
      "at = Shape <start = 2, end = 3> (past_k)  " MASK "y = Attention <scale = 1.0> (q, present_k, present_v, mask)",
      .cache = { 0, { 0 } } },
    { "attention-past", "concat", "Attention itself appends to its past", "R50 R51",
      "y, present_k, present_v = Attention <is_causal = 1, scale = 1.0> (q, k, v, , past_k, past_v)",
      .cache = { 0, { 0 } } },
    { "static", "tensorscatter", "TensorScatter, and the number of tokens says what is visible", "R50 R52",
      LENGTHS SCATTER "keys = Identity (present_k)  values = Identity (present_v)  " CAUSAL,
      .cache = { 4, { B, KH, M, D } }, .at = TRUE, .meaning = TRUE },
    { "static-mask", "tensorscatter", "TensorScatter, and a mask over the whole cache", "R50 R52",
      "qs = Shape <start = 2, end = 3> (q)  " SCATTER MASK
      "y = Attention <scale = 1.0> (q, present_k, present_v, mask)",
      .cache = { 4, { B, KH, M, D } }, .at = TRUE, .meaning = TRUE },
    { "bsnh", "layout", "the cache has places before heads", "R50 R20",
      LENGTHS
      "kt = Transpose <perm = [0, 2, 1, 3]> (k)  vt = Transpose <perm = [0, 2, 1, 3]> (v)  "
      "present_k = TensorScatter <axis = 1> (past_k, kt, at)  present_v = TensorScatter <axis = 1> (past_v, vt, at)  "
      "keys = Transpose <perm = [0, 2, 1, 3]> (present_k)  values = Transpose <perm = [0, 2, 1, 3]> (present_v)  " CAUSAL,
      .cache = { 4, { B, M, KH, D } }, .at = TRUE },
    { "bnhs", "layout", "the value cache has its last two axes exchanged", "R50 R20",
      LENGTHS "vt = Transpose <perm = [0, 1, 3, 2]> (v)  present_k = TensorScatter (past_k, k, at)  "
              "present_v = TensorScatter <axis = 3> (past_v, vt, at)  keys = Identity (present_k)  "
              "values = Transpose <perm = [0, 1, 3, 2]> (present_v)  " CAUSAL,
      .cache = { 4, { B, KH, M, D } }, .at = TRUE, .value_axis = 3 },
    { "paged", "paged", "blocks of two places, anywhere in a pool", "R50 R27", PAGED("slot = Add (first, row)  "),
      .cache = { 4, { B * M / BLOCK, BLOCK, KH, D } }, .at = TRUE },
    { "paged-from-end", "paged", "blocks of two places in a pool, written at places that count from its end", "R50 R27",
      PAGED("there = Add (first, row)  all = Constant <value = int64 {16}> ()  slot = Sub (there, all)  "),
      .cache = { 4, { B * M / BLOCK, BLOCK, KH, D } }, .at = TRUE },
    { "quantized", "quantized", "keys and values are kept as int16", "R50 R24",
      LENGTHS "sk = Constant <value = float {32.0}> ()  sv = Constant <value = float {1.0}> ()  "
              "ck = QuantizeLinear <output_dtype = 5> (k, sk)  cv = QuantizeLinear <output_dtype = 5> (v, sv)  "
              "present_k = TensorScatter (past_k, ck, at)  present_v = TensorScatter (past_v, cv, at)  "
              "keys = DequantizeLinear (present_k, sk)  values = DequantizeLinear (present_v, sv)  " CAUSAL,
      .cache = { 4, { B, KH, M, D } }, .at = TRUE },
};

static const struct {
    const char *tag;
    int         n;
    int64_t     steps[N];
} splits[] = {
    { "6", 1, { 6 } }, { "3-3", 2, { 3, 3 } }, { "1-5", 2, { 1, 5 } }, { "4-1-1", 3, { 4, 1, 1 } }, { "1-1-1-1-1-1", 6, { 1, 1, 1, 1, 1, 1 } },
};

static gboolean is_quantized(const Way *w)
{
    return g_str_equal(w->tag, "quantized");
}

static Tensor *first_cache(const Way *w, DType dtype, Part part)
{
    if (w->cache.rank == 0)
        return data_constant(dtype, &SHAPE(B, KH, 0, D), 0);
    Shape shape = w->cache;
    if (part == VALUE && w->value_axis == 3) {
        shape.dims[2] = w->cache.dims[3];
        shape.dims[3] = w->cache.dims[2];
    }
    return garbage(is_quantized(w) ? DTYPE_INT16 : dtype, part, &shape);
}

static void token_inputs(Scenario *s, DType dtype, int64_t from, int64_t n, const int64_t *ragged, int64_t window)
{
    scenario_input(s, "q", tokens(dtype, QUERY, from, n, ragged, window));
    scenario_input(s, "k", tokens(dtype, KEY, from, n, ragged, window));
    scenario_input(s, "v", tokens(dtype, VALUE, from, n, ragged, window));
}

static void cache_outputs(Scenario *s)
{
    scenario_output(s, "y");
    scenario_output(s, "present_k");
    scenario_output(s, "present_v");
}

/* All tokens at once, without any cache: what every representation must give. */
static Tensor *whole(Generator *g, DType dtype, int64_t window)
{
    Scenario *s = scenario_new(g, "decode-whole%s-%s", window < N ? "-window" : "", dtype_name(dtype));
    scenario_about(s, "concat", "R50", "Six tokens at once in %s, no cache%s.", dtype_name(dtype),
                   window < N ? ", in a window of four" : "");
    token_inputs(s, dtype, 0, N, NULL, window);
    if (window < N)
        scenario_text(s, "y = Attention <is_causal = 1, scale = 1.0, left_window_size = %d> (q, k, v)", (int)window - 1);
    else
        scenario_text(s, "y = Attention <is_causal = 1, scale = 1.0> (q, k, v)");
    scenario_output(s, "y");
    Tensor *y = NULL;
    if (scenario_run(s, &y, 1))
        scenario_emit(s);
    return y;
}

static gboolean chain(Generator *g, const Way *w, gsize split, DType dtype, const Tensor *expected)
{
    Tensor *keys = first_cache(w, dtype, KEY), *values = first_cache(w, dtype, VALUE);
    for (int64_t step = 0, at = 0; step < splits[split].n; at += splits[split].steps[step++]) {
        const int64_t n = splits[split].steps[step], ats[B] = { at, at };
        Scenario *s = scenario_new(g, "decode-%s-%s-step%d-%s", w->tag, splits[split].tag, (int)step, dtype_name(dtype));
        scenario_about(s, w->variant, w->requirements, "Step %d of %s, %d tokens after %d: %s.", (int)step,
                       splits[split].tag, (int)n, (int)at, w->what);
        scenario_tag(s, step == 0 ? "prefill" : "decode");
        token_inputs(s, dtype, at, n, NULL, N);
        scenario_input(s, "past_k", keys);
        scenario_input(s, "past_v", values);
        if (w->at)
            scenario_input(s, "at", data_int64s(&SHAPE(B), ats));
        scenario_text(s, "%s", w->nodes);
        cache_outputs(s);
        Tensor *outputs[3];
        if (!scenario_run(s, outputs, 3))
            return FALSE;
        tensor_unref(outputs[0]);
        keys = outputs[1];
        values = outputs[2];
        scenario_expect(s, 0, rows(expected, at, n, NULL));
        if (w->meaning) {
            const Update u = { .cache = w->cache, .axis = KV_DEFAULT_AXIS, .length = n, .dtype = dtype, .indices = ats };
            kv_meaning(s, &u);
        }
        scenario_emit(s);
    }
    tensor_unref(keys);
    tensor_unref(values);
    return TRUE;
}

/* ---- ragged batches ---------------------------------------------------------------------------------------------- */

/* Item 0 has four tokens so far, item 1 two: each decodes at its own place. */
static gboolean ragged(Generator *g, const Way *w, const Tensor *expected)
{
    static const int64_t lengths[B] = { 4, 2 };
    Tensor *cache[] = { garbage(DTYPE_FLOAT, KEY, &w->cache), garbage(DTYPE_FLOAT, VALUE, &w->cache) };
    for (int part = 0; part < 2; part++) {
        g_autoptr(Tensor) all = tokens(DTYPE_FLOAT, part ? VALUE : KEY, 0, N, NULL, N);
        for (int64_t i = 0; i < all->count; i++)
            if (i / D % N < lengths[i / (KH * N * D)])
                tensor_set_bits(cache[part], (i / (N * D) * M + i / D % N) * D + i % D, tensor_get_bits(all, i));
    }
    for (int64_t step = 0; step < 2; step++) {
        const int64_t at[B] = { lengths[0] + step, lengths[1] + step };
        Scenario *s = scenario_new(g, "decode-ragged-%s-step%d", w->tag, (int)step);
        g_autofree char *requirements = g_strconcat(w->requirements, " R53", NULL);
        scenario_about(s, w->variant, requirements, "Items with %d and %d tokens each get one more: %s.", (int)at[0],
                       (int)at[1], w->what);
        scenario_tag(s, "ragged");
        token_inputs(s, DTYPE_FLOAT, 0, 1, at, N);
        scenario_input(s, "past_k", cache[0]);
        scenario_input(s, "past_v", cache[1]);
        scenario_input(s, "at", data_int64s(&SHAPE(B), at));
        scenario_text(s, "%s", w->nodes);
        cache_outputs(s);
        Tensor *outputs[3];
        if (!scenario_run(s, outputs, 3))
            return FALSE;
        tensor_unref(outputs[0]);
        cache[0] = outputs[1];
        cache[1] = outputs[2];
        scenario_expect(s, 0, rows(expected, 0, 1, at));
        const Update u = { .cache = w->cache, .axis = KV_DEFAULT_AXIS, .length = 1, .dtype = DTYPE_FLOAT, .indices = at };
        kv_meaning(s, &u);
        scenario_emit(s);
    }
    tensor_unref(cache[0]);
    tensor_unref(cache[1]);
    return TRUE;
}

/* ---- circular cache ---------------------------------------------------------------------------------------------- */

/* A circular cache of four places is a sliding window: token by token, every place that is written is visible. */
static gboolean circular(Generator *g, DType dtype)
{
    enum { WINDOW = 4 };
    g_autoptr(Tensor) expected = whole(g, dtype, WINDOW);
    if (!expected)
        return FALSE;
    const Shape shape = SHAPE(B, KH, WINDOW, D);
    Tensor *keys = garbage(dtype, KEY, &shape), *values = garbage(dtype, VALUE, &shape);
    for (int64_t p = 0; p < N; p++) {
        const int64_t at[B] = { p, p };
        Scenario *s = scenario_new(g, "decode-circular-step%d-%s", (int)p, dtype_name(dtype));
        scenario_about(s, "tensorscatter", "R54 R7 R8",
                       "Token %d in a circular cache of four places: a window of four.", (int)p);
        token_inputs(s, dtype, p, 1, NULL, WINDOW);
        scenario_input(s, "past_k", keys);
        scenario_input(s, "past_v", values);
        scenario_input(s, "at", data_int64s(&SHAPE(B), at));
        scenario_text(s, "present_k = TensorScatter <mode = \"circular\"> (past_k, k, at)  "
                         "present_v = TensorScatter <mode = \"circular\"> (past_v, v, at)  "
                         "one = Constant <value = int64 {1}> ()  "
                         "four = Constant <value = int64 {4}> ()  seen = Add (at, one)  lengths = Min (seen, four)  "
                         "y = Attention <scale = 1.0> (q, present_k, present_v, , , , lengths)");
        cache_outputs(s);
        Tensor *outputs[3];
        if (!scenario_run(s, outputs, 3))
            return FALSE;
        tensor_unref(outputs[0]);
        keys = outputs[1];
        values = outputs[2];
        scenario_expect(s, 0, rows(expected, p, 1, NULL));
        const Update u = {
            .cache = shape, .axis = KV_DEFAULT_AXIS, .length = 1, .circular = TRUE, .dtype = dtype, .indices = at
        };
        kv_meaning(s, &u);
        scenario_emit(s);
    }
    tensor_unref(keys);
    tensor_unref(values);
    return TRUE;
}

void kv_cache_decode(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
        g_autoptr(Tensor) expected = whole(g, types[t], N);
        if (!expected)
            return;
        for (gsize w = 0; w < G_N_ELEMENTS(ways); w++)
            for (gsize i = 0; i < G_N_ELEMENTS(splits); i++)
                if (t == 0 || (i == 3 && !is_quantized(&ways[w]))) /* narrow types: a prefill and two steps */
                    if (!chain(g, &ways[w], i, types[t], expected))
                        return;
        for (gsize w = 0; t == 0 && w < G_N_ELEMENTS(ways); w++)
            if (ways[w].meaning && !ragged(g, &ways[w], expected))
                return;
        if (!circular(g, types[t]))
            return;
    }
}
