/* backend-context: every condition under every policy. */
#include "generators/proposals/backend_context.h"

typedef struct {
    const char *tag, *requirements, *what;
    const char *lines, *compatibility;
    Damage      damage;
    gboolean    external, stale, used;
} Condition;

static const Condition conditions[] = {
    { "usable", "R20", "the object fits", PLAN_BIAS, NULL, DAMAGE_NONE, FALSE, FALSE, TRUE },
    { "verdict-1", "R20", "the backend calls the object optimal", PLAN_BIAS "verdict=1\n", NULL, DAMAGE_NONE, FALSE,
      FALSE, TRUE },
    { "verdict-2", "R20", "the backend calls the object suboptimal", PLAN_BIAS "verdict=2\n", NULL, DAMAGE_NONE, FALSE,
      FALSE, TRUE },
    { "verdict-0", "R18", "the backend calls the object not applicable", PLAN_BIAS "verdict=0\n", NULL },
    { "verdict-3", "R17", "the backend calls the object unsupported", PLAN_BIAS "verdict=3\n", NULL },
    { "verdict-error", "R19", "the backend fails to judge the object", PLAN_BIAS "verdict=error\n", NULL },
    { "load-fail", "R19", "the backend fails to load the object", PLAN_BIAS "mode=load_fail\n", NULL },
    { "version-same", "R20 R30", "the object is of the backend's version", PLAN_BIAS, "mock-a/1", DAMAGE_NONE, FALSE,
      FALSE, TRUE },
    { "version-older", "R20 R30", "the object is of an older version", PLAN_BIAS, "mock-a/0", DAMAGE_NONE, FALSE, FALSE,
      TRUE },
    { "version-newer", "R17 R30", "the object is of a newer version", PLAN_BIAS, "mock-a/2" },
    { "version-odd", "R17 R30", "the backend cannot read a text with its own prefix", PLAN_BIAS, "mock-a/x" },
    { "version-foreign", "R18 R30", "the compatibility text is another vendor's", PLAN_BIAS, "mock-b/1" },
    { "file", "R20", "the object is in a file", PLAN_BIAS, NULL, DAMAGE_NONE, TRUE, FALSE, TRUE },
    { "file-missing", "R13", "the object's file is missing", PLAN_BIAS, NULL, DAMAGE_MISSING, TRUE },
    { "file-empty", "R14", "the object's file is empty", PLAN_BIAS, NULL, DAMAGE_EMPTY, TRUE },
    { "file-cut", "R14", "the object's file lacks its end", PLAN_BIAS, NULL, DAMAGE_CUT, TRUE },
    { "file-flip", "R14", "a bit of the object's file has changed", PLAN_BIAS, NULL, DAMAGE_FLIP, TRUE },
    { "inline-cut", "R14", "the object lacks its end", PLAN_BIAS, NULL, DAMAGE_CUT },
    { "inline-flip", "R14", "a bit of the object has changed", PLAN_BIAS, NULL, DAMAGE_FLIP },
    { "magic", "R15", "the object begins with another magic", PLAN_BIAS, NULL, DAMAGE_MAGIC },
    { "format", "R15", "the object is of an unknown format version", PLAN_BIAS, NULL, DAMAGE_FORMAT },
    { "stale-region", "R16", "the region's digest is another than the recorded one", PLAN_BIAS, NULL, DAMAGE_NONE,
      FALSE, TRUE },
    { "stale-payload", "R16", "the object was compiled from another subgraph",
      PLAN_BIAS "subgraph_sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", NULL },
    { "signature", "R9", "the object's element types are not the region's",
      PLAN_BIAS "signature=double,float->double\n", NULL },
    { "signature-fits", "R9 R20", "the object's element types are the region's", PLAN_BIAS "signature={signature}\n",
      NULL, DAMAGE_NONE,
      FALSE, FALSE, TRUE },
};

static Plan *plan_of(const Condition *c, ContextEncoding e, ContextPolicy policy)
{
    Plan     *p = context_plan_new(context_graph("chain"), e);
    PlanBlob *b = context_plan_usual(p);
    b->lines = c->lines;
    b->compatibility = c->compatibility;
    b->damage = c->damage;
    b->location = c->external ? "object.bin" : NULL;
    p->regions[0].digest = c->stale ? OTHER_DIGEST : NULL;
    p->regions[0].policy = policy;
    return p;
}

static void under(Generator *g, const Condition *c, ContextEncoding e, ContextPolicy policy)
{
    const gboolean used = c->used && policy != POLICY_IGNORE;
    Plan *p = plan_of(c, e, policy);
    g_autofree char *name = g_strdup_printf("select-%s-%s", c->tag, context_policy_name(policy));
    g_autofree char *requirements = g_strdup_printf("%s %s", c->requirements, policy == POLICY_PREFER ? "R23"
                                                    : policy == POLICY_REQUIRE ? "R22" : "R24");
    if (policy == POLICY_REQUIRE && !c->used)
        context_plan_reject(g, p, name, "select-usable-require", "requires a compiled object", requirements,
                            "Refused: %s, and the policy is require.", c->what);
    else
        context_plan_emit(g, p, name, used ? 1 : 0, requirements, "Policy %s, %s: %s runs.",
                          context_policy_name(policy), c->what,
                  used ? "the object" : "the graph");
}

void backend_context_selection(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
        EACH_ENCODING(e)
            for (ContextPolicy policy = POLICY_PREFER; policy <= POLICY_IGNORE; policy++)
                under(g, &conditions[i], e, policy);
}
