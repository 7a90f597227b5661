/* The files of a case, to be handed on with its page. */
#include "golden/manifest.h"
#include "reports/report.h"

#include <glib/gstdio.h>
#include <string.h>

enum { MOST = 64 << 20 }; /* bytes of one case */

gboolean report_set_corpus(Report *report, const char *folder, GError **error)
{
    g_autofree char *digest = corpus_digest(folder, error);
    if (digest == NULL)
        return FALSE;
    if (g_strcmp0(digest, report->run.corpus_hash) != 0) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT, "%s: is not the corpus that these results are of",
                    folder);
        return FALSE;
    }
    report->corpus = g_string_chunk_insert(report->strings, folder);
    return TRUE;
}

static void file_free(gpointer data)
{
    ReportFile *file = data;
    g_free(file->name);
    g_bytes_unref(file->bytes);
    g_free(file);
}

static void add(GPtrArray *files, const char *folder, const char *name, GBytes *bytes)
{
    ReportFile *file = g_new(ReportFile, 1);
    *file = (ReportFile){ g_build_filename(folder, name, NULL), bytes };
    g_ptr_array_add(files, file);
}

/* An id comes from the results, which may be a stranger's: it must name a folder inside the corpus. */
static gboolean is_plain(const char *text)
{
    return *text != '.' && *text != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] == '\0';
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The plain files of a folder, in order; `left` is what may still be added. A folder that is not there has none. */
static gboolean add_folder(GPtrArray *files, const char *path, const char *shown, gsize *left, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_text);
    for (guint i = 0; i<names->len && * left> 0; i++) {
        g_autofree char *file = g_build_filename(path, names->pdata[i], NULL), *bytes = NULL;
        g_autoptr(GError) cause = NULL;
        GStatBuf facts;
        gsize length;
        if (!is_plain(names->pdata[i]) || g_lstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))
            continue;
        if ((guint64)facts.st_size >= *left) {
            *left = 0;
        } else if (!g_file_get_contents(file, &bytes, &length, &cause)) {
            g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s", cause->message);
            return FALSE;
        } else {
            *left -= MIN(length, *left);
            add(files, shown, names->pdata[i], g_bytes_new_take(g_steal_pointer(&bytes), length));
        }
    }
    return TRUE;
}

static gboolean add_answers(GPtrArray *files, const Report *report, const ReportCase *c, GError **error)
{
    for (guint b = 0; b < report->backends->len; b++) {
        const ReportBackend *backend = report->backends->pdata[b];
        g_autofree char *part = report_file_part(backend->name), *folder = g_build_filename("answers", part, NULL);
        g_autoptr(GPtrArray) outputs = results_outputs(report->results, c->id, backend->name, error);
        if (outputs == NULL)
            return FALSE;
        for (guint i = 0; i < outputs->len; i++) {
            g_autofree char *name = g_strdup_printf("output_%u.pb", i);
            add(files, folder, name, g_bytes_ref(outputs->pdata[i]));
        }
    }
    return TRUE;
}

GPtrArray *report_case_files(const Report *report, const ReportCase *c, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_free);
    g_auto(GStrv) parts = g_strsplit(c->id, "/", -1);
    if (report->corpus == NULL || g_strv_length(parts) != 2 || !is_plain(parts[0]) || !is_plain(parts[1]))
        return g_steal_pointer(&files);
    g_autofree char *folder = g_build_filename(report->corpus, parts[0], parts[1], NULL);
    g_autofree char *data = g_build_filename(folder, "test_data_set_0", NULL);
    gsize left = MOST;
    if (!add_folder(files, folder, "", &left, error) || !add_folder(files, data, "test_data_set_0", &left, error))
        return NULL;
    if (left == 0 || files->len == 0)
        g_ptr_array_set_size(files, 0);
    else if (!add_answers(files, report, c, error))
        return NULL;
    return g_steal_pointer(&files);
}
