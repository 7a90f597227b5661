#include "reports/changes.h"

#include "reports/history.h"

#include <string.h>

static const struct {
    const char *name, *meaning;
} kinds[CHANGE_COUNT] = {
#define X(id, name, meaning) { name, meaning },
    CHANGES(X)
#undef X
};

const char *change_name(ChangeKind kind)
{
    return kinds[kind].name;
}

const char *change_meaning(ChangeKind kind)
{
    return kinds[kind].meaning;
}

/* ---- sets ---------------------------------------------------------------------------------------------------------- */

static VerdictSet *verdict_set_new(void)
{
    VerdictSet *set = g_new0(VerdictSet, 1);
    set->verdicts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    set->backends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    set->cases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    set->corpus_hash = g_strdup("");
    return set;
}

void verdict_set_free(VerdictSet *set)
{
    if (set == NULL)
        return;
    g_hash_table_unref(set->verdicts);
    g_hash_table_unref(set->backends);
    g_hash_table_unref(set->cases);
    g_free(set->corpus_hash);
    g_free(set);
}

static void set_hash(const RunFacts *run, gpointer data)
{
    VerdictSet *set = data;
    g_free(set->corpus_hash);
    set->corpus_hash = g_strdup(run->corpus_hash == NULL ? "" : run->corpus_hash);
}

static gboolean add_backend(const BackendFacts *backend, gpointer data, G_GNUC_UNUSED GError **error)
{
    g_hash_table_insert(((VerdictSet *)data)->backends, g_strdup(backend->name),
                        g_strdup(backend->version == NULL ? "" : backend->version));
    return TRUE;
}

static gboolean add_verdict(const VerdictFacts *v, gpointer data, G_GNUC_UNUSED GError **error)
{
    VerdictSet *set = data;
    if (!g_hash_table_contains(set->cases, v->case_id))
        g_hash_table_add(set->cases, g_strdup(v->case_id));
    g_hash_table_insert(set->verdicts, g_strjoin("\x1f", v->case_id, v->backend, NULL),
                        GINT_TO_POINTER((int)v->verdict + 1));
    return TRUE;
}

VerdictSet *verdict_set_load(Results *results, GError **error)
{
    g_autoptr(VerdictSet) set = verdict_set_new();
    if (!results_hold(results, error))
        return NULL;
    const gboolean ok = results_run(results, set_hash, set, error) && results_each_backend(results, add_backend, set, error) &&
                        results_each_verdict(results, NULL, NULL, add_verdict, set, error);
    results_release(results);
    return ok ? g_steal_pointer(&set) : NULL;
}

static const PastRun *find_run(const GPtrArray *runs, guint id)
{
    for (guint i = 0; i < runs->len; i++)
        if (((const PastRun *)runs->pdata[i])->id == id)
            return runs->pdata[i];
    return id == 0 && runs->len > 0 ? runs->pdata[runs->len - 1] : NULL;
}

/* A history knows more backends than those of one run. */
static gboolean add_past_verdict(const VerdictFacts *v, gpointer data, GError **error)
{
    return !g_hash_table_contains(((VerdictSet *)data)->backends, v->backend) || add_verdict(v, data, error);
}

VerdictSet *verdict_set_load_past(Results *history, guint id, GError **error)
{
    g_autoptr(GPtrArray) runs = history_runs(history, error);
    const PastRun *run = runs == NULL ? NULL : find_run(runs, id);
    if (run == NULL) {
        if (runs != NULL)
            g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT, "the history holds %u runs and none with number %u",
                        runs->len, id);
        return NULL;
    }
    g_autoptr(VerdictSet) set = verdict_set_new();
    set_hash(&(RunFacts){ .corpus_hash = run->corpus_hash }, set);
    for (guint i = 0; i < run->backends->len; i++) {
        const PastBackend *backend = run->backends->pdata[i];
        add_backend(&(BackendFacts){ .name = backend->name, .version = backend->version }, set, NULL);
    }
    return history_each_verdict(history, run->id, add_past_verdict, set, error) ? g_steal_pointer(&set) : NULL;
}

/* ---- changes ------------------------------------------------------------------------------------------------------- */

static void change_free(gpointer data)
{
    Change *change = data;
    g_free((char *)change->case_id);
    g_free((char *)change->backend);
    g_free(change);
}

static int in_order(gconstpointer a, gconstpointer b)
{
    const Change *x = *(Change *const *)a, *y = *(Change *const *)b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = strcmp(x->backend, y->backend);
    return order != 0 ? order : strcmp(x->case_id, y->case_id);
}

static Verdict lookup(const VerdictSet *set, const char *key)
{
    int found = GPOINTER_TO_INT(g_hash_table_lookup(set->verdicts, key));
    return found == 0 ? VERDICT_COUNT : (Verdict)(found - 1);
}

static gboolean is_good(Verdict verdict)
{
    return verdict != VERDICT_COUNT && verdict_outcome(verdict) == OUTCOME_GOOD;
}

static void add_change(GPtrArray *changes, ChangeKind kind, const char *key, Verdict before, Verdict after)
{
    g_auto(GStrv) parts = g_strsplit(key, "\x1f", 2);
    Change *change = g_new(Change, 1);
    *change = (Change){ kind, g_strdup(parts[0]), g_strdup(parts[1]), before, after };
    g_ptr_array_add(changes, change);
}

static ChangeKind kind_of(Verdict before, Verdict after)
{
    if (is_good(before))
        return CHANGE_REGRESSED;
    return is_good(after) ? CHANGE_FIXED : CHANGE_CHANGED;
}

static gboolean must_be_there(const VerdictSet *old, const VerdictSet *now, const char *backend)
{
    return !g_hash_table_contains(now->backends, backend) ||
           (*now->corpus_hash != '\0' && strcmp(old->corpus_hash, now->corpus_hash) == 0);
}

GPtrArray *changes_between(const VerdictSet *old, const VerdictSet *now)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    GHashTableIter each;
    gpointer key;
    g_hash_table_iter_init(&each, now->verdicts);
    while (g_hash_table_iter_next(&each, &key, NULL)) {
        Verdict before = lookup(old, key), after = lookup(now, key);
        if (before == VERDICT_COUNT)
            add_change(changes, CHANGE_NEW, key, before, after);
        else if (before != after && !(is_good(before) && is_good(after)))
            add_change(changes, kind_of(before, after), key, before, after);
    }
    g_hash_table_iter_init(&each, old->verdicts);
    while (g_hash_table_iter_next(&each, &key, NULL)) {
        if (g_hash_table_contains(now->verdicts, key))
            continue;
        Verdict before = lookup(old, key);
        gboolean lost = is_good(before) && must_be_there(old, now, strchr(key, '\x1f') + 1);
        add_change(changes, lost ? CHANGE_REGRESSED : CHANGE_GONE, key, before, VERDICT_COUNT);
    }
    g_ptr_array_sort(changes, in_order);
    return changes;
}

/* ---- the gate ------------------------------------------------------------------------------------------------------ */

gboolean gate_from_name(const char *name, Gate *gate)
{
    static const char *const names[] = { [GATE_REGRESSION] = "regression", [GATE_ANY] = "any", [GATE_WRONG] = "wrong" };
    for (int g = GATE_REGRESSION; g <= GATE_WRONG; g++) {
        if (strcmp(names[g], name) == 0) {
            *gate = (Gate)g;
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    guint bad, refused, decided, unjudged;
} Count;

static Count count_verdicts(const VerdictSet *set)
{
    Count n = { 0 };
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, set->verdicts);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        Verdict verdict = (Verdict)(GPOINTER_TO_INT(value) - 1);
        Outcome outcome = verdict_outcome(verdict);
        n.bad += outcome == OUTCOME_BAD;
        n.refused += verdict == VERDICT_REFUSED;
        n.decided += outcome != OUTCOME_NEUTRAL;
        n.unjudged += verdict == VERDICT_NOT_RUN;
    }
    return n;
}

static char *regressed_line(const GPtrArray *changes)
{
    guint n = 0;
    for (guint i = 0; changes != NULL && i < changes->len; i++)
        n += ((const Change *)changes->pdata[i])->kind == CHANGE_REGRESSED;
    return n == 0 ? NULL : g_strdup_printf("%u verdict%s regressed", n, n == 1 ? "" : "s");
}

/* `what` the bad ones are, after "bad". NULL if there is nothing to say. */
static char *short_line(guint bad, const char *what, guint unjudged)
{
    g_autofree char *left = g_strdup_printf("%u case%s never judged", unjudged, unjudged == 1 ? " was" : "s were");
    if (bad == 0)
        return unjudged == 0 ? NULL : g_steal_pointer(&left);
    return g_strdup_printf("%u verdict%s bad%s%s%s", bad, bad == 1 ? " is" : "s are", what, unjudged == 0 ? "" : ", ",
                           unjudged == 0 ? "" : left);
}

char *gate_holds_back(Gate gate, const VerdictSet *now, const GPtrArray *changes)
{
    if (gate == GATE_NONE)
        return NULL;
    const Count n = count_verdicts(now);
    if (n.decided == 0)
        return g_strdup("no verdict is good or bad: nothing was proved");
    if (gate == GATE_REGRESSION)
        return regressed_line(changes);
    if (gate == GATE_ANY)
        return short_line(n.bad, "", n.unjudged);
    return short_line(n.bad - n.refused, " and no mere refusal", n.unjudged);
}
