/* backend-context: what the application brings. Its wishes, its backends and their order. */
#include "generators/proposals/backend_context.h"

/* ---- wishes -------------------------------------------------------------------------------------------------------------- */

/* The application's policy over the file's, with an object that fits and one that does not. */
static void policy(Generator *g, ContextEncoding e, ContextPolicy file, ContextPolicy session, gboolean fits)
{
    Plan *p = context_plan_new(context_graph("diamond"), e);
    context_plan_usual(p)->lines = fits ? PLAN_BIAS : PLAN_BIAS "verdict=3\n";
    p->regions[0].policy = file;
    p->policy = context_policy_name(session);
    g_autofree char *name = g_strdup_printf("session-%s-over-%s-%s", p->policy, context_policy_name(file), fits ? "fits"
                                            : "unsupported");
    if (session == POLICY_REQUIRE && !fits) {
        g_autofree char *twin = g_strdup_printf("session-require-over-%s-fits", context_policy_name(file));
        context_plan_reject(g, p, name, twin, "requires a compiled object: unsupported", "R25 R22",
                            "Refused: the application requires an object, the file says %s.",
                                context_policy_name(file));
        return;
    }
    context_plan_emit(g, p, name, fits && session != POLICY_IGNORE ? 1 : 0, "R25",
                      "The application says %s, the file %s; the object %s.",
                      context_policy_name(session), context_policy_name(file), fits ? "fits" : "does not fit");
}

/* An application that wants no less than the best. */
static void optimal(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *lines, *compatibility;
        ContextPolicy policy;
        gboolean    suboptimal, used;
    } rows[] = { { "verdict-1", "verdict=1\n" PLAN_BIAS, NULL, POLICY_PREFER, FALSE, TRUE },
                 { "verdict-2", "verdict=2\n" PLAN_BIAS, NULL, POLICY_PREFER, TRUE, TRUE },
                 { "verdict-2-require", "verdict=2\n" PLAN_BIAS, NULL, POLICY_REQUIRE, TRUE, TRUE },
                 { "verdict-2-ignore", "verdict=2\n" PLAN_BIAS, NULL, POLICY_IGNORE, FALSE, FALSE },
                 { "verdict-3", "verdict=3\n" PLAN_BIAS, NULL, POLICY_PREFER, FALSE, FALSE },
                 { "older", PLAN_BIAS, "mock-a/0", POLICY_PREFER, TRUE, TRUE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan     *p = context_plan_new(context_graph("one"), e);
        PlanBlob *b = context_plan_usual(p);
        b->lines = rows[i].lines;
        b->compatibility = rows[i].compatibility;
        p->regions[0].policy = rows[i].policy;
        p->suboptimal = "fail";
        g_autofree char *name = g_strdup_printf("optimal-%s", rows[i].tag);
        if (rows[i].suboptimal)
            context_plan_reject(g, p, name, "optimal-verdict-1", "suboptimal", "R26",
                                "Refused: the object is suboptimal, and the application wants no less than the best.");
        else
            context_plan_emit(g, p, name, rows[i].used ? 1 : 0, "R26",
                              "The application wants no less than the best; %s.", rows[i].tag);
    }
}

/* ---- failures while running ---------------------------------------------------------------------------------------------- */

static void run_fails(Generator *g, ContextEncoding e)
{
    Plan *ok = context_plan_new(context_graph("multi"), e);
    context_plan_usual(ok)->lines = PLAN_BIAS "mode=ok\n";
    context_plan_emit(g, ok, "run-ok", 3, "R27 R20", "The object does not fail, and gives out all its outputs.");
    for (ContextPolicy file = POLICY_PREFER; file <= POLICY_IGNORE; file++) {
        Plan *p = context_plan_new(context_graph("multi"), e);
        context_plan_usual(p)->lines = PLAN_BIAS "mode=run_fail\n";
        p->regions[0].policy = file;
        g_autofree char *name = g_strdup_printf("run-fails-%s", context_policy_name(file));
        if (file == POLICY_IGNORE)
            context_plan_emit(g, p, name, 0, "R24", "The object would fail, but the policy is ignore.");
        else
            context_plan_reject(g, p, name, "run-ok", "failed while it ran", "R27",
                                "The object fails after it has computed its outputs: none may be given out. Policy %s.",
                                    context_policy_name(file));
    }
}

/* ---- which backend ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *tag, *providers, *requirements, *what;
    gboolean    later, used;
} Position;

static const Position positions[] = {
    { "none", NULL, "R11", "there is no backend", FALSE, FALSE },
    { "first", "mock-a:1; mock-b:1", "R32", "its backend is the first", FALSE, TRUE },
    { "second", "mock-b:1; mock-a:1", "R32", "its backend is the second", FALSE, FALSE },
    { "second-full", "mock-b:1; mock-a:1", "R33", "its backend is the second, and the first takes nothing", TRUE,
      TRUE },
    { "second-beside", "mock-b:1 Neg Sub; mock-a:1", "R33",
      "its backend is the second, and the first takes nodes beside the region", TRUE, TRUE },
    { "second-partial", "mock-b:1 Add; mock-a:1", "R33",
      "its backend is the second, and the first takes a node of the region", TRUE, FALSE },
    { "second-all", "mock-b:1 Neg MatMul Add Relu Sub; mock-a:1", "R33",
      "its backend is the second, and the first takes everything", TRUE, FALSE },
    { "third-full", "mock-c:1; mock-b:1; mock-a:1", "R33", "its backend is the third, and the others take nothing",
      TRUE, TRUE },
    { "third-partial", "mock-c:1 Neg; mock-b:1 Relu; mock-a:1", "R33",
      "its backend is the third, and the second takes a node of the region", TRUE, FALSE },
    { "first-claims", "mock-a:1 MatMul; mock-b:1 Add", "R32", "its backend is the first and could run a node itself",
      TRUE, TRUE },
    { "twice", "mock-b:1; mock-a:1; mock-a:1", "R33", "its backend is in the list twice", TRUE, TRUE },
};

static void position(Generator *g, ContextEncoding e, const Position *at)
{
    Plan *p = context_plan_new(context_graph("chain"), e);
    context_plan_usual(p);
    p->providers = at->providers;
    p->later = at->later ? "contained" : NULL;
    g_autofree char *name = g_strdup_printf("position-%s", at->tag);
    context_plan_emit(g, p, name, at->used ? 1 : 0, at->requirements, "One object; %s.", at->what);
}

/* The same under `require`: a backend that may not use its blob is no backend of the region. */
static void required_position(Generator *g, ContextEncoding e)
{
    Plan *p = context_plan_new(context_graph("chain"), e);
    context_plan_usual(p);
    p->regions[0].policy = POLICY_REQUIRE;
    p->providers = "mock-b:1; mock-a:1";
    context_plan_reject(g, p, "position-second-require", "position-second-full-require",
                        "requires a compiled object: absent", "R22 R32",
                        "Refused: the object is required, and its backend is only the second.");
    p = context_plan_new(context_graph("chain"), e);
    context_plan_usual(p);
    p->regions[0].policy = POLICY_REQUIRE;
    p->providers = "mock-b:1; mock-a:1";
    p->later = "contained";
    context_plan_emit(g, p, "position-second-full-require", 1, "R22 R33",
                      "The object is required; its backend is the second, which the application allows.");
}

void backend_context_session(Generator *g)
{
    EACH_ENCODING(e) {
        for (ContextPolicy file = POLICY_PREFER; file <= POLICY_IGNORE; file++)
            for (ContextPolicy session = POLICY_PREFER; session <= POLICY_IGNORE; session++) {
                policy(g, e, file, session, TRUE);
                policy(g, e, file, session, FALSE);
            }
        optimal(g, e);
        run_fails(g, e);
        for (gsize i = 0; i < G_N_ELEMENTS(positions); i++)
            position(g, e, &positions[i]);
        required_position(g, e);
    }
}
