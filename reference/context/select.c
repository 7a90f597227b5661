/* Which blob runs which region: the state machine, over the backends in the application's order. */
#include "reference/context/session.h"

#include "reference/context/fail.h"

#include <string.h>

typedef struct {
    gsize              region;
    const ContextBlob *blob;
    gsize              order;
} Candidate;

typedef struct {
    Container            *c;
    const ContextSession *s;
    const char           *folder;
    GPtrArray            *decisions;
    gsize                *owner; /* per node: 0 nobody, else provider index + 1 */
    gboolean             *chosen; /* per node: part of a region that has its blob */
    Model                *into;
} Selection;

static gboolean has_flaw(const Selection *sel, ContextFlaw flaw)
{
    return sel->s->flaws >> flaw & 1;
}

static void decision_free(gpointer data)
{
    ContextDecision *d = data;
    g_free(d->message);
    g_free(d);
}

static ContextDecision *decision(const Selection *sel, gsize region)
{
    return sel->decisions->pdata[region];
}

static ContextPolicy policy_of(const Selection *sel, const ContextRegion *r)
{
    return sel->s->policy >= 0 && !has_flaw(sel, FLAW_IGNORE_SESSION) ? (ContextPolicy)sel->s->policy : r->policy;
}

/* ---- one blob ----------------------------------------------------------------------------------------------------------------- */

/* What the container itself knows of the region, before any backend is asked. */
static gboolean is_stale(const Selection *sel, const ContextRegion *r, char **message)
{
    if (r->torn) {
        *message = g_strdup(r->torn);
        return TRUE;
    }
    g_autofree char *digest = context_digest(sel->c->model->graph, r->nodes, r->n_nodes);
    if (!*r->digest || has_flaw(sel, FLAW_IGNORE_STALE) || strcmp(digest, r->digest) == 0)
        return FALSE;
    *message = g_strdup_printf("the subgraph's digest is %.12s..., the blob was made for %.12s...", digest, r->digest);
    return TRUE;
}

static ContextClass classify(const Selection *sel, const ContextProvider *p, const ContextRegion *r, const ContextBlob *blob,
                             const Function **replacement, char **message, GError **error)
{
    ContextClass outcome = CLASS_USABLE;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) payload = blob->body ? NULL : context_payload(sel->c, blob, sel->folder, sel->s->flaws, &outcome, &cause);
    if (outcome == CLASS_SECURITY) {
        context_fail(error, CONTEXT_ERROR_SECURITY, "region '%s': %s", r->id, cause->message);
        return outcome;
    }
    if (outcome != CLASS_USABLE) {
        *message = g_strdup(cause->message);
        return outcome;
    }
    if (is_stale(sel, r, message))
        return CLASS_STALE;
    if (blob->body) {
        *replacement = blob->body;
        return CLASS_USABLE;
    }
    if (p->load)
        return p->load(p, sel->c, r, blob, payload, sel->into, replacement, message, error);
    return context_mock_load(sel->c, p, r, blob, payload, sel->s->flaws, sel->into, replacement, message);
}

/* ---- which nodes are free ------------------------------------------------------------------------------------------------------- */

static gboolean is_free(const Selection *sel, const ContextRegion *r)
{
    for (gsize i = 0; i < r->n_nodes; i++)
        if ((sel->chosen[r->nodes[i]] && !has_flaw(sel, FLAW_IGNORE_OVERLAP)) ||
            (sel->owner[r->nodes[i]] && !sel->chosen[r->nodes[i]] && !has_flaw(sel, FLAW_PARTIAL_GRAPH)))
            return FALSE;
    return TRUE;
}

static void take(const Selection *sel, const ContextRegion *r, gsize provider)
{
    for (gsize i = 0; i < r->n_nodes; i++) {
        sel->owner[r->nodes[i]] = provider + 1;
        sel->chosen[r->nodes[i]] = TRUE;
    }
}

/* A backend runs what it can of the rest itself. */
static void claim(const Selection *sel, gsize provider)
{
    const ContextProvider *p = &sel->s->providers[provider];
    const Graph           *graph = sel->c->model->graph;
    for (gsize i = 0; p->claims && i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        if (!sel->owner[i] && !*domain_canonical(node->domain) && g_strv_contains(p->claims, node->op_type))
            sel->owner[i] = provider + 1;
    }
}

/* ---- one backend ----------------------------------------------------------------------------------------------------------------- */

static gint by_priority(gconstpointer a, gconstpointer b)
{
    const Candidate *x = a, *y = b;
    if (x->blob->priority != y->blob->priority)
        return x->blob->priority > y->blob->priority ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static GArray *candidates_of(const Selection *sel, const ContextProvider *p)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(Candidate));
    for (gsize i = 0; i < sel->c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&sel->c->regions, ContextRegion, i);
        if (policy_of(sel, r) == POLICY_IGNORE || has_flaw(sel, FLAW_NEVER_USES))
            continue;
        for (gsize k = 0; k < r->blobs.n; k++) {
            const ContextBlob *blob = LIST_AT(&r->blobs, ContextBlob, k);
            const Candidate    candidate = { i, blob, found->len };
            if (strcmp(blob->backend, p->key) == 0 || (blob->body && !*blob->backend) || has_flaw(sel, FLAW_ANY_VENDOR))
                g_array_append_val(found, candidate);
        }
    }
    if (!has_flaw(sel, FLAW_IGNORE_PRIORITY))
        g_array_sort(found, by_priority);
    return found;
}

static gboolean try_candidate(const Selection *sel, gsize provider, const Candidate *candidate, GError **error)
{
    const ContextRegion *r = LIST_AT(&sel->c->regions, ContextRegion, candidate->region);
    ContextDecision     *d = decision(sel, candidate->region);
    if (d->blob || (d->outcome != CLASS_ABSENT && has_flaw(sel, FLAW_ONE_TRY)))
        return TRUE;
    g_autofree char *message = NULL;
    const Function  *replacement = NULL;
    ContextClass     outcome = CLASS_SKIPPED;
    GError          *cause = NULL;
    if (is_free(sel, r))
        outcome = classify(sel, &sel->s->providers[provider], r, candidate->blob, &replacement, &message, &cause);
    else
        message = g_strdup("its nodes are taken");
    if (cause) {
        g_propagate_error(error, cause);
        return FALSE;
    }
    if (outcome == CLASS_SUBOPTIMAL && has_flaw(sel, FLAW_DROP_SUBOPTIMAL))
        replacement = NULL;
    if (outcome == CLASS_SUBOPTIMAL && sel->s->optimal && !has_flaw(sel, FLAW_IGNORE_SUBOPTIMAL)) {
        context_fail(error, CONTEXT_ERROR_POLICY, "region '%s': suboptimal, and the session wants no less than the best", r->id);
        return FALSE;
    }
    if (replacement) {
        d->blob = candidate->blob;
        d->replacement = replacement;
        take(sel, r, provider);
    }
    if (d->outcome == CLASS_ABSENT || replacement) {
        d->outcome = outcome;
        g_free(d->message);
        d->message = g_steal_pointer(&message);
    }
    return TRUE;
}

static gboolean ask_provider(const Selection *sel, gsize provider, GError **error)
{
    g_autoptr(GArray) candidates = candidates_of(sel, &sel->s->providers[provider]);
    const gboolean may = provider == 0 || sel->s->later || has_flaw(sel, FLAW_SECONDARY);
    for (guint i = 0; may && i < candidates->len; i++)
        if (!try_candidate(sel, provider, &g_array_index(candidates, Candidate, i), error))
            return FALSE;
    claim(sel, provider);
    return TRUE;
}

/* ---- all ---------------------------------------------------------------------------------------------------------------------------- */

/* `require` means require; a region whose nodes went to another blob is served all the same. */
static gboolean check_policies(const Selection *sel, GError **error)
{
    for (gsize i = 0; i < sel->c->regions.n; i++) {
        const ContextRegion   *r = LIST_AT(&sel->c->regions, ContextRegion, i);
        const ContextDecision *d = decision(sel, i);
        const gboolean must = policy_of(sel, r) == POLICY_REQUIRE && !has_flaw(sel, FLAW_SILENT_FALLBACK);
        if (d->blob || d->outcome == CLASS_SKIPPED || !(must || (has_flaw(sel, FLAW_NO_FALLBACK) && d->outcome != CLASS_ABSENT)))
            continue;
        context_fail(error, CONTEXT_ERROR_POLICY, "region '%s' requires a compiled object: %s%s%s", r->id,
                    context_class_name(d->outcome), d->message ? ": " : "", d->message ? d->message : "");
        return FALSE;
    }
    return TRUE;
}

GPtrArray *context_select(Container *c, const ContextSession *session, const char *folder, GError **error)
{
    const gsize n = c->model->graph->nodes.n;
    g_autofree gsize    *owner = g_new0(gsize, n + 1);
    g_autofree gboolean *chosen = g_new0(gboolean, n + 1);
    g_autoptr(GPtrArray) decisions = g_ptr_array_new_with_free_func(decision_free);
    Model *into = model_new(); /* replacements live as long as the container */
    g_ptr_array_add(c->parts, into);
    const Selection sel = { c, session, folder, decisions, owner, chosen, into };
    for (gsize i = 0; i < c->regions.n; i++) {
        ContextDecision *d = g_new0(ContextDecision, 1);
        d->region = LIST_AT(&c->regions, ContextRegion, i);
        g_ptr_array_add(decisions, d);
    }
    for (gsize i = 0; i < session->n_providers; i++)
        if (!ask_provider(&sel, i, error))
            return NULL;
    return check_policies(&sel, error) ? g_steal_pointer(&decisions) : NULL;
}
