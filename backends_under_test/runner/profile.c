#include "backends_under_test/runner/profile.h"
#include "backends_under_test/runner/backend.h"
#include "reference/cli/json.h"
#include "reference/cli/paths.h"

#include <string.h>

void profile_free(Profile *p)
{
    if (!p)
        return;
    g_free(p->id);
    g_free(p->title);
    g_free(p);
}

static gboolean read_form(const cJSON *item, Profile *p)
{
    for (Form form = FORM_NATIVE; cJSON_IsString(item) && form <= FORM_DECOMPOSED; form++)
        if (strcmp(item->valuestring, form_name(form)) == 0) {
            p->forms |= 1u << form;
            return TRUE;
        }
    return FALSE;
}

static gboolean read_grade(const cJSON *item, Profile *p)
{
    const gboolean good = cJSON_IsString(item) && strlen(item->valuestring) == 1 && strchr("RAB", *item->valuestring) &&
                          !strchr(p->grades, *item->valuestring);
    if (good)
        p->grades[strlen(p->grades)] = *item->valuestring;
    return good;
}

static gboolean read_each(const cJSON *root, const char *key, gboolean (*read)(const cJSON *, Profile *), Profile *p)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, key), *item;
    gboolean     good = cJSON_IsArray(array) && cJSON_GetArraySize(array) > 0;
    if (good)
        cJSON_ArrayForEach(item, array)
            good = good && read(item, p);
    return good;
}

static gboolean read_fields(const cJSON *root, Profile *p)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(root, "id"), *title = cJSON_GetObjectItemCaseSensitive(root, "title");
    const cJSON *negatives = cJSON_GetObjectItemCaseSensitive(root, "negatives");
    if (!cJSON_IsString(id) || !cJSON_IsString(title) || !cJSON_IsBool(negatives))
        return FALSE;
    p->id = message_line(id->valuestring); /* it is printed; a certificate may bring its own profile */
    p->title = g_strdup(title->valuestring);
    p->negatives = cJSON_IsTrue(negatives);
    return strcmp(p->id, id->valuestring) == 0 && read_each(root, "forms", read_form, p) && read_each(root, "grades", read_grade, p);
}

Profile *profile_parse(const char *text, gsize length, const char *what, GError **error)
{
    g_autoptr(Profile) p = g_new0(Profile, 1);
    g_autofree char   *complaint = NULL;
    cJSON             *root = json_parse(text, length, 1 << 20, &complaint);
    const gboolean     good = cJSON_IsObject(root) && read_fields(root, p);
    cJSON_Delete(root);
    if (good)
        return g_steal_pointer(&p);
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: no profile as spec/schemas/profile.schema.json describes it%s%s",
                what, complaint ? ": " : "", complaint ? complaint : "");
    return NULL;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "bronze, gold, platinum, silver" */
static char *known_profiles(void)
{
    g_autofree char     *folder = home_path("spec/profiles");
    g_autoptr(GDir)      dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char          *name;
    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, ".json"))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".json")));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(", ", (char **)names->pdata);
}

char *profile_load(const char *name, gsize *length, GError **error)
{
    g_autofree char *relative = g_strdup_printf("spec/profiles/%s.json", name);
    g_autofree char *path = strchr(name, '/') ? g_strdup(name) : home_path(relative);
    char            *text = NULL;
    if (!strchr(name, '/') && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_autofree char *known = known_profiles();
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "no profile '%s': expected one of %s, or the path of a file, with a slash",
                    name, known);
        return NULL;
    }
    return g_file_get_contents(path, &text, length, error) ? text : NULL;
}

gboolean profile_counts(const Profile *p, Form form, Expectation expectation)
{
    return expectation == EXPECT_REJECT ? p->negatives : (p->forms >> form & 1) != 0;
}

gboolean profile_accepts(const Profile *p, Expectation expectation, Verdict verdict, char grade)
{
    return expectation == EXPECT_REJECT ? verdict == VERDICT_REJECTED_INVALID
                                        : verdict == VERDICT_PASS && grade && strchr(p->grades, grade);
}
