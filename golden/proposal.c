#include "golden/proposal.h"

#include "reference/cli/paths.h"

#include <cJSON.h>
#include <string.h>

static const char *const level_names[] = { "MUST", "SHOULD", "MAY" };

const char *level_name(Level level)
{
    return level_names[level];
}

static gboolean bad(GError **error, const char *folder, const char *what)
{
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s/proposal.json: %s", folder, what);
    return FALSE;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static gboolean read_level(const char *name, Level *level)
{
    for (gsize i = 0; name && i < G_N_ELEMENTS(level_names); i++)
        if (strcmp(name, level_names[i]) == 0) {
            *level = (Level)i;
            return TRUE;
        }
    return FALSE;
}

static gboolean read_requirements(Proposal *p, const char *folder, GError **error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(p->root, "requirements"), *item;
    p->requirements = g_new0(Requirement, (gsize)cJSON_GetArraySize(list) + 1);
    cJSON_ArrayForEach(item, list)
    {
        Requirement r = { .id = text_of(item, "id"), .text = text_of(item, "text"), .source = text_of(item, "source"),
                          .negative = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "negative")) };
        if (!r.id || !r.text || !r.source || !read_level(text_of(item, "level"), &r.level))
            return bad(error, folder, "a requirement lacks id, level (MUST, SHOULD, MAY), text or source");
        if (proposal_requirement(p, r.id))
            return bad(error, folder, "two requirements have one id");
        p->requirements[p->n_requirements++] = r;
    }
    return p->n_requirements > 0 || bad(error, folder, "no requirements");
}

static gboolean read_topics(const Proposal *p, const char *key, Topic **topics, gsize *n, const char *folder, GError **error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(p->root, key), *item;
    *topics = g_new0(Topic, (gsize)cJSON_GetArraySize(list) + 1);
    cJSON_ArrayForEach(item, list)
    {
        const Topic t = { text_of(item, "id"), text_of(item, "title"), text_of(item, "text") };
        if (!t.id || !t.title || !t.text)
            return bad(error, folder, "a variant or open question lacks id, title or text");
        (*topics)[(*n)++] = t;
    }
    return TRUE;
}

Proposal *proposal_read(const char *folder, GError **error)
{
    g_autoptr(Proposal) p = g_new0(Proposal, 1);
    g_autofree char *path = g_build_filename(folder, "proposal.json", NULL), *base = g_path_get_basename(folder);
    GError *io = NULL;
    if (!g_file_get_contents(path, &p->json, NULL, &io)) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        g_error_free(io);
        return NULL;
    }
    p->root = cJSON_Parse(p->json);
    p->id = text_of(p->root, "id");
    p->title = text_of(p->root, "title");
    p->status = text_of(p->root, "status");
    p->summary = text_of(p->root, "summary");
    if (!p->id || !p->title || !p->status || !p->summary || strcmp(p->id, base) != 0) {
        bad(error, folder, "must be a JSON object with id (the folder's name), title, status and summary");
        return NULL;
    }
    if (!read_requirements(p, folder, error) ||
        !read_topics(p, "variants", &p->variants, &p->n_variants, folder, error) ||
        !read_topics(p, "questions", &p->questions, &p->n_questions, folder, error))
        return NULL;
    return g_steal_pointer(&p);
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
