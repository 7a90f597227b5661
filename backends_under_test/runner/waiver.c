#include "backends_under_test/runner/waiver.h"
#include "reference/cli/json.h"

#include <stdio.h>
#include <string.h>

#define MAX_BYTES (4 << 20)

typedef struct {
    char           *backend; /* glob */
    CapabilityRule *rule;
    Verdict         verdict;
    char           *owner, *link, *reason;
    GDate           expires;
    gboolean        expired;
    guint           used;
} Waiver;

struct Waivers {
    GMutex     lock;
    GPtrArray *all; /* of Waiver */
};

static void waiver_free(gpointer data)
{
    Waiver *w = data;
    g_free(w->backend);
    capability_rule_free(w->rule);
    g_free(w->owner);
    g_free(w->link);
    g_free(w->reason);
    g_free(w);
}

void waivers_free(Waivers *waivers)
{
    if (!waivers)
        return;
    g_mutex_clear(&waivers->lock);
    g_ptr_array_unref(waivers->all);
    g_free(waivers);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

/* "2027-03-31", and nothing else that GLib would take for a date. */
static gboolean read_date(const char *text, GDate *date)
{
    unsigned year, month, day;
    int      length = 0;
    g_date_clear(date, 1);
    if (strlen(text) != 10 || sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &length) != 3 || length != 10 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return FALSE;
    g_date_set_dmy(date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    return TRUE;
}

/* Takes the text out of the object; NULL with an error if it is not there or empty. */
static char *take_text(cJSON *object, const char *key, const char *where, GError **error)
{
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(object, key);
    char  *text = cJSON_IsString(item) && *g_strstrip(item->valuestring) ? g_strdup(item->valuestring) : NULL;
    cJSON_Delete(item);
    if (!text)
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: needs '%s', a text", where, key);
    return text;
}

/* What is left of the object once the fields of a waiver are taken out is a capability rule. */
static CapabilityRule *read_rule(cJSON *object, const char *reason, const char *where, GError **error)
{
    cJSON_AddStringToObject(object, "reason", reason);
    return capability_rule_read(object, where, error);
}

static gboolean waivable(Verdict verdict)
{
    return verdict_outcome(verdict) == OUTCOME_BAD;
}

static Waiver *read_waiver(cJSON *object, const char *where, const GDate *today, GError **error)
{
    Waiver          *w = g_new0(Waiver, 1);
    g_autofree char *verdict = NULL, *expires = NULL;
    const gboolean   good = (w->backend = take_text(object, "backend", where, error)) &&
                          (verdict = take_text(object, "verdict", where, error)) &&
                          (w->owner = take_text(object, "owner", where, error)) &&
                          (w->link = take_text(object, "link", where, error)) &&
                          (w->reason = take_text(object, "reason", where, error)) &&
                          (expires = take_text(object, "expires", where, error)) &&
                          (w->rule = read_rule(object, w->reason, where, error));
    if (good && (!verdict_from_name(verdict, &w->verdict) || !waivable(w->verdict)))
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: 'verdict' is '%s': expected one that counts as a failure",
                    where, verdict);
    else if (good && !read_date(expires, &w->expires))
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: 'expires' is '%s': expected a day such as 2027-03-31",
                    where, expires);
    else if (good) {
        w->expired = g_date_compare(today, &w->expires) > 0;
        return w;
    }
    waiver_free(w);
    return NULL;
}

static gboolean read_all(Waivers *waivers, cJSON *array, const char *path, const GDate *today, GError **error)
{
    cJSON *object;
    guint  n = 0;
    if (!cJSON_IsArray(array)) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: expected an array of waivers", path);
        return FALSE;
    }
    cJSON_ArrayForEach(object, array)
    {
        g_autofree char *where = g_strdup_printf("%s: waiver %u", path, ++n);
        if (!cJSON_IsObject(object)) {
            g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: not an object", where);
            return FALSE;
        }
        Waiver *w = read_waiver(object, where, today, error);
        if (!w)
            return FALSE;
        g_ptr_array_add(waivers->all, w);
    }
    return TRUE;
}

Waivers *waivers_read(const char *path, const char *today, GError **error)
{
    g_autofree char *text = NULL;
    gsize            length;
    GDate            day;
    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char     *now_text = g_date_time_format(now, "%Y-%m-%d");
    if (!read_date(today ? today : now_text, &day)) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "'%s' is no day such as 2027-03-31", today);
        return NULL;
    }
    g_autoptr(Waivers) waivers = g_new0(Waivers, 1);
    g_mutex_init(&waivers->lock);
    waivers->all = g_ptr_array_new_with_free_func(waiver_free);
    g_autofree char *complaint = NULL;
    cJSON           *json = json_parse(text, length, MAX_BYTES, &complaint);
    const gboolean   good = json ? read_all(waivers, json, path, &day, error) : FALSE;
    if (complaint)
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: %s", path, complaint);
    cJSON_Delete(json);
    return good ? g_steal_pointer(&waivers) : NULL;
}

/* ---- applying --------------------------------------------------------------------------------------------------------- */

static char *date_text(const GDate *date)
{
    return g_strdup_printf("%04u-%02u-%02u", (unsigned)g_date_get_year(date), (unsigned)g_date_get_month(date),
                           (unsigned)g_date_get_day(date));
}

static gboolean covers(const Waiver *w, const char *backend, const Subject *s, Verdict verdict)
{
    return w->verdict == verdict && g_pattern_match_simple(w->backend, backend) &&
           capability_rule_applies(w->rule, s->c, &subject_model(s)->traits);
}

static void waive(Waiver *w, Judgement *j)
{
    g_autofree char *until = date_text(&w->expires);
    g_free(j->waiver);
    j->waiver = g_strdup_printf("%s until %s, by %s: %s (%s)", verdict_name(j->verdict), until, w->owner, w->reason, w->link);
    j->verdict = VERDICT_WAIVED;
    w->used++;
}

void waivers_apply(Waivers *waivers, const char *backend, const Subject *s, Judgement *j)
{
    const Waiver *lapsed = NULL;
    g_mutex_lock(&waivers->lock);
    for (guint i = 0; i < waivers->all->len && j->verdict != VERDICT_WAIVED; i++) {
        Waiver *w = waivers->all->pdata[i];
        if (!covers(w, backend, s, j->verdict))
            continue;
        if (w->expired)
            lapsed = w;
        else
            waive(w, j);
    }
    g_mutex_unlock(&waivers->lock);
    if (lapsed && j->verdict != VERDICT_WAIVED) {
        g_autofree char *day = date_text(&lapsed->expires), *message = j->message;
        j->message = g_strdup_printf("%s%s(a waiver of %s expired on %s)", message ? message : "", message ? " " : "",
                                     lapsed->owner, day);
    }
}

gboolean waiver_verdict(const char *text, Verdict *verdict)
{
    const char      *space = strchr(text, ' ');
    g_autofree char *name = space ? g_strndup(text, (gsize)(space - text)) : NULL;
    return name && verdict_from_name(name, verdict) && waivable(*verdict);
}

GPtrArray *waivers_unused(Waivers *waivers)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&waivers->lock);
    for (guint i = 0; i < waivers->all->len; i++) {
        const Waiver    *w = waivers->all->pdata[i];
        g_autofree char *day = date_text(&w->expires);
        if (w->expired)
            g_ptr_array_add(lines, g_strdup_printf("waiver %u of %s has expired on %s (%s)", i + 1, w->owner, day, w->reason));
        else if (w->used == 0)
            g_ptr_array_add(lines, g_strdup_printf("waiver %u of %s covers nothing that failed (%s)", i + 1, w->owner, w->reason));
    }
    g_mutex_unlock(&waivers->lock);
    return lines;
}
