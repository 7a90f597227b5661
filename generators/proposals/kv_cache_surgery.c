/* Graph surgery: a decoder as exported, with a cache that grows by Concat, and the same decoder after its cache was made
 * static. Before and after must give the same tokens.
 *
 * The layer is small: projections by constant matrices of integers, positions that a table turns into vectors, attention by
 * MatMul and Softmax as exporters write it. Scores are zero (the query projection is), so that weights are uniform over what
 * is visible: with one, two or four visible places they are exact, and otherwise certified. */
#include "generators/proposals/kv_cache.h"

enum { H = 2, D = 4, C = H * D, M = 8 };

/* Positions: before, from the length of the past, which surgery must replace by an input; after, from that input. */
#define BEFORE_POSITIONS "past = Shape <start = 2, end = 3> (past_k)  s = Shape <start = 1, end = 2> (x)  " \
                         "p0 = Squeeze (past)  sn = Squeeze (s)  " \
                         "zero = Constant <value = int64 {0}> ()  one = Constant <value = int64 {1}> ()  " \
                         "i = Range (zero, sn, one)  positions = Add (i, p0)  "
#define AFTER_POSITIONS "s = Shape <start = 1, end = 2> (x)  p0 = Squeeze (at)  sn = Squeeze (s)  " \
                        "zero = Constant <value = int64 {0}> ()  one = Constant <value = int64 {1}> ()  " \
                        "i = Range (zero, sn, one)  positions = Add (i, p0)  "
/* x [1, s, C] to q, k, v [1, H, s, D]. */
#define PROJECTIONS "where = Gather (table, positions)  h = Add (x, where)  " \
                    "split = Constant <value = int64[4] {1, -1, 2, 4}> ()  " \
                    "hq = MatMul (h, wq)  hk = MatMul (h, wk)  hv = MatMul (h, wv)  rq = Reshape (hq, split)  " \
                    "rk = Reshape (hk, split)  " \
                    "rv = Reshape (hv, split)  q = Transpose <perm = [0, 2, 1, 3]> (rq)  " \
                    "k = Transpose <perm = [0, 2, 1, 3]> (rk)  " \
                    "v = Transpose <perm = [0, 2, 1, 3]> (rv)  "
#define CONCAT "present_k = Concat <axis = 2> (past_k, k)  present_v = Concat <axis = 2> (past_v, v)  "
#define SCATTER "present_k = TensorScatter (past_k, k, at)  present_v = TensorScatter (past_v, v, at)  "
/* The mask is over as many places as the cache has: places up to the query's position are visible. */
#define ATTENTION "ks = Shape <start = 2, end = 3> (present_k)  kn = Squeeze (ks)  j = Range (zero, kn, one)  " \
                  "up = Constant <value = int64[1] {-1}> ()  pc = Unsqueeze (positions, up)  " \
                  "seen = LessOrEqual (j, pc)  " \
                  "o = Constant <value = float {0.0}> ()  low = Constant <value = float {-3.4028234663852886e38}> ()  " \
                  "mask = Where (seen, o, low)  kt = Transpose <perm = [0, 1, 3, 2]> (present_k)  " \
                  "scores = MatMul (q, kt)  " \
                  "masked = Add (scores, mask)  weights = Softmax (masked)  mixed = MatMul (weights, present_v)  " \
                  "back = Transpose <perm = [0, 2, 1, 3]> (mixed)  joined = Constant <value = int64[3] {1, -1, 8}> ()  " \
                  "y = Reshape (back, joined)"

static void weights(Scenario *s)
{
    scenario_constant(s, "table", data_integers(DTYPE_FLOAT, &SHAPE(M, C), data_seed("positions"), -7, 7));
    scenario_constant(s, "wq", data_constant(DTYPE_FLOAT, &SHAPE(C, C), 0));
    scenario_constant(s, "wk", data_integers(DTYPE_FLOAT, &SHAPE(C, C), data_seed("wk"), -3, 3));
    scenario_constant(s, "wv", data_integers(DTYPE_FLOAT, &SHAPE(C, C), data_seed("wv"), -3, 3));
}

static Tensor *hidden(int64_t at, int64_t n)
{
    Tensor *t = data_constant(DTYPE_FLOAT, &SHAPE(1, n, C), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, (double)data_range(data_seed("hidden"), (uint64_t)(at * C + i), -15, 15));
    return t;
}

/* Dims as an exporter leaves them: names where they vary. */
static Type *cache_type(Scenario *s, const char *length)
{
    const Dim dims[] = { { 1, NULL, NULL }, { H, NULL, NULL }, { -1, length, NULL }, { D, NULL, NULL } };
    return type_tensor_dims(scenario_model(s), DTYPE_FLOAT, 4, dims);
}

static void cache_inputs(Scenario *s, gboolean after, Tensor *keys, Tensor *values)
{
    if (after) {
        scenario_input(s, "past_k", keys);
        scenario_input(s, "past_v", values);
    } else {
        scenario_input_typed(s, "past_k", keys, cache_type(s, "past_length"));
        scenario_input_typed(s, "past_v", values, cache_type(s, "past_length"));
    }
}

/* Cuts rows [at, at + n) of y [1, S, C]. */
static Tensor *rows(const Tensor *y, int64_t at, int64_t n)
{
    Tensor *t = data_constant(DTYPE_FLOAT, &SHAPE(1, n, C), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(t, i, tensor_get_bits(y, at * C + i));
    return t;
}

static const struct {
    const char *tag;
    int         n;
    int64_t     steps[8];
} splits[] = { { "8", 1, { 8 } },
               { "4-4", 2, { 4, 4 } },
               { "4-1-1-2", 4, { 4, 1, 1, 2 } },
               { "1-1-1-1-1-1-1-1", 8, { 1, 1, 1, 1, 1, 1, 1, 1 } } };

static gboolean chain(Generator *g, gboolean after, gsize split, Tensor **expected)
{
    Tensor *keys = data_constant(DTYPE_FLOAT, &SHAPE(1, H, after ? M : 0, D), 1000);
    Tensor *values = tensor_ref(keys);
    for (int64_t step = 0, at = 0; step < splits[split].n; at += splits[split].steps[step++]) {
        const int64_t n = splits[split].steps[step];
        Scenario *s = scenario_new(g, "surgery-%s-%s-step%d", after ? "after" : "before", splits[split].tag, (int)step);
        scenario_about(s, "surgery", after ? "R55 R56" : "R55", "Step %d of %s, %s: %d tokens after %d.", (int)step,
                       splits[split].tag, after ? "cache made static" : "as exported", (int)n, (int)at);
        scenario_input(s, "x", hidden(at, n));
        cache_inputs(s, after, keys, values);
        if (after)
            scenario_input(s, "at", data_int64s(&SHAPE(1), &at));
        weights(s);
        scenario_text(s, after ? AFTER_POSITIONS PROJECTIONS SCATTER ATTENTION
                               : BEFORE_POSITIONS PROJECTIONS CONCAT ATTENTION);
        scenario_output(s, "y");
        scenario_output(s, "present_k");
        scenario_output(s, "present_v");
        Tensor *outputs[3];
        if (!scenario_run(s, outputs, 3))
            return FALSE;
        keys = outputs[1];
        values = outputs[2];
        if (*expected) {
            scenario_expect(s, 0, rows(*expected, at, n));
            tensor_unref(outputs[0]);
        } else {
            *expected = outputs[0];
        }
        scenario_emit(s);
    }
    tensor_unref(keys);
    tensor_unref(values);
    return TRUE;
}

void kv_cache_surgery(Generator *g)
{
    g_autoptr(Tensor) expected = NULL;
    for (int after = 0; after < 2; after++)
        for (gsize i = 0; i < G_N_ELEMENTS(splits); i++)
            if (!chain(g, after, i, &expected))
                return;
}
