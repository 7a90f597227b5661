#include "backends_under_test/runner/certificate.h"

#include "golden/manifest.h"
#include "golden/relaxed.h"
#include "reference/cli/json.h"

#include <math.h>
#include <string.h>

#define FORMAT_VERSION 1

Certificate *certificate_new(void)
{
    Certificate *c = g_new0(Certificate, 1);
    c->proposals = g_ptr_array_new_with_free_func(g_free);
    c->manifests = g_ptr_array_new_with_free_func(g_free);
    c->rows = g_ptr_array_new_with_free_func(row_free);
    c->entries = archive_new();
    return c;
}

void row_free(gpointer data)
{
    Row *row = data;
    g_free(row->id);
    g_free(row->proposal);
    g_free(row->relaxation);
    g_free(row->stage);
    g_free(row->message);
    g_free(row->waiver);
    g_free(row);
}

void certificate_free(Certificate *c)
{
    if (!c)
        return;
    char *const strings[] = { c->backend, c->version, c->device, c->environment, c->assay, c->profile_text,
                              c->capabilities, c->statement };
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        g_free(strings[i]);
    g_ptr_array_unref(c->proposals);
    g_ptr_array_unref(c->manifests);
    g_ptr_array_unref(c->rows);
    g_clear_pointer(&c->entries, g_ptr_array_unref);
    profile_free(c->profile);
    g_free(c);
}

char *certificate_output_name(const char *id, guint i)
{
    return g_strdup_printf("outputs/%s/output_%u.pb", id, i);
}

/* <proposal>/<name>, both of harmless letters, neither beginning with a dot. */
gboolean certificate_id_is_good(const char *id)
{
    const char *slash = strchr(id, '/');
    return slash && slash != id && slash[1] && *id != '.' && slash[1] != '.' && !strchr(slash + 1, '/') &&
           strspn(id, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-/") == strlen(id);
}

static char *print(cJSON *json)
{
    char *printed = cJSON_Print(json), *text = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    cJSON_Delete(json);
    return text;
}

/* ---- the statement ------------------------------------------------------------------------------------------------------ */

typedef struct {
    guint         counted, accepted, waived, missed;
    ManifestShare share; /* of the frozen corpus */
} Tally;

static Tally tally(const Certificate *c, const char *proposal)
{
    Tally t = { 0 };
    for (guint i = 0; i < c->proposals->len; i++)
        if (!proposal || strcmp(c->proposals->pdata[i], proposal) == 0)
            manifest_share_add(&t.share, c->proposals->pdata[i], c->manifests->pdata[i]);
    for (guint i = 0; i < c->rows->len; i++) {
        const Row *row = c->rows->pdata[i];
        if ((proposal && strcmp(row->proposal, proposal) != 0) || !profile_counts(c->profile, row->form, row->expectation))
            continue;
        t.counted++;
        if (row->verdict == VERDICT_WAIVED)
            t.waived++;
        else if (profile_accepts(c->profile, row->expectation, row->verdict, row->grade))
            t.accepted++;
        else
            t.missed++;
    }
    return t;
}

/* Something must have been shown, nothing missed, and by the cases that everybody is held to. */
static gboolean grants(const Tally *t)
{
    return t->accepted > 0 && t->missed == 0 && manifest_share_is_whole(&t->share);
}

static void add_tally(cJSON *object, Tally t)
{
    cJSON_AddBoolToObject(object, "granted", grants(&t));
    if (!manifest_share_is_whole(&t.share)) {
        g_autofree char *reason = manifest_share_text(&t.share);
        cJSON_AddStringToObject(object, "reason", reason);
    }
    cJSON_AddNumberToObject(object, "counted", t.counted);
    cJSON_AddNumberToObject(object, "accepted", t.accepted);
    cJSON_AddNumberToObject(object, "waived", t.waived);
    cJSON_AddNumberToObject(object, "missed", t.missed);
}

static void add_verdicts(cJSON *object, const Certificate *c)
{
    guint counts[VERDICT_COUNT] = { 0 };
    for (guint i = 0; i < c->rows->len; i++)
        counts[((const Row *)c->rows->pdata[i])->verdict]++;
    for (int v = 0; v < VERDICT_COUNT; v++)
        cJSON_AddNumberToObject(object, verdict_name((Verdict)v), counts[v]);
}

char *certificate_statement(const Certificate *c, gboolean *granted)
{
    cJSON           *root = cJSON_CreateObject();
    g_autofree char *corpus = manifests_digest(c->proposals, c->manifests);
    cJSON_AddNumberToObject(root, "certificate", FORMAT_VERSION);
    cJSON *backend = cJSON_AddObjectToObject(root, "backend");
    cJSON_AddStringToObject(backend, "name", c->backend);
    cJSON_AddStringToObject(backend, "version", c->version);
    cJSON_AddStringToObject(backend, "device", c->device);
    cJSON_AddStringToObject(backend, "environment", c->environment);
    cJSON_AddStringToObject(root, "assay", c->assay);
    cJSON_AddStringToObject(root, "corpus", corpus);
    cJSON_AddStringToObject(root, "profile", c->profile->id);
    const Tally all = tally(c, NULL);
    add_tally(root, all);
    cJSON *proposals = cJSON_AddObjectToObject(root, "proposals");
    for (guint i = 0; i < c->proposals->len; i++)
        add_tally(cJSON_AddObjectToObject(proposals, c->proposals->pdata[i]), tally(c, c->proposals->pdata[i]));
    cJSON_AddNumberToObject(root, "cases", c->rows->len);
    add_verdicts(cJSON_AddObjectToObject(root, "verdicts"), c);
    if (granted)
        *granted = grants(&all);
    return print(root);
}

char *certificate_verdict(const Certificate *c)
{
    const Tally        t = tally(c, NULL);
    g_autoptr(GString) text = g_string_new(c->profile->id);
    g_string_append_printf(text, ": %sgranted: ", grants(&t) ? "" : "not ");
    if (!manifest_share_is_whole(&t.share)) {
        g_autofree char *reason = manifest_share_text(&t.share);
        g_string_append_printf(text, "%s; ", reason);
    }
    if (t.missed > 0)
        g_string_append_printf(text, "%u of %u cases missed", t.missed, t.counted);
    else
        g_string_append_printf(text, "%u of %u cases accepted", t.accepted, t.counted);
    if (t.waived > 0)
        g_string_append_printf(text, ", %u waived", t.waived);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- results.json ------------------------------------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
}

static cJSON *row_to_json(const Row *row)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "case", row->id);
    cJSON_AddStringToObject(o, "form", form_name(row->form));
    cJSON_AddStringToObject(o, "expect", row->expectation == EXPECT_REJECT ? "reject" : "outputs");
    cJSON_AddStringToObject(o, "verdict", verdict_name(row->verdict));
    if (row->grade)
        cJSON_AddStringToObject(o, "grade", (char[]){ row->grade, '\0' });
    if (isinf(row->margin))
        cJSON_AddStringToObject(o, "margin", "infinite");
    else if (!isnan(row->margin))
        json_add_exact(o, "margin", row->margin);
    add_text(o, "relaxation", row->relaxation);
    add_text(o, "stage", row->stage);
    add_text(o, "message", row->message);
    add_text(o, "waiver", row->waiver);
    if (row->flaky)
        cJSON_AddTrueToObject(o, "flaky");
    if (row->contradicts_manifest)
        cJSON_AddTrueToObject(o, "contradicts_manifest");
    if (row->kept)
        cJSON_AddNumberToObject(o, "outputs", row->kept);
    return o;
}

static const char *text_of(const cJSON *o, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static gboolean read_form(const char *text, Form *form)
{
    for (*form = FORM_NATIVE; text && *form <= FORM_DECOMPOSED; ++*form)
        if (strcmp(text, form_name(*form)) == 0)
            return TRUE;
    return FALSE;
}

static gboolean read_margin(const cJSON *item, double *margin)
{
    *margin = !item ? NAN : cJSON_IsNumber(item) ? item->valuedouble : INFINITY;
    return !item || (cJSON_IsNumber(item) && *margin >= 0) || (cJSON_IsString(item) && strcmp(item->valuestring, "infinite") == 0);
}

static gboolean relaxation_is_known(const char *name)
{
    g_autofree char *complaint = relaxed_complaint(name);
    return complaint == NULL;
}

static Row *row_from_json(const cJSON *o)
{
    const char  *id = text_of(o, "case"), *expect = text_of(o, "expect"), *verdict = text_of(o, "verdict");
    const char  *grade = text_of(o, "grade"), *relaxation = text_of(o, "relaxation");
    const cJSON *kept = cJSON_GetObjectItemCaseSensitive(o, "outputs");
    Row         *row = g_new0(Row, 1);
    const gboolean good = id && certificate_id_is_good(id) && read_form(text_of(o, "form"), &row->form) && expect &&
                          (strcmp(expect, "reject") == 0 || strcmp(expect, "outputs") == 0) && verdict &&
                          verdict_from_name(verdict, &row->verdict) &&
                          (!grade || (strlen(grade) == 1 && grade_meaning(*grade))) &&
                          (!relaxation || relaxation_is_known(relaxation)) && read_margin(cJSON_GetObjectItemCaseSensitive(o, "margin"), &row->margin) &&
                          (!kept || (cJSON_IsNumber(kept) && kept->valuedouble >= 1 && kept->valuedouble <= 10000));
    if (!good) {
        row_free(row);
        return NULL;
    }
    row->id = g_strdup(id);
    row->proposal = g_strndup(id, (gsize)(strchr(id, '/') - id));
    row->expectation = strcmp(expect, "reject") == 0 ? EXPECT_REJECT : EXPECT_OUTPUTS;
    row->grade = grade ? *grade : '\0';
    row->relaxation = g_strdup(relaxation);
    row->stage = g_strdup(text_of(o, "stage"));
    row->message = g_strdup(text_of(o, "message"));
    row->waiver = g_strdup(text_of(o, "waiver"));
    row->flaky = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "flaky"));
    row->contradicts_manifest = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "contradicts_manifest"));
    row->kept = kept ? (guint)kept->valuedouble : 0;
    return row;
}

/* ---- packing ------------------------------------------------------------------------------------------------------------ */

static void pack_text(Certificate *c, const char *name, char *text) /* takes the text */
{
    archive_add(c->entries, name, g_bytes_new_take(text, strlen(text)));
}

void certificate_pack(Certificate *c)
{
    cJSON *rows = cJSON_CreateArray();
    for (guint i = 0; i < c->rows->len; i++)
        cJSON_AddItemToArray(rows, row_to_json(c->rows->pdata[i]));
    pack_text(c, "results.json", print(rows));
    archive_add(c->entries, "profile.json", g_bytes_new(c->profile_text, c->profile_length));
    pack_text(c, "capabilities.json", g_strdup(c->capabilities));
    for (guint i = 0; i < c->proposals->len; i++) {
        g_autofree char *name = g_strdup_printf("corpus/%s.txt", (const char *)c->proposals->pdata[i]);
        pack_text(c, name, g_strdup(c->manifests->pdata[i]));
    }
    pack_text(c, "certificate.json", certificate_statement(c, NULL));
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static gboolean malformed(const char *what, const char *entry, GError **error)
{
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: %s is missing, or not what a certificate of version %d holds there",
                what, entry, FORMAT_VERSION);
    return FALSE;
}

/* The entry as text without NULs, or NULL. */
static char *entry_text(const Certificate *c, const char *name)
{
    GBytes *bytes = archive_get(c->entries, name);
    gsize   size = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    return data && g_utf8_validate(data, (gssize)size, NULL) ? g_strndup(data, size) : NULL;
}

/* What is printed beside "root: good" must not be able to look like another line of that; NULL if it could. */
static char *open_line(const cJSON *object, const char *key)
{
    const char      *text = text_of(object, key);
    g_autofree char *line = text ? message_line(text) : NULL;
    return g_strcmp0(text, line) == 0 ? g_steal_pointer(&line) : NULL;
}

static gboolean open_statement(Certificate *c)
{
    cJSON       *root = (c->statement = entry_text(c, "certificate.json")) ? cJSON_Parse(c->statement) : NULL;
    const cJSON *backend = cJSON_GetObjectItemCaseSensitive(root, "backend");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "certificate");
    c->backend = open_line(backend, "name");
    c->version = open_line(backend, "version");
    c->device = open_line(backend, "device");
    c->environment = open_line(backend, "environment");
    c->assay = open_line(root, "assay");
    const gboolean good = cJSON_IsNumber(version) && version->valuedouble == FORMAT_VERSION && c->backend && c->version &&
                          c->device && c->environment && c->assay;
    cJSON_Delete(root);
    return good;
}

static gboolean open_rows(Certificate *c)
{
    g_autofree char *text = entry_text(c, "results.json");
    cJSON           *array = text ? cJSON_Parse(text) : NULL;
    const cJSON     *item;
    gboolean         good = cJSON_IsArray(array) && cJSON_GetArraySize(array) > 0;
    const char      *last = "";
    if (good)
        cJSON_ArrayForEach(item, array)
        {
            Row *row = row_from_json(item);
            if (row)
                g_ptr_array_add(c->rows, row);
            if (!row || strcmp(last, row->id) >= 0) {
                good = FALSE;
                break;
            }
            last = row->id;
        }
    cJSON_Delete(array);
    return good;
}

/* The manifests, and outputs of rows; whatever else there is belongs to no certificate. */
static gboolean open_rest(Certificate *c)
{
    gsize known = 0;
    for (guint i = 0; i < c->entries->len; i++) {
        const char *name = ((const Entry *)c->entries->pdata[i])->name;
        if (!g_str_has_prefix(name, "corpus/") || !g_str_has_suffix(name, ".txt"))
            continue;
        char *manifest = entry_text(c, name);
        if (!manifest)
            return FALSE;
        g_ptr_array_add(c->proposals, g_strndup(name + strlen("corpus/"), strlen(name) - strlen("corpus/.txt")));
        g_ptr_array_add(c->manifests, manifest);
        known++;
    }
    for (guint i = 0; i < c->rows->len; i++)
        known += ((const Row *)c->rows->pdata[i])->kept;
    static const char *const fixed[] = { "certificate.json", "results.json", "profile.json", "capabilities.json", ARCHIVE_ROOT,
                                         ARCHIVE_SIGNATURE };
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
        known += archive_get(c->entries, fixed[i]) != NULL;
    return known == c->entries->len;
}

static gboolean open_outputs(const Certificate *c)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < c->entries->len; i++)
        g_hash_table_add(names, ((const Entry *)c->entries->pdata[i])->name);
    for (guint i = 0; i < c->rows->len; i++) {
        const Row *row = c->rows->pdata[i];
        for (guint k = 0; k < row->kept; k++) {
            g_autofree char *name = certificate_output_name(row->id, k);
            if (!g_hash_table_contains(names, name))
                return FALSE;
        }
    }
    return TRUE;
}

Certificate *certificate_open(GPtrArray *entries, const char *what, GError **error)
{
    g_autoptr(Certificate) c = certificate_new();
    g_ptr_array_unref(c->entries);
    c->entries = entries;
    if (!open_statement(c))
        return malformed(what, "certificate.json", error), NULL;
    if (!open_rows(c))
        return malformed(what, "results.json", error), NULL;
    if (!(c->capabilities = entry_text(c, "capabilities.json")))
        return malformed(what, "capabilities.json", error), NULL;
    if (!(c->profile_text = entry_text(c, "profile.json")) ||
        !(c->profile = profile_parse(c->profile_text, strlen(c->profile_text), "profile.json", NULL)))
        return malformed(what, "profile.json", error), NULL;
    if (!open_rest(c) || !open_outputs(c))
        return malformed(what, "its list of entries", error), NULL;
    return g_steal_pointer(&c);
}
