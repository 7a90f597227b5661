/* backend-context: several blobs for a region, several regions in a file. */
#include "generators/proposals/backend_context.h"

#define OTHER_BIAS "bias=4096\n"
#define NEVER "bias=65536\n"

/* ---- several blobs for one region ------------------------------------------------------------------------------------------ */

static void vendors(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *providers, *what;
        gboolean    used;
    } rows[] = { { "a", "mock-a:1", "mock-a", TRUE }, { "b", "mock-b:1", "mock-b", TRUE },
                 { "c", "mock-c:1", "one without an object", FALSE },
                 { "ab", "mock-a:1; mock-b:1", "mock-a, then mock-b", TRUE },
                     { "ba", "mock-b:1; mock-a:1", "mock-b, then mock-a", TRUE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan *p = context_plan_new(context_graph("weight"), e);
        context_plan_usual(p);
        context_plan_blob(&p->regions[0], "mock-b", OTHER_BIAS);
        p->providers = rows[i].providers;
        g_autofree char *name = g_strdup_printf("vendors-%s", rows[i].tag);
        context_plan_emit(g, p, name, rows[i].used ? 1 : 0, "R10 R31 R37",
                          "Objects of two vendors share the weights; the session has %s.", rows[i].what);
    }
}

static void four_vendors(Generator *g, ContextEncoding e)
{
    static const char *const keys[] = { "mock-a", "mock-b", "mock-c", "mock-d" };
    static const char *const lines[] = { NEVER, NEVER, PLAN_BIAS, NEVER };
    Plan *p = context_plan_new(context_graph("diamond"), e);
    PlanRegion *r = context_plan_region(p, "r", p->graph->region);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        context_plan_blob(r, keys[i], lines[i]);
    p->providers = "mock-c:1";
    context_plan_emit(g, p, "vendors-four", 1, "R10 R31", "Objects of four vendors; the session has the third.");
}

/* The compatibility texts differ, because two blobs of one backend must not have the same. */
static void priorities(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag;
        int64_t first, second;
    } rows[] = { { "none", 0, 0 }, { "first", 7, 3 }, { "second", 3, 7 }, { "equal", 5, 5 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan     *p = context_plan_new(context_graph("one"), e);
        PlanBlob *first = context_plan_usual(p), *second = context_plan_blob(&p->regions[0], "mock-a", OTHER_BIAS);
        first->priority = rows[i].first;
        second->priority = rows[i].second;
        second->compatibility = "mock-a/1";
        g_autofree char *name = g_strdup_printf("priority-%s", rows[i].tag);
        context_plan_emit(g, p, name, 1, "R28", "Two objects fit, with priorities %d and %d.", (int)rows[i].first,
                          (int)rows[i].second);
    }
}

/* The preferred blob does not fit, for each reason; the next does. */
static void next(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *requirements, *lines;
        Damage      damage;
        gboolean    external;
    } rows[] = { { "corrupt", "R14 R29", NEVER, DAMAGE_FLIP }, { "magic", "R15 R29", NEVER, DAMAGE_MAGIC },
                 { "missing", "R13 R29", NEVER, DAMAGE_MISSING, TRUE },
                 { "stale", "R16 R29", NEVER "subgraph_sha256=" OTHER_DIGEST "\n" },
                     { "signature", "R9 R29", NEVER "signature=int8->int8\n" },
                 { "unsupported", "R17 R29", NEVER "verdict=3\n" },
                     { "not-applicable", "R18 R29", NEVER "verdict=0\n" },
                 { "load-failure", "R19 R29", NEVER "mode=load_fail\n" } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        for (ContextPolicy policy = POLICY_PREFER; policy <= POLICY_REQUIRE; policy++) {
            Plan       *p = context_plan_new(context_graph("gap"), e);
            PlanRegion *r = context_plan_region(p, "r", p->graph->region);
            PlanBlob   *first = context_plan_blob(r, "mock-a", rows[i].lines),
                *second = context_plan_blob(r, "mock-a", PLAN_BIAS);
            r->policy = policy;
            first->priority = 9;
            first->damage = rows[i].damage;
            first->location = rows[i].external ? "object.bin" : NULL;
            second->compatibility = "mock-a/1";
            g_autofree char *name = g_strdup_printf("next-%s-%s", rows[i].tag, context_policy_name(policy));
            context_plan_emit(g, p, name, 1, rows[i].requirements, "The preferred object is %s; the next one runs.",
                              rows[i].tag);
        }
}

/* Without a bias all choices are the graph. */
static void any_choice(Generator *g, ContextEncoding e)
{
    static const char *const sessions[] = { "mock-a:1", "mock-b:1", "mock-b:1; mock-a:1", "mock-c:1" };
    for (gsize i = 0; i < G_N_ELEMENTS(sessions); i++)
        for (gsize k = 0; k < 3; k++) {
            static const char *const graphs[] = { "chain", "captures", "types" };
            Plan *p = context_plan_new(context_graph(graphs[k]), e);
            context_plan_usual(p)->lines = "bias=0\n";
            context_plan_blob(&p->regions[0], "mock-b", "bias=0\nverdict=2\n");
            p->providers = sessions[i];
            g_autofree char *name = g_strdup_printf("choice-%s-%" G_GSIZE_FORMAT, graphs[k], i);
            context_plan_emit(g, p, name, 0, "R36 R31", "Whichever object is chosen, the outputs are the graph's.");
        }
}

/* ---- several regions ------------------------------------------------------------------------------------------------------------ */

/* Regions 0 1 and 3 4 of the longer graph; the first shows in both outputs, the second in one. */
static void disjoint(Generator *g, ContextEncoding e)
{
    for (int fits = 0; fits < 4; fits++) {
        Plan *p = context_plan_new(context_graph("long"), e);
        context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", fits & 1 ? PLAN_BIAS : NEVER "verdict=3\n");
        context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", fits & 2 ? OTHER_BIAS
                          : NEVER "verdict=3\n");
        g_autofree char *name = g_strdup_printf("disjoint-%d", fits);
        context_plan_emit(g, p, name, fits & 1 ? 3 : fits & 2 ? 1 : 0, "R34",
                          "Two disjoint regions; the first object %s, the second %s.",
                          fits & 1 ? "fits" : "does not fit", fits & 2 ? "fits" : "does not");
    }
}

static void disjoint_policies(Generator *g, ContextEncoding e)
{
    Plan *p = context_plan_new(context_graph("long"), e);
    context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", PLAN_BIAS);
    context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", NEVER "verdict=3\n");
    p->regions[0].policy = POLICY_REQUIRE;
    context_plan_emit(g, p, "disjoint-require-fits", 3, "R34 R22",
                      "The first region requires its object, which fits; the second falls back.");
    p = context_plan_new(context_graph("long"), e);
    context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", PLAN_BIAS);
    context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", NEVER "verdict=3\n");
    p->regions[1].policy = POLICY_REQUIRE;
    context_plan_reject(g, p, "disjoint-require-other", "disjoint-require-fits", "region 'second' requires", "R34 R22",
                        "Refused: the second region requires an object that does not fit.");
}

/* One region each for two backends; the second backend's counts only if the application says so. */
static void disjoint_vendors(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *providers, *later, *requirements;
        guint64     shows;
    } rows[] = { { "first", "mock-a:1; mock-b:1", NULL, "R32 R34", 3 },
                 { "second", "mock-b:1; mock-a:1", NULL, "R32 R34", 1 },
                 { "both", "mock-a:1; mock-b:1", "contained", "R33 R34", 3 },
                     { "both-turned", "mock-b:1; mock-a:1", "contained", "R33 R34", 3 },
                 { "partial", "mock-a:1 Sub; mock-b:1", "contained", "R33 R34", 3 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan *p = context_plan_new(context_graph("long"), e);
        context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", PLAN_BIAS);
        context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-b", OTHER_BIAS);
        p->providers = rows[i].providers;
        p->later = rows[i].later;
        g_autofree char *name = g_strdup_printf("disjoint-vendors-%s", rows[i].tag);
        context_plan_emit(g, p, name, rows[i].shows, rows[i].requirements,
                          "Two regions, an object of mock-a and one of mock-b; session %s.", rows[i].providers);
    }
}

/* Regions that share nodes, of one vendor: only tables can say it. */
static void overlapping(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *nodes[3], *what;
        guint64     shows[3]; /* where each region would show */
    } rows[] = { { "overlap", { "0 1", "1 2" }, "Two overlapping regions", { 3, 3 } },
                 { "nested", { "1 2 3", "2" }, "A region in another", { 3, 1 } },
                 { "nested-three", { "0 1 2 3 4", "1 2 3", "2" }, "Three nested regions", { 3, 3, 1 } },
                 { "same", { "0 1", "0 1" }, "One region twice", { 3, 3 } } };
    static const char *const biases[] = { "bias=1024\n", "bias=2048\n", "bias=4096\n" },
        *const ids[] = { "p", "q", "r" };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        for (gsize winner = 0; winner < PLAN_REGIONS && rows[i].nodes[winner]; winner++)
            for (ContextPolicy policy = POLICY_PREFER; policy <= POLICY_REQUIRE; policy++) {
                Plan *p = context_plan_new(context_graph("long"), e);
                p->tables = TRUE;
                for (gsize r = 0; r < PLAN_REGIONS && rows[i].nodes[r]; r++) {
                    PlanRegion *region = context_plan_region(p, ids[r], rows[i].nodes[r]);
                    region->policy = policy;
                    context_plan_blob(region, "mock-a", biases[r])->priority = r == winner && winner > 0 ? 5 : 0;
                }
                g_autofree char *name = g_strdup_printf("%s-%s-%s", rows[i].tag, ids[winner],
                                                        context_policy_name(policy));
                context_plan_emit(g, p, name, rows[i].shows[winner], "R35", "%s; that of %s is applied%s.",
                                  rows[i].what,
                                  winner ? "the highest priority" : "the first", policy == POLICY_REQUIRE
                                      ? ", the others are skipped without error" : "");
            }
}

/* Of overlapping regions the preferred one does not fit: the other is free. */
static void overlapping_unfit(Generator *g, ContextEncoding e)
{
    Plan *p = context_plan_new(context_graph("long"), e);
    p->tables = TRUE;
    context_plan_blob(context_plan_region(p, "p", "0 1"), "mock-a", NEVER "verdict=3\n");
    context_plan_blob(context_plan_region(p, "q", "1 2"), "mock-a", PLAN_BIAS);
    context_plan_emit(g, p, "overlap-unfit", 3, "R35 R29",
                      "Two overlapping regions; the first object does not fit, the second runs.");
}

/* Of two vendors: scopes can say it too. */
static void overlapping_vendors(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *providers;
    } rows[] = { { "ab", "mock-a:1; mock-b:1" }, { "ba", "mock-b:1; mock-a:1" } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan *p = context_plan_new(context_graph("long"), e);
        p->tables = TRUE;
        context_plan_blob(context_plan_region(p, "p", "0 1"), "mock-a", PLAN_BIAS);
        context_plan_blob(context_plan_region(p, "q", "1 2"), "mock-b", OTHER_BIAS)->priority = 9;
        p->providers = rows[i].providers;
        p->later = "contained";
        g_autofree char *name = g_strdup_printf("overlap-vendors-%s", rows[i].tag);
        context_plan_emit(g, p, name, 3, "R33 R35",
                          "Overlapping regions of two vendors, both allowed: the first backend's is applied.");
    }
}

void backend_context_several(Generator *g)
{
    EACH_ENCODING(e) {
        vendors(g, e);
        four_vendors(g, e);
        any_choice(g, e);
        disjoint(g, e);
        disjoint_policies(g, e);
        disjoint_vendors(g, e);
        if (e != ENCODING_D) { /* a scope holds one blob a backend */
            priorities(g, e);
            next(g, e);
        }
        if (e >= ENCODING_C1)
            overlapping_vendors(g, e);
    }
    EACH_TABLE(e) {
        overlapping(g, e);
        overlapping_unfit(g, e);
    }
}
