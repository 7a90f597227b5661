/* Mock vendors as a backend under test: the reference evaluator, with the container library in front of it. Well-behaved
 * it passes every case of backend-context; with an option `flaw` it misbehaves in one way. README.md has the options. */
#include "backends_under_test/runner/evaluate.h"
#include "reference/context/session.h"

#include <string.h>

/* "ignore-digest no-sort" as bits. */
static gboolean read_flaws(const char *text, guint *flaws, GError **error)
{
    g_auto(GStrv) names = g_strsplit(text, " ", -1);
    *flaws = 0;
    for (char **name = names; *name; name++) {
        guint at = 0;
        while (at < FLAW_COUNT && strcmp(context_flaw_name((ContextFlaw)at), *name) != 0)
            at++;
        if (**name && at == FLAW_COUNT) {
            g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "option flaw: there is no misbehaviour '%s'", *name);
            return FALSE;
        }
        if (**name)
            *flaws |= 1u << at;
    }
    return TRUE;
}

static gboolean read_options(const cJSON *options, ContextWishes *wishes, GError **error)
{
    *wishes = (ContextWishes){ .providers = adapter_option(options, "providers", NULL),
                               .policy = adapter_option(options, "policy", NULL),
                               .later = adapter_option(options, "later", NULL),
                               .suboptimal = adapter_option(options, "suboptimal", NULL) };
    return read_flaws(adapter_option(options, "flaw", ""), &wishes->flaws, error);
}

static gboolean hello(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error)
{
    (void)state;
    ContextWishes     wishes;
    g_autoptr(Model)  none = model_new();
    facts->version = "1";
    if (!read_options(options, &wishes, error))
        return FALSE;
    g_autoptr(ContextSession) session = context_session_new(none, &wishes, error);
    return session != NULL;
}

static GPtrArray *run(const char *path, const char *const *paths, gsize n, const cJSON *options, gpointer state, GError **error)
{
    (void)state;
    const EvalOptions evaluation = { 0 };
    ContextWishes     wishes;
    g_autoptr(GError) cause = NULL;
    const double      start = adapter_clock();
    if (!read_options(options, &wishes, error))
        return NULL;
    g_autoptr(Model) model = context_open(path, &wishes, &cause);
    return model ? evaluate_files(model, paths, n, &evaluation, start, error) : evaluate_refuse(cause, error);
}

int main(void)
{
    static const AdapterCallbacks callbacks = {
        .name = "Assay mock vendors", .hello = hello, .run = run, .announces_load = TRUE
    };
    return adapter_serve(&callbacks, NULL);
}
