/* backend-context: combinations. Every pair of values of two dimensions occurs in at least one case; what must happen is said
 * here once more, by rules written down from the README, and the reference must agree. */
#include "generators/proposals/backend_context.h"

#include <string.h>

enum { ENCODING, GRAPH, STORAGE, VERDICT, POLICY, POSITION, WEIGHTS, TOOL, DIMENSIONS };
static const guint sizes[DIMENSIONS] = { 5, 8, 6, 5, 3, 4, 3, 4 };

static const char *const graphs[] = { "one", "chain", "captures", "multi", "exposed", "weight", "sort", "order" };
static const char *const verdicts[] = { "verdict=0\n", "verdict=1\n", "verdict=2\n", "verdict=3\n", "verdict=error\n" };
static const struct {
    const char *location;
    Damage      damage;
} storages[] = { { NULL }, { "object.bin" }, { "objects/object.bin" }, { "object.bin", DAMAGE_MISSING },
                 { NULL, DAMAGE_FLIP }, { "object.bin", DAMAGE_CUT } };
static const char *const providers[] = { "mock-a:1; mock-b:1", "mock-b:1; mock-a:1", "mock-b:1; mock-a:1",
                                         "mock-b:1 Mul If MatMul Add Sub Neg; mock-a:1" };

/* ---- what must happen ------------------------------------------------------------------------------------------------------------- */

typedef enum { OBJECT, FALLBACK, REFUSED } Outcome;

static Outcome expected(const guint *row)
{
    const gboolean allowed = row[POSITION] != 1, taken = row[POSITION] == 3;
    const gboolean intact = storages[row[STORAGE]].damage == DAMAGE_NONE, fits = row[VERDICT] == 1 || row[VERDICT] == 2;
    if (row[POLICY] == POLICY_IGNORE)
        return FALLBACK;
    if (taken)
        return FALLBACK; /* another backend has nodes of the region: skipped, not an error */
    if (allowed && intact && fits)
        return OBJECT;
    return row[POLICY] == POLICY_REQUIRE ? REFUSED : FALLBACK;
}

/* ---- a covering array ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    GHashTable *open; /* of pairs that no row has yet */
} Cover;

static gpointer pair_of(guint a, guint va, guint b, guint vb)
{
    return GUINT_TO_POINTER(((a * 16 + va) * 16 + b) * 16 + vb + 1);
}

static void open_pairs(Cover *c)
{
    c->open = g_hash_table_new(NULL, NULL);
    for (guint a = 0; a < DIMENSIONS; a++)
        for (guint b = a + 1; b < DIMENSIONS; b++)
            for (guint va = 0; va < sizes[a]; va++)
                for (guint vb = 0; vb < sizes[b]; vb++)
                    g_hash_table_add(c->open, pair_of(a, va, b, vb));
}

static guint gain(const Cover *c, const guint *row, guint set, guint at, guint value)
{
    guint sum = 0;
    for (guint other = 0; other < DIMENSIONS; other++)
        if (set >> other & 1)
            sum += g_hash_table_contains(c->open, other < at ? pair_of(other, row[other], at, value)
                                         : pair_of(at, value, other, row[other])) ? 1 : 0;
    return sum;
}

/* A pair that is open, and for every other dimension the value that closes most. */
static void next_row(Cover *c, guint *row)
{
    guint set = 0;
    for (guint a = 0; a < DIMENSIONS && !set; a++)
        for (guint b = a + 1; b < DIMENSIONS && !set; b++)
            for (guint v = 0; v < sizes[a] * sizes[b] && !set; v++)
                if (g_hash_table_contains(c->open, pair_of(a, v / sizes[b], b, v % sizes[b]))) {
                    row[a] = v / sizes[b];
                    row[b] = v % sizes[b];
                    set = 1u << a | 1u << b;
                }
    for (guint at = 0; at < DIMENSIONS; at++) {
        guint best = 0, most = 0;
        for (guint value = 0; !(set >> at & 1) && value < sizes[at]; value++)
            if (gain(c, row, set, at, value) > most) {
                most = gain(c, row, set, at, value);
                best = value;
            }
        if (!(set >> at & 1))
            row[at] = best;
        set |= 1u << at;
    }
    for (guint a = 0; a < DIMENSIONS; a++)
        for (guint b = a + 1; b < DIMENSIONS; b++)
            g_hash_table_remove(c->open, pair_of(a, row[a], b, row[b]));
}

/* ---- cases --------------------------------------------------------------------------------------------------------------------------- */

static void round_trip(Model *file, gconstpointer data)
{
    (void)file;
    (void)data;
}

static void add_dead(Model *file, gconstpointer data)
{
    (void)data;
    graph_add_node(file->graph, "", "Exp", NAMES("x"), NAMES("dead"));
}

static Plan *plan_of(const guint *row)
{
    /* External payloads of calls are read by tools with the model: only where they are in order is there something to read. */
    static const PlanTool tools[] = { NULL, round_trip, add_dead, NULL };
    Plan     *p = context_plan_new(context_graph(graphs[row[GRAPH]]), (ContextEncoding)row[ENCODING]);
    PlanBlob *b = context_plan_usual(p);
    b->lines = context_plan_text(p, PLAN_BIAS "%ssignature={signature}\nsubgraph_sha256={digest}\n",
                                 verdicts[row[VERDICT]]);
    b->location = storages[row[STORAGE]].location;
    b->damage = storages[row[STORAGE]].damage;
    p->regions[0].policy = (ContextPolicy)row[POLICY];
    p->regions[0].weights = (ContextWeights)row[WEIGHTS];
    p->providers = providers[row[POSITION]];
    p->later = row[POSITION] >= 2 ? "contained" : NULL;
    p->after = b->location ? NULL : tools[row[TOOL]];
    p->relocates = !b->location && row[TOOL] == 3;
    return p;
}

static void emit(Generator *g, const guint *row, guint number)
{
    static const char *const reasons[] = { "requires a compiled object" };
    Plan *p = plan_of(row);
    const Outcome outcome = expected(row);
    g_autofree char *name = g_strdup_printf("pair-%03u", number),
        *twin = g_strdup_printf("region-%s-used", graphs[row[GRAPH]]);
    g_autofree char *what = g_strdup_printf("%s, payload %s, %.*s, %s, session %s", p->graph->what,
                                            storages[row[STORAGE]].damage == DAMAGE_NONE
                                                ? (storages[row[STORAGE]].location ? "in a file" : "inline")
                                                    : "damaged",
                                            (int)strlen(verdicts[row[VERDICT]]) - 1, verdicts[row[VERDICT]],
                                                context_policy_name(p->regions[0].policy), p->providers);
    if (outcome == REFUSED)
        context_plan_reject(g, p, name, twin, reasons[0], "R21 R22", "Refused: %s.", what);
    else
        context_plan_emit(g, p, name, outcome == OBJECT ? p->graph->shows : 0, outcome == OBJECT ? "R20 R21"
                          : row[POLICY] == POLICY_IGNORE ? "R24" : "R21 R23",
                          "%s: %s runs.", what, outcome == OBJECT ? "the object" : "the graph");
}

void backend_context_pairs(Generator *g)
{
    Cover cover;
    open_pairs(&cover);
    for (guint number = 0; g_hash_table_size(cover.open); number++) {
        guint row[DIMENSIONS];
        next_row(&cover, row);
        emit(g, row, number);
    }
    g_hash_table_unref(cover.open);
}
