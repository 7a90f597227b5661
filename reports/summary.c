/* What is derived from the rows: tallies, groups of failures, the command that repeats a verdict. */
#include "reference/cli/subcommand.h"
#include "reports/report.h"

#include <math.h>
#include <string.h>

Tally report_tally(const GPtrArray *cases, guint backend, CaseFilter accept, gconstpointer data)
{
    Tally tally = { .worst_margin = (double)NAN };
    for (guint i = 0; i < cases->len; i++) {
        const ReportCase *c = cases->pdata[i];
        if (accept != NULL && !accept(c, data))
            continue;
        const ReportVerdict *v = &c->verdicts[backend];
        Outcome outcome = verdict_outcome(v->verdict);
        tally.total++;
        tally.verdicts[v->verdict]++;
        tally.good += outcome == OUTCOME_GOOD;
        tally.bad += outcome == OUTCOME_BAD;
        tally.neutral += outcome == OUTCOME_NEUTRAL;
        if (v->grade > 0)
            tally.grades[(guchar)v->grade]++;
        if (v->verdict == VERDICT_PASS && !isnan(v->margin) && !(v->margin <= tally.worst_margin))
            tally.worst_margin = v->margin;
    }
    return tally;
}

/* Numbers differ between cases of one cause: indices, shapes, values. */
static char *cause(const char *message)
{
    GString *text = g_string_new(NULL);
    for (const char *p = message == NULL ? "" : message; *p != '\0' && *p != '\n' && text->len < 400;) {
        if (!g_ascii_isdigit(*p)) {
            g_string_append_c(text, *p++);
            continue;
        }
        while (g_ascii_isxdigit(*p) || ((*p == '.' || *p == 'x') && g_ascii_isxdigit(p[1])))
            p++;
        g_string_append_c(text, '#');
    }
    return g_string_free(text, FALSE);
}

static void group_free(gpointer data)
{
    FailureGroup *group = data;
    g_ptr_array_unref(group->cases);
    g_free(group);
}

static int by_size(gconstpointer a, gconstpointer b)
{
    const FailureGroup *x = *(FailureGroup *const *)a, *y = *(FailureGroup *const *)b;
    if (x->cases->len != y->cases->len)
        return x->cases->len > y->cases->len ? -1 : 1;
    const ReportCase *first_x = x->cases->pdata[0], *first_y = y->cases->pdata[0];
    int order = strcmp(first_x->id, first_y->id);
    return order != 0 ? order : (x->backend > y->backend) - (x->backend < y->backend);
}

static void file_failure(GPtrArray *groups, GHashTable *by_cause, ReportCase *c, guint backend)
{
    const ReportVerdict *v = &c->verdicts[backend];
    /* What wrong numbers look like says more than where the first of them stands. */
    g_autofree char *message = cause(v->signature != NULL ? v->signature : v->message);
    char *key =
        g_strdup_printf("%u\x1f%d\x1f%s\x1f%s", backend, (int)v->verdict, v->stage == NULL ? "" : v->stage, message);
    FailureGroup *group = g_hash_table_lookup(by_cause, key);
    if (group != NULL) {
        g_free(key);
    } else {
        group = g_new0(FailureGroup, 1);
        *group = (FailureGroup){ .backend = backend,
                                 .verdict = v->verdict,
                                 .stage = v->stage,
                                 .message = v->message,
                                 .signature = v->signature,
                                 .cases = g_ptr_array_new() };
        g_ptr_array_add(groups, group);
        g_hash_table_insert(by_cause, key, group);
    }
    g_ptr_array_add(group->cases, c);
}

/* What has no verdict is one where the run says why: a backend that did not start, for all its cases. */
static gboolean is_failure(const ReportVerdict *v)
{
    return verdict_outcome(v->verdict) == OUTCOME_BAD || (v->verdict == VERDICT_NOT_RUN && v->message != NULL);
}

GPtrArray *report_failures(const GPtrArray *cases, const Report *report)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
    g_autoptr(GHashTable) by_cause = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < cases->len; i++) {
        ReportCase *c = cases->pdata[i];
        for (guint b = 0; b < report->backends->len; b++)
            if (is_failure(&c->verdicts[b]))
                file_failure(groups, by_cause, c, b);
    }
    g_ptr_array_sort(groups, by_size);
    return groups;
}

/* Put together here, word by word: a command that somebody will paste into a shell must not come from a file that a
 * stranger may have made. */
char *report_replay(const Report *report, const ReportCase *c, const ReportBackend *backend)
{
    g_autofree char *program = cli_word(cli_program), *id = cli_word(c->id), *name = cli_word(backend->name);
    g_autofree char *corpus = cli_word(report->run.corpus == NULL ? "build/corpus" : report->run.corpus);
    return g_strdup_printf("%s explain %s --corpus %s --backend %s", program, id, corpus, name);
}
