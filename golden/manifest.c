#include "golden/manifest.h"

#include "reference/cli/paths.h"

#include <string.h>

enum { KIND_MODEL, KIND_INPUTS, KIND_OUTPUTS, KIND_INTERVAL, KIND_CASE, KINDS };
#define HEX_DIGITS 32

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *sorted_names(const char *folder, GError **error)
{
    g_autoptr(GError) io = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &io);
    if (!dir) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static int kind_of(const char *name, gboolean in_data_set)
{
    if (!in_data_set)
        return strcmp(name, "case.json") == 0 ? KIND_CASE : KIND_MODEL;
    if (g_str_has_prefix(name, "input_"))
        return KIND_INPUTS;
    return g_str_has_prefix(name, "lower_") || g_str_has_prefix(name, "upper_") ? KIND_INTERVAL : KIND_OUTPUTS;
}

static gboolean add_files(const char *folder, gboolean in_data_set, GChecksum *const *sums, gboolean *any, GError **error)
{
    g_autoptr(GPtrArray) names = sorted_names(folder, error);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            continue;
        g_autofree char *bytes = NULL;
        gsize length;
        GError *io = NULL;
        if (!g_file_get_contents(path, &bytes, &length, &io)) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
            g_error_free(io);
            return FALSE;
        }
        const int kind = kind_of(name, in_data_set);
        g_autofree char *head = g_strdup_printf("%s %" G_GSIZE_FORMAT "\n", name, length);
        g_checksum_update(sums[kind], (const guchar *)head, -1);
        g_checksum_update(sums[kind], (const guchar *)bytes, (gssize)length);
        any[kind] = TRUE;
    }
    return names != NULL;
}

static gboolean add_case(GString *text, const char *folder, const char *name, GError **error)
{
    GChecksum *sums[KINDS];
    gboolean any[KINDS] = { FALSE };
    for (int k = 0; k < KINDS; k++)
        sums[k] = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *data = g_build_filename(folder, "test_data_set_0", NULL);
    const gboolean ok = add_files(folder, FALSE, sums, any, error) && add_files(data, TRUE, sums, any, error);
    if (ok)
        g_string_append(text, name);
    for (int k = 0; k < KINDS; k++) {
        if (ok)
            g_string_append_printf(text, " %.*s", HEX_DIGITS, any[k] ? g_checksum_get_string(sums[k]) : "-");
        g_checksum_free(sums[k]);
    }
    if (ok)
        g_string_append_c(text, '\n');
    return ok;
}

char *manifest_of(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) names = sorted_names(folder, error);
    if (!names)
        return NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *json = g_build_filename(path, "case.json", NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR))
            continue;
        if (!g_file_test(json, G_FILE_TEST_EXISTS)) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: no case.json in it; generate the corpus again", path);
            return NULL;
        }
        if (!add_case(text, path, name, error))
            return NULL;
    }
    return g_strdup(text->str);
}

/* ---- the frozen one ----------------------------------------------------------------------------------------------------- */

char *manifest_frozen(const char *proposal)
{
    g_autofree char *relative = g_strdup_printf("golden/manifest/%s.txt", proposal), *path = home_path(relative);
    char            *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* The lines as a set, without empty ones; they stay the caller's. */
static GHashTable *line_set(char **lines)
{
    GHashTable *set = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **line = lines; *line; line++)
        if (**line)
            g_hash_table_add(set, *line);
    return set;
}

void manifest_share_add(ManifestShare *share, const char *proposal, const char *manifest)
{
    g_autofree char *frozen = manifest_frozen(proposal);
    g_auto(GStrv)    old_lines = g_strsplit(frozen ? frozen : "", "\n", -1), lines = g_strsplit(manifest, "\n", -1);
    g_autoptr(GHashTable) left = line_set(old_lines);
    share->frozen += g_hash_table_size(left);
    for (char **line = lines; *line; line++)
        if (**line)
            *(g_hash_table_remove(left, *line) ? &share->same : &share->others) += 1; /* a line counts once */
}

gboolean manifest_share_is_whole(const ManifestShare *share)
{
    return share->frozen > 0 && share->same == share->frozen && share->others == 0;
}

char *manifest_share_text(const ManifestShare *share)
{
    if (share->frozen == 0)
        return g_strdup("no case of the corpus is frozen");
    g_autofree char *others = share->others ? g_strdup_printf(", and %u others", share->others) : g_strdup("");
    return g_strdup_printf("the corpus has %u of the %u cases of the frozen one%s", share->same, share->frozen, others);
}

/* ---- identity ----------------------------------------------------------------------------------------------------------- */

char *manifest_digest(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

char *manifests_digest(const GPtrArray *proposals, const GPtrArray *manifests)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < proposals->len; i++)
        g_string_append_printf(text, "%s\n%s", (const char *)proposals->pdata[i], (const char *)manifests->pdata[i]);
    return manifest_digest(text->str);
}

char *corpus_digest(const char *corpus, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(corpus, error);
    g_autoptr(GPtrArray) proposals = g_ptr_array_new_with_free_func(g_free), manifests = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *last = NULL;
    for (guint i = 0; folders && i < folders->len; i++) {
        g_autofree char *parent = g_path_get_dirname(folders->pdata[i]);
        if (g_strcmp0(parent, last) == 0)
            continue;
        g_autoptr(Case) c = case_read(folders->pdata[i], error);
        char *manifest = c ? manifest_of(parent, error) : NULL;
        if (!manifest)
            return NULL;
        g_ptr_array_add(manifests, manifest);
        g_ptr_array_add(proposals, g_strdup(c->proposal));
        g_free(last);
        last = g_steal_pointer(&parent);
    }
    return folders ? manifests_digest(proposals, manifests) : NULL;
}
