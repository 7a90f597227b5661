#include "reference/context/session.h"

#include "reference/context/fail.h"

#include <string.h>

static const char *const class_names[CLASS_COUNT] = { "absent", "security error", "unavailable", "corrupt", "stale", "unsupported",
                                                      "not applicable", "load failure", "suboptimal", "usable", "skipped" };
static const char *const flaw_names[FLAW_COUNT] = {
#define F(name, text) text,
    CONTEXT_FLAWS(F)
#undef F
};

const char *context_class_name(ContextClass c)
{
    return class_names[c];
}

const char *context_flaw_name(ContextFlaw flaw)
{
    return flaw_names[flaw];
}

static gboolean fail(GError **error, const char *key, const char *value, const char *expected)
{
    g_autofree char *quoted = name_quote(value);
    context_fail(error, CONTEXT_ERROR_FORMAT, "%s is %s, expected %s", key, quoted, expected);
    return FALSE;
}

/* "mock-a:2 MatMul Add" */
static gboolean read_provider(ContextSession *s, ContextProvider *p, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " ", -1);
    g_autoptr(GPtrArray) claims = g_ptr_array_new();
    char *colon = words[0] ? strchr(words[0], ':') : NULL;
    char *end = NULL;
    if (!colon || colon == words[0])
        return FALSE;
    const guint64 version = g_ascii_strtoull(colon + 1, &end, 10);
    if (end == colon + 1 || *end || version > 1000000)
        return FALSE;
    for (char **word = words + 1; *word; word++)
        if (**word)
            g_ptr_array_add(claims, (gpointer)arena_string(s->arena, *word));
    g_autofree char *key = g_strndup(words[0], (gsize)(colon - words[0]));
    const char **names = arena_array(s->arena, const char *, claims->len + 1);
    for (guint i = 0; i < claims->len; i++)
        names[i] = claims->pdata[i];
    *p = (ContextProvider){ arena_string(s->arena, key), (int)version, (const char *const *)names };
    return TRUE;
}

static gboolean read_providers(ContextSession *s, const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    s->providers = arena_array(s->arena, ContextProvider, g_strv_length(parts) + 1);
    for (char **part = parts; *part; part++) {
        g_strstrip(*part);
        if (!**part)
            continue;
        if (!read_provider(s, &s->providers[s->n_providers], *part))
            return fail(error, "assay.session.providers", *part, "\"key:version operator ...\"");
        s->n_providers++;
    }
    return TRUE;
}

static const char *wish(const char *said, const List *metadata, const char *key)
{
    return said ? said : properties_get(metadata, key);
}

static gboolean read_session(ContextSession *s, const List *metadata, const ContextWishes *w, GError **error)
{
    const char *providers = wish(w->providers, metadata, "assay.session.providers");
    const char *policy = wish(w->policy, metadata, "assay.session.policy");
    const char *later = wish(w->later, metadata, "assay.session.later");
    const char *suboptimal = wish(w->suboptimal, metadata, "assay.session.suboptimal");
    ContextPolicy over = POLICY_PREFER;
    if (policy && !context_policy_from_name(policy, &over))
        return fail(error, "assay.session.policy", policy, "prefer, require or ignore");
    if (later && strcmp(later, "contained") != 0)
        return fail(error, "assay.session.later", later, "contained");
    if (suboptimal && strcmp(suboptimal, "fail") != 0)
        return fail(error, "assay.session.suboptimal", suboptimal, "fail");
    s->policy = policy ? (int)over : -1;
    s->later = later != NULL;
    s->optimal = suboptimal != NULL;
    s->flaws = w->flaws;
    return !providers || read_providers(s, providers, error);
}

ContextSession *context_session_new(const Model *model, const ContextWishes *wishes, GError **error)
{
    static const ContextWishes none = { 0 };
    g_autoptr(ContextSession) s = g_new0(ContextSession, 1);
    s->arena = arena_create();
    return read_session(s, &model->metadata, wishes ? wishes : &none, error) ? g_steal_pointer(&s) : NULL;
}

void context_session_free(ContextSession *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    g_free(s);
}
