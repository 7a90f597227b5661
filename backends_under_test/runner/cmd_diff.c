#include "golden/moved.h"
#include "reference/cli/subcommand.h"
#include "reports/changes.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static int cmd_diff(int argc, char **argv);
SUBCOMMAND_DEFINE(diff, "diff", "OLD NEW", "two runs or two corpora: what moved, why, whose verdict flips", cmd_diff)

static const char description[] =
    "OLD and NEW are results files, or runs of a history (history.db@3; history.db@0 is the last), or folders: generated\n"
    "corpora or manifests like golden/manifest. Of corpora is said which files of a case moved, why, and where both have\n"
    "files, which element first; with --results, given twice, whose verdict flips on a case that moved.\n\n"
    "--fail-on regression: exit 1 if a good verdict is not good any more, or lost. any: if NEW holds a bad verdict,\n"
    "or a selected case that was never judged. wrong: the same without mere refusals.\n\n"
    "Exit status: 0 told; 1 the gate of --fail-on holds NEW back; 2 asked wrongly.";

typedef struct {
    gboolean json;
    Gate gate;
    char **results;
} Options;

/* "history.db@3" names a run. */
static VerdictSet *load_set(const char *name, GError **error)
{
    g_autofree char *path = g_strdup(name);
    const char *at = strrchr(name, '@');
    guint64 id = 0;
    gboolean past = at && at[1] && !g_file_test(name, G_FILE_TEST_EXISTS) && g_ascii_string_to_unsigned(at + 1, 10, 0, G_MAXINT, &id, NULL);
    if (past)
        path[at - name] = '\0';
    g_autoptr(Results) results = results_open(path, RESULTS_READ, error);
    if (!results)
        return NULL;
    g_autoptr(VerdictSet) set = past ? verdict_set_load_past(results, (guint)id, error) : verdict_set_load(results, error);
    if (set && g_hash_table_size(set->verdicts) == 0) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT, "%s holds no verdict; a run of a history is named like %s@0", name, path);
        return NULL;
    }
    return g_steal_pointer(&set);
}

static const char *side(Verdict verdict)
{
    return verdict == VERDICT_COUNT ? "-" : verdict_name(verdict);
}

/* ---- results ------------------------------------------------------------------------------------------------------- */

static void count_kinds(const GPtrArray *changes, guint counts[CHANGE_COUNT])
{
    for (guint i = 0; i < changes->len; i++)
        counts[((const Change *)changes->pdata[i])->kind]++;
}

static void print_changes(const GPtrArray *changes)
{
    guint counts[CHANGE_COUNT] = { 0 };
    count_kinds(changes, counts);
    for (guint i = 0; i < changes->len; i++) {
        const Change *c = changes->pdata[i];
        if (c->kind != CHANGE_NEW && c->kind != CHANGE_GONE) /* counted below: thousands of them say nothing */
            printf("%-10s %s %s: %s -> %s\n", change_name(c->kind), c->backend, c->case_id, side(c->before), side(c->after));
    }
    for (int k = 0; k < CHANGE_COUNT; k++)
        printf("%s%u %s", k > 0 ? ", " : "", counts[k], change_name((ChangeKind)k));
    putchar('\n');
}

static void add_change(cJSON *array, const Change *c)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "change", change_name(c->kind));
    cJSON_AddStringToObject(object, "case", c->case_id);
    cJSON_AddStringToObject(object, "backend", c->backend);
    cJSON_AddItemToObject(object, "before", c->before == VERDICT_COUNT ? cJSON_CreateNull() : cJSON_CreateString(side(c->before)));
    cJSON_AddItemToObject(object, "after", c->after == VERDICT_COUNT ? cJSON_CreateNull() : cJSON_CreateString(side(c->after)));
    cJSON_AddItemToArray(array, object);
}

static void print_json(cJSON *json)
{
    char *text = cJSON_Print(json);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(json);
}

static void print_changes_json(const GPtrArray *changes)
{
    guint counts[CHANGE_COUNT] = { 0 };
    count_kinds(changes, counts);
    cJSON *json = cJSON_CreateObject(), *totals = cJSON_AddObjectToObject(json, "counts");
    for (int k = 0; k < CHANGE_COUNT; k++)
        cJSON_AddNumberToObject(totals, change_name((ChangeKind)k), counts[k]);
    cJSON *array = cJSON_AddArrayToObject(json, "changes");
    for (guint i = 0; i < changes->len; i++)
        add_change(array, changes->pdata[i]);
    print_json(json);
}

static int diff_results(const char *old, const char *now, const Options *options)
{
    GError *error = NULL;
    g_autoptr(VerdictSet) before = load_set(old, &error);
    g_autoptr(VerdictSet) after = before ? load_set(now, &error) : NULL;
    if (!after)
        return cli_fail(&subcommand_diff, EXIT_USAGE, error);
    g_autoptr(GPtrArray) changes = changes_between(before, after);
    if (options->json)
        print_changes_json(changes);
    else
        print_changes(changes);
    if (!options->json && strcmp(before->corpus_hash, after->corpus_hash) != 0)
        printf("the two are of different corpora: 'assay diff' of the corpora says what moved\n");
    g_autofree char *reason = gate_holds_back(options->gate, after, changes);
    return reason ? cli_complain(&subcommand_diff, EXIT_SHORT, "%s", reason) : EXIT_GOOD;
}

/* ---- corpora ------------------------------------------------------------------------------------------------------- */

/* The verdict changes of two results files by case: case id -> GPtrArray of Change*; NULL without --results. */
static GHashTable *index_flips(const GPtrArray *changes)
{
    GHashTable *flips = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < changes->len; i++) {
        Change *c = changes->pdata[i];
        GPtrArray *list = g_hash_table_lookup(flips, c->case_id);
        if (!list)
            g_hash_table_insert(flips, (gpointer)c->case_id, list = g_ptr_array_new());
        g_ptr_array_add(list, c);
    }
    return flips;
}

static GPtrArray *changes_of(char **results, GError **error)
{
    g_autoptr(VerdictSet) before = load_set(results[0], error);
    g_autoptr(VerdictSet) after = before ? load_set(results[1], error) : NULL;
    return after ? changes_between(before, after) : NULL;
}

static const char *const move_names[] = { [MOVE_CHANGED] = "moved", [MOVE_ADDED] = "added", [MOVE_REMOVED] = "removed" };

static void print_move(const Move *m, const GPtrArray *flips)
{
    printf("%-8s %s: %s%s%s\n", move_names[m->kind], m->id, m->what, *m->what ? ": " : "", m->why);
    if (*m->where)
        printf("           %s\n", m->where);
    for (guint i = 0; flips && i < flips->len; i++) {
        const Change *c = flips->pdata[i];
        printf("           %s: %s -> %s\n", c->backend, side(c->before), side(c->after));
    }
}

static cJSON *move_object(const Move *m, const GPtrArray *flips)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "move", move_names[m->kind]);
    cJSON_AddStringToObject(object, "case", m->id);
    cJSON_AddStringToObject(object, "what", m->what);
    cJSON_AddStringToObject(object, "why", m->why);
    cJSON_AddStringToObject(object, "where", m->where);
    cJSON_AddBoolToObject(object, "expected_moved", m->expected);
    cJSON *array = cJSON_AddArrayToObject(object, "flips");
    for (guint i = 0; flips && i < flips->len; i++)
        add_change(array, flips->pdata[i]);
    return object;
}

static void tell_moves(const GPtrArray *moves, guint cases, GHashTable *flips, gboolean as_json)
{
    guint counts[3] = { 0 }, expected = 0;
    cJSON *json = cJSON_CreateObject(), *array = cJSON_AddArrayToObject(json, "moves");
    for (guint i = 0; i < moves->len; i++) {
        const Move *m = moves->pdata[i];
        const GPtrArray *own = flips ? g_hash_table_lookup(flips, m->id) : NULL;
        counts[m->kind]++;
        expected += m->expected ? 1 : 0;
        if (as_json)
            cJSON_AddItemToArray(array, move_object(m, own));
        else
            print_move(m, own);
    }
    if (!as_json)
        printf("%u cases: %u moved (%u in what is expected), %u added, %u removed\n", cases, counts[MOVE_CHANGED], expected,
               counts[MOVE_ADDED], counts[MOVE_REMOVED]);
    if (as_json)
        print_json(json);
    else
        cJSON_Delete(json);
}

static int diff_corpora(const char *old, const char *now, const Options *options)
{
    GError *error = NULL;
    guint cases;
    g_autoptr(GPtrArray) moves = corpora_moves(old, now, &cases, &error);
    g_autoptr(GPtrArray) changes = moves && options->results ? changes_of(options->results, &error) : NULL;
    if (error)
        return cli_fail(&subcommand_diff, EXIT_USAGE, error);
    g_autoptr(GHashTable) flips = changes ? index_flips(changes) : NULL;
    tell_moves(moves, cases, flips, options->json);
    return EXIT_GOOD;
}

static int cmd_diff(int argc, char **argv)
{
    Options options = { 0 };
    g_autofree char *gate = NULL;
    g_auto(GStrv) results = NULL;
    int code;
    const GOptionEntry entries[] = {
        { "fail-on", 0, 0, G_OPTION_ARG_STRING, &gate, "exit 1 on: regression, any, wrong", "WHAT" },
        { "results", 'r', 0, G_OPTION_ARG_FILENAME_ARRAY, &results, "of corpora: results on OLD, then on NEW", "FILE" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print JSON (spec/schemas/diff.schema.json)", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    if (!cli_parse(&argc, &argv, &subcommand_diff, entries, description, &code))
        return code;
    options.results = results;
    if (argc != 3)
        return cli_complain(&subcommand_diff, EXIT_USAGE, "expected OLD and NEW, got %d arguments", argc - 1);
    if (gate && !gate_from_name(gate, &options.gate))
        return cli_complain(&subcommand_diff, EXIT_USAGE, "--fail-on %s: expected regression, any or wrong", gate);
    gboolean old = g_file_test(argv[1], G_FILE_TEST_IS_DIR), now = g_file_test(argv[2], G_FILE_TEST_IS_DIR);
    if (old != now)
        return cli_complain(&subcommand_diff, EXIT_USAGE, "one is a folder and one is not: expected two corpora or two results files");
    if (results && (!now || g_strv_length(results) != 2))
        return cli_complain(&subcommand_diff, EXIT_USAGE, "--results goes with two corpora, and is given twice");
    if (now && gate)
        return cli_complain(&subcommand_diff, EXIT_USAGE, "--fail-on goes with results files, not with corpora");
    return cli_finish(&subcommand_diff, now ? diff_corpora(argv[1], argv[2], &options) : diff_results(argv[1], argv[2], &options));
}
