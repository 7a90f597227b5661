/* TensorScatter is a function: whatever a backend does in place, other readers of the past see the past. And the same update
 * in other layouts, in several steps, and as Concat. */
#include "generators/proposals/kv_cache.h"

#define B 2
#define N 3
#define M 5
#define D 4

/* Graphs over past [B, N, M, D], a [B, N, 2, D], b [B, N, 1, D], wa [B] and wb [B]. */
typedef struct {
    const char *name, *requirements, *what, *nodes;
    const char *outputs[4];
} Program;

static const Program programs[] = {
    { "past-is-output", "R13", "the past is a graph output beside the present",
      "present = TensorScatter (past, a, wa)  before = Identity (past)", { "present", "before" } },
    { "past-read-later", "R13", "a node after the update reads the past",
      "present = TensorScatter (past, a, wa)  difference = Sub (present, past)", { "present", "difference" } },
    { "past-read-first", "R13", "a node before the update reads the past, another after it does",
      "twice = Add (past, past)  present = TensorScatter (past, a, wa)  "
      "again = Sub (twice, past)", { "present", "twice", "again" } },
    { "past-forked", "R13", "two updates start from the same past",
      "left = TensorScatter (past, a, wa)  right = TensorScatter (past, b, wb)", { "left", "right" } },
    { "present-forked", "R13", "an update of an update, and both are outputs",
      "first = TensorScatter (past, a, wa)  second = TensorScatter (first, b, wb)", { "first", "second" } },
    { "update-is-output", "R13", "the update is an output too",
      "present = TensorScatter (past, a, wa)  news = Identity (a)", { "present", "news" } },
    { "update-from-past", "R13", "the update is a slice of the past itself: places 3 and 4 go where wa says",
      "b3 = Constant <value = int64[1] {3}> ()  e5 = Constant <value = int64[1] {5}> ()  "
      "x2 = Constant <value = int64[1] {2}> ()  "
      "tail = Slice (past, b3, e5, x2)  present = TensorScatter (past, tail, wa)", { "present" } },
    { "past-into-itself", "R13 R11", "the whole past is the update of its own circular shift",
      "present = TensorScatter <mode = \"circular\"> (past, past, wb)", { "present" } },
    { "branch", "R13", "both branches of an If update the same past",
      "t = Constant <value = bool {1}> ()  "
      "present = If (t) <then_branch = then () => (p) { p = TensorScatter (past, a, wa) }, "
      "else_branch = other () => (q) { q = TensorScatter (past, b, wb) }>  "
      "before = Identity (past)", { "present", "before" } },
    { "order-later-wins", "R14", "overlapping updates in a row: the later one wins",
      "first = TensorScatter (past, a, wa)  present = TensorScatter (first, b, wa)", { "present" } },
    { "order-earlier-hidden", "R14", "a longer update after a shorter one covers it",
      "first = TensorScatter (past, b, wa)  present = TensorScatter (first, a, wa)", { "present" } },
};

static void inputs(Scenario *s)
{
    scenario_input(s, "past", kv_cache_data(DTYPE_INT32, &SHAPE(B, N, M, D)));
    scenario_input(s, "a", data_integers(DTYPE_INT32, &SHAPE(B, N, 2, D), data_seed("a"), -1000, 1000));
    scenario_input(s, "b", data_integers(DTYPE_INT32, &SHAPE(B, N, 1, D), data_seed("b"), 2000, 3000));
    scenario_input(s, "wa", data_int64s(&SHAPE(B), (const int64_t[]){ 2, 1 }));
    scenario_input(s, "wb", data_int64s(&SHAPE(B), (const int64_t[]){ 4, 3 }));
}

static void functional(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        Scenario *s = scenario_new(g, "functional-%s", programs[i].name);
        scenario_about(s, "tensorscatter", programs[i].requirements, "No update in place may show: %s.", programs[i].what);
        inputs(s);
        scenario_text(s, "%s", programs[i].nodes);
        for (gsize o = 0; o < G_N_ELEMENTS(programs[i].outputs) && programs[i].outputs[o]; o++)
            scenario_output(s, programs[i].outputs[o]);
        scenario_compare_bits(s);
        scenario_emit(s);
    }
    Scenario *s = scenario_new(g, "functional-initializer");
    scenario_about(s, "tensorscatter", "R13",
                   "The past is an initializer: a run must not change what the next run starts from.");
    scenario_constant(s, "past", kv_cache_data(DTYPE_INT32, &SHAPE(B, N, M, D)));
    scenario_input(s, "a", data_integers(DTYPE_INT32, &SHAPE(B, N, 2, D), data_seed("a"), -1000, 1000));
    scenario_input(s, "wa", data_int64s(&SHAPE(B), (const int64_t[]){ 2, 1 }));
    scenario_text(s, "present = TensorScatter (past, a, wa)");
    scenario_output(s, "present");
    scenario_compare_bits(s);
    scenario_emit(s);
}

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *tag, *to_layout, *from_layout; /* perm attributes from and to [B, N, M, D] */
    int         axis;
} layouts[] = {
    { "bnsh", "0, 1, 2, 3", "0, 1, 2, 3", 2 },
    { "bsnh", "0, 2, 1, 3", "0, 2, 1, 3", 1 },
    { "bnhs", "0, 1, 3, 2", "0, 1, 3, 2", 3 },
    { "bhsn", "0, 3, 2, 1", "0, 3, 2, 1", 2 },
    { "bhns", "0, 3, 1, 2", "0, 2, 3, 1", 3 },
    { "bshn", "0, 2, 3, 1", "0, 3, 1, 2", 1 },
};

/* Transpose, update on the layout's axis, Transpose back: the same values as without. */
static void layout_changes(Generator *g)
{
    for (int circular = 0; circular < 2; circular++) {
        g_autoptr(Tensor) expected = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++) {
            Scenario *s = scenario_new(g, "layout-%s-%s", layouts[i].tag, circular ? "circular" : "linear");
            scenario_about(s, "layout", "R20 R21", "A cache kept as %s gives the values of one kept as bnsh, %s.",
                           layouts[i].tag, circular ? "circular" : "linear");
            inputs(s);
            scenario_text(s, "kept = Transpose <perm = [%s]> (past)  news = Transpose <perm = [%s]> (a)  "
                             "updated = TensorScatter <axis = %d, mode = \"%s\"> (kept, news, %s)  "
                             "present = Transpose <perm = [%s]> (updated)",
                          layouts[i].to_layout, layouts[i].to_layout, layouts[i].axis, circular ? "circular" : "linear",
                          circular ? "wb" : "wa", layouts[i].from_layout);
            scenario_output(s, "present");
            if (expected)
                scenario_expect(s, 0, tensor_ref(expected));
            else if (!scenario_run(s, &expected, 1))
                return;
            scenario_compare_bits(s);
            scenario_emit(s);
        }
    }
}

/* ---- growth ------------------------------------------------------------------------------------------------------ */

/* Six tokens in steps: what a growing cache holds is what a static one holds in its first places. */
static void growth(Generator *g)
{
    static const struct {
        const char *tag;
        int         n;
        int64_t     steps[6];
    } splits[] = {
        { "6", 1, { 6 } }, { "3-3", 2, { 3, 3 } }, { "1-5", 2, { 1, 5 } }, { "4-1-1", 3, { 4, 1, 1 } },
        { "2-0-4", 3, { 2, 0, 4 } }, { "1-1-1-1-1-1", 6, { 1, 1, 1, 1, 1, 1 } },
    };
    static const char *const ways[] = { "concat", "static", "static-slice", "padded-concat" };
    static const char *const nodes[] = {
        "present = Concat <axis = 2> (past, news)",
        "present = TensorScatter (past, news, at)",
        "whole = TensorScatter (past, news, at)  zero = Constant <value = int64[1] {0}> ()  "
        "axis = Constant <value = int64[1] {2}> ()  "
        "present = Slice (whole, zero, filled, axis)",
        /* a static cache without TensorScatter: what was there, the news, the rest */
        "zero = Constant <value = int64[1] {0}> ()  axis = Constant <value = int64[1] {2}> ()  "
        "all = Constant <value = int64[1] {6}> ()  "
        "head = Slice (past, zero, begin, axis)  tail = Slice (past, filled, all, axis)  "
        "present = Concat <axis = 2> (head, news, tail)",
    };
    g_autoptr(Tensor) tokens = data_integers(DTYPE_FLOAT16, &SHAPE(1, 2, 6, 2), data_seed("tokens"), -1000, 1000);
    for (gsize w = 0; w < G_N_ELEMENTS(ways); w++)
        for (gsize i = 0; i < G_N_ELEMENTS(splits); i++) {
            const gboolean grows = w == 0;
            Tensor *cache = data_constant(DTYPE_FLOAT16, &SHAPE(1, 2, grows ? 0 : 6, 2), -7);
            for (int64_t step = 0, at = 0; step < splits[i].n; at += splits[i].steps[step++]) {
                const int64_t length = splits[i].steps[step];
                Scenario *s = scenario_new(g, "growth-%s-%s-step%d", ways[w], splits[i].tag, (int)step);
                scenario_about(s, w == 0 ? "concat" : "tensorscatter",
                               w == 1   ? "R22 R4"
                               : w == 0 ? "R22 R23"
                                        : "R22 R4 R23",
                               "Step %d of %s: %d tokens into a cache (%s) that holds %d.", (int)step, splits[i].tag,
                               (int)length, ways[w], (int)at);
                Tensor *news = data_constant(DTYPE_FLOAT16, &SHAPE(1, 2, length, 2), 0);
                for (int64_t e = 0; e < news->count; e++)
                    tensor_set_bits(news, e, tensor_get_bits(tokens, (e / (2 * length) * 6 + at) * 2 + e % (2 * length)));
                scenario_input(s, "past", cache);
                scenario_input(s, "news", news);
                if (w == 1 || w == 2)
                    scenario_input(s, "at", data_int64s(&SHAPE(1), &at));
                if (w == 3)
                    scenario_input(s, "begin", data_int64s(&SHAPE(1), &at));
                const int64_t filled = at + length;
                if (w >= 2)
                    scenario_input(s, "filled", data_int64s(&SHAPE(1), &filled));
                scenario_text(s, "%s", nodes[w]);
                scenario_output(s, "present");
                if (w == 2)
                    scenario_output(s, "whole");
                Tensor *outputs[2];
                if (!scenario_run(s, outputs, w == 2 ? 2 : 1))
                    return;
                cache = w == 2 ? outputs[1] : outputs[0];
                if (w == 2)
                    tensor_unref(outputs[0]);
                if (filled == 6) /* all representations end in the same cache */
                    scenario_expect(s, 0, tensor_ref(tokens));
                scenario_compare_bits(s);
                scenario_emit(s);
            }
            tensor_unref(cache);
        }
}

void kv_cache_functional(Generator *g)
{
    functional(g);
    layout_changes(g);
    growth(g);
}
