#include "golden/coverage_data.h"
#include "golden/proposal.h"
#include "reference/cli/subcommand.h"
#include "reference/eval/operator.h"

#include <cJSON.h>
#include <stdio.h>
#include <string.h>

static int cmd_coverage(int argc, char **argv);
SUBCOMMAND_DEFINE(coverage, "coverage", "[DIR]", "requirements x cases: what is untested", cmd_coverage)

typedef struct {
    const Proposal    *proposal;
    const Requirement *requirement;
    guint              positive, negative; /* cases that must give outputs, that must be refused */
} Row;

static char *full_id(const Row *row)
{
    return g_strdup_printf("%s/%s", row->proposal->id, row->requirement->id);
}

static gboolean untested(const Row *row)
{
    return row->positive == 0 || (row->requirement->negative && row->negative == 0);
}

static GArray *rows_of(const GPtrArray *proposals, GHashTable *index)
{
    GArray *rows = g_array_new(FALSE, TRUE, sizeof(Row));
    for (guint p = 0; p < proposals->len; p++) {
        const Proposal *proposal = g_ptr_array_index(proposals, p);
        for (gsize r = 0; r < proposal->n_requirements; r++) {
            const Row row = { proposal, &proposal->requirements[r], 0, 0 };
            g_array_append_val(rows, row);
            g_hash_table_insert(index, full_id(&row), GUINT_TO_POINTER(rows->len));
        }
    }
    return rows;
}

/* FALSE if a case cannot be read or names a requirement that does not exist. only: the proposal whose cases are told, or NULL. */
static gboolean count_cases(const char *corpus, const char *only, GArray *rows, GHashTable *index, guint *cases, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(corpus, error);
    for (guint i = 0; folders && i < folders->len; i++) {
        g_autoptr(Case) c = case_read(g_ptr_array_index(folders, i), error);
        if (!c)
            return FALSE;
        for (guint r = 0; r < c->requirements->len; r++) {
            const char *id = g_ptr_array_index(c->requirements, r);
            const guint at = GPOINTER_TO_UINT(g_hash_table_lookup(index, id));
            if (!at) {
                g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s tests '%s', which no proposal has", c->id, id);
                return FALSE;
            }
            Row *row = &g_array_index(rows, Row, at - 1);
            if (c->expectation == EXPECT_REJECT)
                row->negative++;
            else
                row->positive++;
        }
        *cases += !only || strcmp(c->proposal, only) == 0;
    }
    return folders != NULL;
}

static void keep_only(GArray *rows, const char *only)
{
    for (guint i = rows->len; only && i-- > 0;)
        if (strcmp(g_array_index(rows, Row, i).proposal->id, only) != 0)
            g_array_remove_index(rows, i);
}

static void print_json(const GArray *rows, guint cases, guint must, guint must_untested)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "cases", cases);
    cJSON_AddNumberToObject(root, "requirements", rows->len);
    cJSON_AddNumberToObject(root, "must", must);
    cJSON_AddNumberToObject(root, "must_untested", must_untested);
    cJSON *list = cJSON_AddArrayToObject(root, "rows");
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        g_autofree char *id = full_id(row);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "id", id);
        cJSON_AddStringToObject(item, "level", level_name(row->requirement->level));
        cJSON_AddNumberToObject(item, "positive", row->positive);
        cJSON_AddNumberToObject(item, "negative", row->negative);
        cJSON_AddBoolToObject(item, "needs_negative", row->requirement->negative);
        cJSON_AddItemToArray(list, item);
    }
    char *text = cJSON_Print(root);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(root);
}

static void print_text(const GArray *rows, guint cases, guint must, guint must_untested)
{
    printf("%-24s %-6s %8s %8s\n", "requirement", "level", "positive", "negative");
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        g_autofree char *id = full_id(row);
        g_autofree char *negative = row->requirement->negative ? g_strdup_printf("%u", row->negative) : g_strdup("-");
        printf("%-24s %-6s %8u %8s%s\n", id, level_name(row->requirement->level), row->positive, negative,
               untested(row) ? "  UNTESTED" : "");
    }
    printf("%u cases, %u requirements, %u of them MUST, %u MUSTs untested\n", cases, rows->len, must, must_untested);
}

static int cover_requirements(const char *corpus, const char *only, gboolean json, GError **error)
{
    g_autoptr(GPtrArray) proposals = proposal_list(error);
    if (!proposals)
        return EXIT_HARNESS;
    if (only && !proposal_find(proposals, only, error))
        return EXIT_USAGE;
    g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) rows = rows_of(proposals, index);
    guint cases = 0, must = 0, must_untested = 0;
    if (!count_cases(corpus, only, rows, index, &cases, error))
        return EXIT_USAGE;
    keep_only(rows, only);
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        const gboolean is_must = row->requirement->level == LEVEL_MUST;
        must += is_must ? 1 : 0;
        must_untested += is_must && untested(row) ? 1 : 0;
    }
    (json ? print_json : print_text)(rows, cases, must, must_untested);
    return must_untested ? EXIT_SHORT : EXIT_GOOD;
}

/* The operators that the reference has, version by version, and how sure it is of their results. */
static void cover_operators(void)
{
    gsize n;
    guint versions = 0, uncertified = 0;
    const Operator *const *all = operator_all(&n);
    for (gsize i = 0; i < n; i++) {
        printf("%s%s%s:", all[i]->domain, *all[i]->domain ? "::" : "", all[i]->name);
        for (gsize v = 0; v < all[i]->n_versions; v++) {
            const OpVersion *version = &all[i]->versions[v];
            const gboolean no_rule = !version->deprecated && version->kernel && !version->bound;
            printf(" %d%s", version->since, version->deprecated ? " (removed)" : no_rule ? " (no certificate)" : "");
            versions++;
            uncertified += no_rule ? 1 : 0;
        }
        putchar('\n');
    }
    printf("%" G_GSIZE_FORMAT " operators, %u versions, %u without a certificate\n", n, versions, uncertified);
}

static int cmd_coverage(int argc, char **argv)
{
    gboolean json = FALSE, operators = FALSE, observability = FALSE, goldens = FALSE;
    gint most = 8, jobs = (gint)g_get_num_processors();
    g_autofree char *only = NULL;
    int code;
    const GOptionEntry entries[] = {
        { "proposal", 'p', 0, G_OPTION_ARG_STRING, &only, "Only this proposal's requirements and cases", "ID" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON (spec/schemas/coverage.schema.json)", NULL },
        { "operators", 0, 0, G_OPTION_ARG_NONE, &operators, "List the reference's operators instead", NULL },
        { "observability", 0, 0, G_OPTION_ARG_NONE, &observability,
          "List the elements of inputs whose change no output shows instead", NULL },
        { "elements", 0, 0, G_OPTION_ARG_INT, &most, "With it: elements of a tensor that are altered (8)", "N" },
        { "goldens", 0, 0, G_OPTION_ARG_NONE, &goldens, "Count exact and proven goldens instead, as case.json records them", NULL },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "Threads for --observability (processors)", "N" },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_coverage, entries,
                   "DIR is a generated corpus (default: build/corpus). A requirement is tested when a case that must give outputs\n"
                   "names it and, if a model can violate it, a case that must be refused does too.\n\n"
                   "Exit code 1: a MUST is untested.", &code))
        return code;
    if (argc > 2)
        return cli_complain(&subcommand_coverage, EXIT_USAGE, "expected at most one folder; see 'assay coverage --help'");
    if ((json ? 1 : 0) + (operators ? 1 : 0) + (observability ? 1 : 0) + (goldens ? 1 : 0) > 1)
        return cli_complain(&subcommand_coverage, EXIT_USAGE, "expected one of --json, --operators, --observability and --goldens");
    if (only && (operators || observability || goldens))
        return cli_complain(&subcommand_coverage, EXIT_USAGE, "--proposal goes with requirements alone; give the proposal's folder as DIR");
    if (operators) {
        cover_operators();
        return cli_finish(&subcommand_coverage, EXIT_GOOD);
    }
    if (most < 1 || jobs < 1)
        return cli_complain(&subcommand_coverage, EXIT_USAGE, "--elements and --jobs must be at least 1");
    GError *error = NULL;
    const char *corpus = argc == 2 ? argv[1] : "build/corpus";
    if (observability || goldens)
        code = (observability ? coverage_observability(corpus, (guint)most, (guint)jobs, &error)
                              : coverage_goldens(corpus, &error)) ? EXIT_GOOD : EXIT_USAGE;
    else
        code = cover_requirements(corpus, only, json, &error);
    return error ? cli_fail(&subcommand_coverage, code, error) : cli_finish(&subcommand_coverage, code);
}
