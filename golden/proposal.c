#include "golden/proposal.h"

#include "reference/cli/json.h"
#include "reference/cli/paths.h"

#include <cJSON.h>
#include <string.h>

static const char *const level_names[] = { "MUST", "SHOULD", "MAY" };

const char *level_name(Level level)
{
    return level_names[level];
}

#define MAX_BYTES (4 << 20)

/* One object of the file, and what a message calls it: "", "requirement R3: ". */
typedef struct {
    const char  *folder, *what;
    const cJSON *object;
    GError     **error;
} Reader;

static gboolean bad(const Reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean bad(const Reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(r->error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s/proposal.json: %s%s", r->folder, r->what, message);
    return FALSE;
}

/* A misspelt key would take back silently what it was meant to say. */
static gboolean read_keys(const Reader *r, const char *const *known)
{
    const char      *unknown = json_unknown_key(r->object, known);
    g_autofree char *expected = g_strjoinv(", ", (char **)known);
    return !unknown || bad(r, "unknown key '%s': expected %s", unknown, expected);
}

static gboolean read_text(const Reader *r, const char *key, const char **text)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->object, key);
    *text = cJSON_IsString(item) ? item->valuestring : NULL;
    return *text || bad(r, "needs '%s', a text", key);
}

static gboolean read_flag(const Reader *r, const char *key, gboolean *flag)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->object, key);
    *flag = cJSON_IsTrue(item);
    return cJSON_IsBool(item) || bad(r, "needs '%s', true or false", key);
}

static gboolean read_level(const Reader *r, Level *level)
{
    const char *name;
    if (!read_text(r, "level", &name))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(level_names); i++)
        if (strcmp(name, level_names[i]) == 0) {
            *level = (Level)i;
            return TRUE;
        }
    return bad(r, "'level' is '%s': expected MUST, SHOULD or MAY", name);
}

/* "requirement R3: ", or by its place from 1 where it has no id: "requirement 3: ". */
static char *name_of(const char *kind, const cJSON *item, gsize place)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "id"));
    return id ? g_strdup_printf("%s %s: ", kind, id) : g_strdup_printf("%s %" G_GSIZE_FORMAT ": ", kind, place);
}

static gboolean read_list(const Reader *r, const char *key, const cJSON **list)
{
    *list = cJSON_GetObjectItemCaseSensitive(r->object, key);
    return cJSON_IsArray(*list) || bad(r, "needs '%s', an array", key);
}

static gboolean read_requirement(const Reader *r, Proposal *p)
{
    static const char *const keys[] = { "id", "level", "negative", "text", "source", NULL };
    Requirement              q;
    if (!cJSON_IsObject(r->object))
        return bad(r, "not an object");
    if (!read_keys(r, keys) || !read_text(r, "id", &q.id) || !read_level(r, &q.level) || !read_flag(r, "negative", &q.negative) ||
        !read_text(r, "text", &q.text) || !read_text(r, "source", &q.source))
        return FALSE;
    if (proposal_requirement(p, q.id))
        return bad(r, "there are two of this id");
    p->requirements[p->n_requirements++] = q;
    return TRUE;
}

static gboolean read_requirements(const Reader *r, Proposal *p)
{
    const cJSON *list, *item;
    if (!read_list(r, "requirements", &list))
        return FALSE;
    p->requirements = g_new0(Requirement, (gsize)cJSON_GetArraySize(list) + 1);
    cJSON_ArrayForEach(item, list)
    {
        g_autofree char *what = name_of("requirement", item, p->n_requirements + 1);
        if (!read_requirement(&(Reader){ r->folder, what, item, r->error }, p))
            return FALSE;
    }
    return p->n_requirements > 0 || bad(r, "no requirements");
}

static gboolean read_topic(const Reader *r, Topic *topic)
{
    static const char *const keys[] = { "id", "title", "text", NULL };
    if (!cJSON_IsObject(r->object))
        return bad(r, "not an object");
    return read_keys(r, keys) && read_text(r, "id", &topic->id) && read_text(r, "title", &topic->title) &&
           read_text(r, "text", &topic->text);
}

static gboolean read_topics(const Reader *r, const char *key, const char *kind, Topic **topics, gsize *n)
{
    const cJSON *list, *item;
    if (!read_list(r, key, &list))
        return FALSE;
    *topics = g_new0(Topic, (gsize)cJSON_GetArraySize(list) + 1);
    cJSON_ArrayForEach(item, list)
    {
        g_autofree char *what = name_of(kind, item, *n + 1);
        const Reader     own = { r->folder, what, item, r->error };
        if (!read_topic(&own, &(*topics)[*n]))
            return FALSE;
        for (gsize i = 0; i < *n; i++)
            if (strcmp((*topics)[i].id, (*topics)[*n].id) == 0)
                return bad(&own, "there are two of this id");
        ++*n;
    }
    return TRUE;
}

static gboolean read_proposal(const Reader *r, Proposal *p)
{
    static const char *const keys[] = { "id", "title", "status", "summary", "sources", "variants", "requirements", "questions", NULL };
    g_autofree char         *base = g_path_get_basename(r->folder);
    if (!cJSON_IsObject(r->object))
        return bad(r, "not a JSON object");
    if (!read_keys(r, keys) || !read_text(r, "id", &p->id) || !read_text(r, "title", &p->title) ||
        !read_text(r, "status", &p->status) || !read_text(r, "summary", &p->summary))
        return FALSE;
    if (strcmp(p->id, base) != 0)
        return bad(r, "'id' is '%s': expected the folder's name, %s", p->id, base);
    return read_requirements(r, p) && read_topics(r, "variants", "variant", &p->variants, &p->n_variants) &&
           read_topics(r, "questions", "question", &p->questions, &p->n_questions);
}

Proposal *proposal_read(const char *folder, GError **error)
{
    g_autoptr(Proposal) p = g_new0(Proposal, 1);
    g_autofree char *path = g_build_filename(folder, "proposal.json", NULL), *complaint = NULL;
    gsize length;
    GError *io = NULL;
    if (!g_file_get_contents(path, &p->json, &length, &io)) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        g_error_free(io);
        return NULL;
    }
    p->root = json_parse(p->json, length, MAX_BYTES, &complaint);
    const Reader reader = { folder, "", p->root, error };
    if (complaint)
        bad(&reader, "%s", complaint);
    return !complaint && read_proposal(&reader, p) ? g_steal_pointer(&p) : NULL;
}

void proposal_free(Proposal *p)
{
    if (!p)
        return;
    cJSON_Delete(p->root);
    g_free(p->json);
    g_free(p->requirements);
    g_free(p->variants);
    g_free(p->questions);
    g_free(p);
}

const Requirement *proposal_requirement(const Proposal *p, const char *id)
{
    for (gsize i = 0; i < p->n_requirements; i++)
        if (strcmp(p->requirements[i].id, id) == 0)
            return &p->requirements[i];
    return NULL;
}

gboolean proposal_has_variant(const Proposal *p, const char *id)
{
    for (gsize i = 0; i < p->n_variants; i++)
        if (strcmp(p->variants[i].id, id) == 0)
            return TRUE;
    return FALSE;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Proposal *const *)a)->id, (*(Proposal *const *)b)->id);
}

GPtrArray *proposal_list(GError **error)
{
    g_autofree char *root = home_path("spec/proposals");
    g_autoptr(GError) io = NULL;
    g_autoptr(GDir) dir = g_dir_open(root, 0, &io);
    if (!dir) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s; set ASSAY_HOME to the folder that holds spec/", io->message);
        return NULL;
    }
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)proposal_free);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *folder = g_build_filename(root, name, NULL);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
            continue;
        Proposal *p = proposal_read(folder, error);
        if (!p)
            return NULL;
        g_ptr_array_add(list, p);
    }
    g_ptr_array_sort(list, by_id);
    return g_steal_pointer(&list);
}

const Proposal *proposal_find(const GPtrArray *proposals, const char *id, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (guint i = 0; i < proposals->len; i++) {
        const Proposal *p = g_ptr_array_index(proposals, i);
        if (strcmp(p->id, id) == 0)
            return p;
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", p->id);
    }
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "no proposal '%s': expected %s", id, known->str);
    return NULL;
}
