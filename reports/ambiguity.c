/* Where independent backends contradict each other. One that passes while another answers wrongly shows that the text can
 * be followed; that others read it otherwise is what its author wants to see, with the smallest model that shows it. */
#include "reports/report.h"

#include <string.h>

static void ambiguity_free(gpointer data)
{
    Ambiguity *ambiguity = data;
    g_ptr_array_unref(ambiguity->cases);
    g_free(ambiguity);
}

/* Whether two independent backends contradict each other on a case. */
static gboolean contradicts(const ReportCase *c, const Report *report, AmbiguityKind *kind)
{
    guint passed = 0, answered_wrong = 0, rejected = 0, accepted = 0;
    for (guint b = 0; b < report->backends->len; b++) {
        if (report_is_own(report->backends->pdata[b]))
            continue;
        Verdict v = c->verdicts[b].verdict;
        passed += v == VERDICT_PASS;
        answered_wrong += v == VERDICT_WRONG_VALUE || v == VERDICT_WRONG_SHAPE || v == VERDICT_WRONG_TYPE;
        rejected += v == VERDICT_REJECTED_INVALID;
        accepted += v == VERDICT_ACCEPTED_INVALID;
    }
    *kind = rejected > 0 && accepted > 0 ? AMBIGUITY_REFUSALS : AMBIGUITY_ANSWERS;
    return (passed > 0 && answered_wrong > 0) || (rejected > 0 && accepted > 0);
}

static void file_case(GPtrArray *list, GHashTable *index, const char *requirement, AmbiguityKind kind, const ReportCase *c)
{
    char *key = g_strdup_printf("%d\x1f%s", (int)kind, requirement);
    Ambiguity *ambiguity = g_hash_table_lookup(index, key);
    if (ambiguity != NULL) {
        g_free(key);
    } else {
        ambiguity = g_new0(Ambiguity, 1);
        *ambiguity = (Ambiguity){ kind, requirement, g_ptr_array_new() };
        g_ptr_array_add(list, ambiguity);
        g_hash_table_insert(index, key, ambiguity);
    }
    g_ptr_array_add(ambiguity->cases, (gpointer)c);
}

static gsize size_of(const ReportCase *c)
{
    return c->graph == NULL ? G_MAXSIZE : strlen(c->graph);
}

static int smaller_first(gconstpointer a, gconstpointer b)
{
    const ReportCase *x = *(const ReportCase *const *)a, *y = *(const ReportCase *const *)b;
    gsize p = size_of(x), q = size_of(y);
    return p != q ? (p < q ? -1 : 1) : strcmp(x->id, y->id);
}

static int by_requirement(gconstpointer a, gconstpointer b)
{
    const Ambiguity *x = *(Ambiguity *const *)a, *y = *(Ambiguity *const *)b;
    int order = strverscmp(x->requirement, y->requirement); /* R5 before R11 */
    return order != 0 ? order : (int)x->kind - (int)y->kind;
}

GPtrArray *report_ambiguities(const GPtrArray *cases, const Report *report)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(ambiguity_free);
    g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < cases->len; i++) {
        const ReportCase *c = cases->pdata[i];
        AmbiguityKind kind;
        if (!contradicts(c, report, &kind))
            continue;
        if (c->requirements->len == 0)
            file_case(list, index, "", kind, c);
        for (guint r = 0; r < c->requirements->len; r++)
            file_case(list, index, c->requirements->pdata[r], kind, c);
    }
    for (guint i = 0; i < list->len; i++)
        g_ptr_array_sort(((Ambiguity *)list->pdata[i])->cases, smaller_first);
    g_ptr_array_sort(list, by_requirement);
    return list;
}
