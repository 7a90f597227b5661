/* backend-context: where payloads are. Files and ranges, paths that lead elsewhere, payloads that several blobs share. */
#include "generators/proposals/backend_context.h"

#define OTHER_BIAS "bias=4096\n"
#define NEVER "bias=65536\n"

/* ---- paths ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *tag, *location, *real, *because; /* because NULL: a good path */
    Damage      damage;
} Path;

static const Path paths[] = {
    { "plain", "object.bin", NULL, NULL },
    { "folder", "objects/object.bin", NULL, NULL },
    { "deep", "a/b/c/object.bin", NULL, NULL },
    { "dot", "./object.bin", "object.bin", NULL },
    { "slashes", "objects//object.bin", "objects/object.bin", NULL },
    { "dots-in-name", "ob..ject.bin", NULL, NULL },
    { "space", "an object.bin", NULL, NULL },
    { "absolute", "/object.bin", "object.bin", "absolute" },
    { "up", "../object.bin", "object.bin", "\"..\"" },
    { "up-inside", "objects/../object.bin", "object.bin", "\"..\"" },
    { "up-at-end", "objects/..", "objects/object.bin", "\"..\"" },
    { "empty", "", "object.bin", "empty" },
    { "is-folder", "object.bin", NULL, "not a regular file", DAMAGE_FOLDER },
    { "to-folder", "objects/", "objects/object.bin", "names a folder" },
    { "link", "link.bin", "object.bin", "symbolic link", DAMAGE_LINK },
};

static Plan *plan_of(const Path *path, ContextEncoding e, ContextPolicy policy)
{
    Plan     *p = context_plan_new(context_graph("weight"), e);
    PlanBlob *b = context_plan_usual(p);
    b->location = path->location;
    b->real = path->real;
    b->damage = path->damage;
    p->regions[0].policy = policy;
    return p;
}

static void path_under(Generator *g, const Path *path, ContextEncoding e, ContextPolicy policy)
{
    Plan *p = plan_of(path, e, policy);
    g_autofree char *name = g_strdup_printf("path-%s-%s", path->tag, context_policy_name(policy));
    g_autofree char *twin = g_strdup_printf("path-plain-%s", context_policy_name(policy));
    if (path->because && policy != POLICY_IGNORE)
        context_plan_reject(g, p, name, twin, path->because, "R12", "Refused: the payload's path is '%s'.",
                            path->location);
    else
        context_plan_emit(g, p, name, policy != POLICY_IGNORE ? 1 : 0, policy == POLICY_IGNORE ? "R12 R24" : "R12 R20",
                          "The payload's path is '%s'; policy %s.", path->location, context_policy_name(policy));
}

/* A bad path decides before everything else that is wrong, but not if nobody asks for the payload. */
static void path_order(Generator *g, ContextEncoding e)
{
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        const Path *path = &paths[i];
        if (!path->because)
            continue;
        Plan *p = plan_of(path, e, POLICY_PREFER);
        p->providers = "mock-b:1";
        g_autofree char *other = g_strdup_printf("path-%s-other", path->tag);
        context_plan_emit(g, p, other, 0, "R12 R21",
                          "The path '%s' belongs to another vendor's object, which nobody opens.", path->location);
        p = plan_of(path, e, POLICY_PREFER);
        p->regions[0].digest = OTHER_DIGEST;
        p->regions[0].blobs[0].lines = NEVER "verdict=3\n";
        g_autofree char *stale = g_strdup_printf("path-%s-stale", path->tag);
        context_plan_reject(g, p, stale, "path-plain-prefer", path->because, "R12 R21",
                            "Refused: the payload's path is '%s', although the object is stale and unsupported too.",
                                path->location);
    }
}

/* ---- ranges ---------------------------------------------------------------------------------------------------------------- */

/* The objects of two regions in one file, one after the other. */
static void shared_file(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *requirements;
        int64_t     offset, length;
        guint64     shows; /* the first object shows in one output, the second in both */
    } rows[] = { { "behind", "R20 R34", 512, -1, 3 }, { "exact", "R20 R34", 512, 26, 3 },
                 { "short", "R14 R34", 512, 25, 1 },  { "long", "R13 R34", 512, 27, 1 },
                 { "beyond", "R13 R34", 4096, 26, 1 }, { "shifted", "R14 R34", 511, 26, 1 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan     *p = context_plan_new(context_graph("long"), e);
        PlanBlob *first = context_plan_blob(context_plan_region(p, "first", "3 4"), "mock-a", PLAN_BIAS);
        PlanBlob *second = context_plan_blob(context_plan_region(p, "second", "0 1"), "mock-a", OTHER_BIAS);
        first->location = second->location = "objects.bin";
        first->length = 26; /* a header of 16 bytes and "bias=1024\n" */
        second->offset = 512;
        second->recorded_offset = rows[i].offset;
        second->length = rows[i].length;
        g_autofree char *name = g_strdup_printf("range-%s", rows[i].tag);
        context_plan_emit(g, p, name, rows[i].shows, rows[i].requirements,
                          "Two objects in one file; the second is said to be %" G_GINT64_FORMAT
                          " bytes at %" G_GINT64_FORMAT ".", rows[i].length, rows[i].offset);
    }
}

/* ---- sharing --------------------------------------------------------------------------------------------------------------- */

#define GRAPHS "partitions=left right\nbias@left=1024\nbias@right=4096\n"

static void partitions(Generator *g, ContextEncoding e)
{
    static const struct {
        const char *tag, *first, *second, *what;
        guint64     shows;
    } rows[] = { { "both", "left", "right", "each region takes its graph", 3 },
                 { "turned", "right", "left", "each region takes its graph", 3 },
                 { "one", "left", "middle", "there is none for the second", 3 },
                     { "none", "top", "right", "there is none for the first", 1 },
                 { "unnamed", "", "right", "the first names none", 1 } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Plan     *p = context_plan_new(context_graph("long"), e);
        PlanBlob *first = context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", GRAPHS);
        PlanBlob *second = context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", GRAPHS);
        first->partition = rows[i].first;
        second->partition = rows[i].second;
        second->shares = TRUE;
        g_autofree char *name = g_strdup_printf("partition-%s", rows[i].tag);
        context_plan_emit(g, p, name, rows[i].shows, rows[i].shows == 3 && i < 2 ? "R39" : "R39 R19",
                          "One payload with two graphs for two regions; %s.", rows[i].what);
    }
}

/* The one that shares is on its own when the payload is another vendor's. */
static void shared_with_nobody(Generator *g, ContextEncoding e)
{
    Plan     *p = context_plan_new(context_graph("long"), e);
    PlanBlob *second;
    context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-b", GRAPHS);
    second = context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", GRAPHS);
    second->partition = "right";
    second->shares = TRUE;
    context_plan_reject(g, p, "partition-foreign", "partition-both", "has no payload", "R39",
                        "Refused: an object without bytes, and only another vendor's has its digest.");
    p = context_plan_new(context_graph("long"), e);
    context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", GRAPHS)->partition = "left";
    context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", GRAPHS)->partition = "left";
    context_plan_reject(g, p, "partition-twice", "partition-both", "claim the partition 'left'", "R40",
                        "Refused: two payloads with the same bytes claim one partition.");
    p = context_plan_new(context_graph("long"), e);
    context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", GRAPHS)->partition = "left";
    context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", GRAPHS)->partition = "right";
    context_plan_emit(g, p, "partition-copied", 3, "R40",
                      "Two payloads with the same bytes claim different partitions.");
}

/* ---- weights ----------------------------------------------------------------------------------------------------------------- */

static void weights(Generator *g, ContextEncoding e)
{
    static const char *const needs[] = { "none", "external", "all" };
    for (ContextWeights given = WEIGHTS_NONE; given <= WEIGHTS_INSIDE; given++)
        for (gsize i = 0; i < G_N_ELEMENTS(needs); i++) {
            const gboolean fits = i < 2 || given == WEIGHTS_PASSED;
            Plan *p = context_plan_new(context_graph("weight"), e);
            context_plan_usual(p)->lines = context_plan_text(p, PLAN_BIAS "uses_weights=%s\n", needs[i]);
            p->regions[0].weights = given;
            g_autofree char *name = g_strdup_printf("weights-%d-%s", (int)given, needs[i]);
            context_plan_emit(g, p, name, fits ? 1 : 0, "R38", "weights is %d, the payload needs %s passed.",
                              (int)given, needs[i]);
        }
}

void backend_context_payloads(Generator *g)
{
    EACH_ENCODING(e) {
        for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
            for (ContextPolicy policy = POLICY_PREFER; policy <= POLICY_IGNORE; policy++)
                path_under(g, &paths[i], e, policy);
        path_order(g, e);
        shared_file(g, e);
        partitions(g, e);
        shared_with_nobody(g, e);
        weights(g, e);
    }
}
