/* The registry of writers, and the folder that appears complete or not at all. */
#include "reports/report.h"
#include "reference/cli/swap.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define ENTRY(id) extern const Writer writer_##id;
#include "writers.inc"
#undef ENTRY

static const Writer *const writers_known[] = {
#define ENTRY(id) &writer_##id,
#include "writers.inc"
#undef ENTRY
};

#define MARK ".assay-report"

const Writer *const *writer_all(gsize *count)
{
    *count = G_N_ELEMENTS(writers_known);
    return writers_known;
}

const Writer *writer_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(writers_known); i++)
        if (strcmp(writers_known[i]->name, name) == 0)
            return writers_known[i];
    return NULL;
}

/* Upper case is not plain: two names that differ in case only are one file on some systems. */
char *report_file_part(const char *name)
{
    enum { KEEP = 80 };
    gsize length = strlen(name), plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
    if (plain == length && length > 0 && length <= KEEP && name[0] != '.' && name[0] != '-')
        return g_strdup(name);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1), *part = g_strdup(name);
    for (char *p = part; *p != '\0'; p++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *p) == NULL)
            *p = '_';
    return g_strdup_printf("%.*s-%.16s", KEEP, part, hash);
}

/* Most files go into a folder that is there: it is made only if it was missed. */
static gboolean write_file(const char *path, const GString *text, GError **error)
{
    g_autoptr(GError) cause = NULL;
    /* No atomic replacement: the folder as a whole is renamed when complete. */
    if (g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_NONE, 0666, &cause))
        return TRUE;
    g_autofree char *parent = g_path_get_dirname(path);
    if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT) && g_mkdir_with_parents(parent, 0777) == 0)
        return g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_NONE, 0666, error);
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

gboolean report_write_file(const char *folder, const char *name, const GString *text, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) cause = NULL;
    if (write_file(path, text, &cause))
        return TRUE;
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s: %s", path, cause->message);
    return FALSE;
}

/* Follows no link: only what is inside the folder goes. */
static void remove_tree(const char *path)
{
    if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK) && g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            g_autofree char *child = g_build_filename(path, name, NULL);
            remove_tree(child);
        }
    }
    g_remove(path);
}

static gboolean fail(GError **error, const char *path, const char *what)
{
    int code = errno;
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s: %s: %s", path, what, g_strerror(code));
    return FALSE;
}

static gboolean replaceable(const char *folder, GError **error)
{
    if (!g_file_test(folder, G_FILE_TEST_EXISTS))
        return TRUE;
    if (g_access(folder, W_OK | X_OK) != 0)
        return fail(error, folder, "cannot replace");
    g_autofree char *mark = g_build_filename(folder, MARK, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    if (g_file_test(mark, G_FILE_TEST_IS_REGULAR) || (dir != NULL && g_dir_read_name(dir) == NULL))
        return TRUE;
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_CONFLICT,
                "%s: is there and is not a report, expected a new or empty folder", folder);
    return FALSE;
}

/* The old report, if any, is removed last. */
static gboolean swap_in(const char *fresh, const char *folder, GError **error)
{
    if (!folder_swap(fresh, folder))
        return fail(error, folder, "cannot replace");
    remove_tree(fresh);
    return TRUE;
}

static gboolean write_all(const Report *report, const char *fresh, const Writer *const *writers, gsize n,
                          GError **error)
{
    g_autoptr(GString) mark = g_string_new("A report of Assay: replaced by the next one.\n");
    if (!report_write_file(fresh, MARK, mark, error))
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (!writers[i]->write(report, fresh, error))
            return FALSE;
    return TRUE;
}

gboolean report_write(const Report *report, const char *folder, const Writer *const *writers, gsize n, GError **error)
{
    g_autofree char *path = g_canonicalize_filename(folder, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_autofree char *fresh = g_strconcat(path, ".XXXXXX", NULL);
    if (!replaceable(path, error))
        return FALSE;
    if (g_mkdir_with_parents(parent, 0777) != 0 || g_mkdtemp_full(fresh, 0777) == NULL)
        return fail(error, folder, "cannot create");
    if (write_all(report, fresh, writers, n, error) && swap_in(fresh, path, error))
        return TRUE;
    remove_tree(fresh);
    return FALSE;
}
