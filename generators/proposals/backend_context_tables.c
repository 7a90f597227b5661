/* backend-context: what only tables (C1, C2) can say. Replacements by ordinary nodes, their names, their place, what they leave. */
#include "generators/proposals/backend_context.h"

#include <string.h>

#define ENTRY "<domain: \"bctx.equivalent\", opset_import: [\"\" : 17]> e "
#define LEFT_BIAS "k = Constant <value = float {1024}> ()\n"

static Plan *table(const char *graph, ContextEncoding e)
{
    Plan *p = context_plan_new(context_graph(graph), e);
    p->tables = TRUE;
    return p;
}

/* ---- nodes instead of a payload ---------------------------------------------------------------------------------------------- */

typedef struct {
    const char *tag, *graph, *requirements, *what, *body;
    guint64     shows;
} Body;

static const Body bodies[] = {
    { "same", "weight", "R50 R36", "the same computation", ENTRY "(x, w) => (b) {\na = Mul (x, w)\nb = Add (a, w)\n}",
      0 },
    { "rewritten", "weight", "R50 R36", "another computation of the same values",
      ENTRY "(x, w) => (b) {\none = Constant <value = float {1}> ()\nf = Add (x, one)\nb = Mul (f, w)\n}", 0 },
    { "shown", "weight", "R50", "nodes that add a bias",
      ENTRY "(i, j) => (o) {\na = Mul (i, j)\nb = Add (a, j)\n" LEFT_BIAS "o = Add (b, k)\n}", 1 },
    { "names-crossed", "weight", "R41 R50", "formals named like the other actual",
      ENTRY "(w, x) => (y) {\na = Mul (w, x)\nb = Add (a, x)\n" LEFT_BIAS "y = Add (b, k)\n}", 1 },
    { "names-later", "long", "R41 R50", "inner values named like later values of the graph",
      ENTRY "(i, j) => (e) {\nc = Mul (i, j)\nd = Add (c, i)\n" LEFT_BIAS "e = Add (d, k)\n}", 3 },
    { "names-outputs", "long", "R41 R50", "inner values named like outputs of the graph",
      ENTRY "(i, j) => (o) {\ny = Mul (i, j)\nz = Add (y, i)\n" LEFT_BIAS "o = Add (z, k)\n}", 3 },
    { "names-inputs", "long", "R41 R50", "inner values named like an input and a weight",
      ENTRY "(i, j) => (o) {\nx = Mul (i, j)\nw = Add (x, i)\n" LEFT_BIAS "o = Add (w, k)\n}", 3 },
    { "names-bctx", "long", "R41 R50", "inner values with names as runtimes give them",
      ENTRY "(i, j) => (o) {\n\"bctx.r.x\" = Mul (i, j)\n\"bctx.r\" = Add (\"bctx.r.x\", i)\n" LEFT_BIAS "o = Add (\"bctx.r\", k)\n}", 3 },
    { "graphs", "one", "R41 R50", "an If whose branches capture inner values",
      ENTRY "(i, j) => (o) {\nh = Mul (i, j)\nc = Constant <value = bool {1}> ()\n" LEFT_BIAS
            "o = If (c) <then_branch = t () => (float[2,3] y) {\ny = Add (h, k)\n}, else_branch = f () => (float[2,3] r) {\nr = Neg (h)\n}>\n}", 1 },
    { "pass-through", "weight", "R50", "no computation at all", ENTRY "(i, j) => (o) {\no = Identity (i)\n}", 1 },
    { "more-domains", "weight", "R48 R50", "an operator of a domain that the model does not import",
      "<domain: \"bctx.equivalent\", opset_import: [\"\" : 17, \"ai.onnx.ml\" : 3]> e (i, j) => (o) {\n"
      "a = Mul (i, j)\nb = \"ai.onnx.ml\".Binarizer <threshold = 0.0> (a)\n" LEFT_BIAS "o = Add (b, k)\n}", 1 },
};

static void body(Generator *g, ContextEncoding e, const Body *b, const char *target)
{
    Plan *p = table(b->graph, e);
    context_plan_usual(p)->backend = target;
    p->regions[0].blobs[0].body = b->body;
    g_autofree char *name = g_strdup_printf("nodes-%s-%s", b->tag, *target ? "target" : "any");
    context_plan_emit(g, p, name, b->shows, b->requirements, "A replacement by nodes for %s: %s.", *target ? "mock-a"
                      : "any backend", b->what);
}

/* For whom: with and without a target, and a backend at all. */
static void body_targets(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *target, *providers;
        gboolean    used;
    } rows[] = { { "any-b", "", "mock-b:1", TRUE }, { "other", "mock-b", "mock-a:1", FALSE },
                 { "no-backend", "", NULL, FALSE },
                 { "second", "mock-b", "mock-a:1; mock-b:1", FALSE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan *p = table("weight", e);
        context_plan_usual(p)->backend = rows[i].target;
        p->regions[0].blobs[0].body = bodies[2].body;
        p->providers = rows[i].providers;
        g_autofree char *name = g_strdup_printf("nodes-%s", rows[i].tag);
        context_plan_emit(g, p, name, rows[i].used ? 1 : 0, rows[i].used ? "R50" : "R50 R10",
                          "A replacement by nodes for '%s'; the session has %s.",
                          rows[i].target, rows[i].providers ? rows[i].providers : "no backend");
    }
}

static void body_stale(Generator *g, ContextEncoding e)
{
    Plan *p = table("weight", e);
    context_plan_usual(p)->body = bodies[2].body;
    p->regions[0].digest = OTHER_DIGEST;
    context_plan_emit(g, p, "nodes-stale", 0, "R16 R50", "A replacement by nodes was made for another subgraph.");
}

/* ---- imports ------------------------------------------------------------------------------------------------------------------- */

static void body_imports(Generator *g, ContextEncoding e)
{
    Plan *p = table("weight", e);
    context_plan_usual(p)->body = "<domain: \"bctx.equivalent\", opset_import: [\"\" : 18]> e (i, j) => (o) {\na = Mul (i, j)\no = Add (a, j)\n}";
    context_plan_reject(g, p, "nodes-imports", "nodes-same-target", "imports version 18", "R48",
                        "Refused: the replacement imports version 18 of a domain of which the model imports 17.");
}

/* ---- parts of a boundary --------------------------------------------------------------------------------------------------------- */

/* The entry redefines one of the region's outputs; the other keeps its producers. */
static void kept_producers(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *graph, *nodes, *output;
        guint64     shows;
    } rows[] = { { "last", "multi", "0 1", "b", 2 }, { "first", "multi", "0", "a", 3 },
                 { "middle", "exposed", "0 1", "b", 3 },
                 { "sort", "sort", "0 3", "b", 1 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan       *p = table(rows[i].graph, e);
        PlanRegion *r = context_plan_region(p, "r", rows[i].nodes);
        context_plan_blob(r, "mock-a", PLAN_BIAS);
        r->outputs = rows[i].output;
        if (strcmp(rows[i].tag, "sort") == 0)
            r->nodes = "3";
        g_autofree char *name = g_strdup_printf("producers-%s", rows[i].tag);
        context_plan_emit(g, p, name, rows[i].shows, "R44",
                          "The entry redefines %s; other values that the region computes are still used.",
                              rows[i].output);
    }
}

/* The graph as it is cannot run; with the replacement, what cannot is dead. */
static void dead(Generator *g, ContextEncoding e)
{
    Plan *p = table("dead", e);
    context_plan_usual(p)->body = ENTRY "(i, bad, j) => (o) {\na = Add (i, j)\n" LEFT_BIAS "o = Add (a, k)\n}";
    context_plan_emit(g, p, "dead-nodes", SCENARIO_PLAIN_FAILS, "R43",
                      "The region's own nodes would fail: they must be gone.");
}

/* ---- entries that are ill-formed, or speak of what is not there -------------------------------------------------------------- */

/* One text for another of the same length, in the graph's metadata (C1) or its field 17 (C2). */
typedef struct {
    const char *key;          /* C1: of the entry that changes */
    const char *text;         /* C1: its new value */
    const char *from, *to;    /* C2: bytes of a field, tag and length included */
} Change;

static void change(Model *file, gconstpointer data)
{
    const Change *c = data;
    Graph *graph = file->graph;
    const gsize n = strlen(c->from);
    if (properties_get(&graph->metadata, c->key)) {
        properties_set(&graph->metadata, file, c->key, c->text);
        return;
    }
    Bytes copy = arena_bytes(file->arena, graph->rest.data, graph->rest.size);
    for (gsize i = 0; i + n <= copy.size; i++)
        if (memcmp(copy.data + i, c->from, n) == 0) {
            memcpy((uint8_t *)copy.data + i, c->to, n);
            break;
        }
    graph->rest = copy;
}

static const Change cycle = { "bctx.eq.0.input", "x,y", "\x0a\x01w", "\x0a\x01y" };
static const Change to_input = { "bctx.eq.0.output", "x", "\x12\x01" "b", "\x12\x01x" };
static const Change to_weight = { "bctx.eq.0.output", "w", "\x12\x01" "b", "\x12\x01w" };
static const Change no_output = { "bctx.eq.0.output", "gone", "\x12\x01" "b", "\x12\x01?" };
static const Change no_input = { "bctx.eq.0.input", "x,gone", "\x0a\x01w", "\x0a\x01?" };

static void changed(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *requirements, *because, *what;
        const Change *change;
    } rows[] = { { "cycle", "R45", "a cycle", "an input depends on the output", &cycle },
                 { "to-input", "R46", "is an input or initializer", "the output is an input of the graph", &to_input },
                 { "to-weight", "R46", "is an input or initializer", "the output is a weight", &to_weight },
                 { "no-output", "R49", NULL, "the output is no longer in the graph", &no_output },
                 { "no-input", "R49", NULL, "an input is no longer in the graph", &no_input } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int nodes = 0; nodes < 2; nodes++) {
            Plan *p = table("weight", e);
            context_plan_usual(p)->body = nodes ? bodies[2].body : NULL;
            p->after = change;
            p->data = rows[i].change;
            g_autofree char *name = g_strdup_printf("entry-%s-%s", rows[i].tag, nodes ? "nodes" : "object");
            if (rows[i].because)
                context_plan_reject(g, p, name, "region-weight-used", rows[i].because, rows[i].requirements,
                                    "Refused: %s.", rows[i].what);
            else
                context_plan_emit(g, p, name, 0, rows[i].requirements, "The entry is stale: %s.", rows[i].what);
        }
}

void backend_context_tables(Generator *g)
{
    EACH_TABLE(e) {
        for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
            body(g, e, &bodies[i], "mock-a");
            body(g, e, &bodies[i], "");
        }
        body_targets(g, e);
        body_stale(g, e);
        body_imports(g, e);
        kept_producers(g, e);
        dead(g, e);
        changed(g, e);
    }
}
