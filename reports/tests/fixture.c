#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>

static char *folder;

void fixture_set_up(void)
{
    folder = g_dir_make_tmp("assay-reports-XXXXXX", NULL);
    cr_assert_not_null(folder);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

void fixture_tear_down(void)
{
    remove_tree(folder);
    g_clear_pointer(&folder, g_free);
}

char *fixture_path(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

Results *fixture_open(const char *name, ResultsMode mode)
{
    g_autofree char *path = fixture_path(name);
    GError *error = NULL;
    Results *results = results_open(path, mode, &error);
    cr_assert_not_null(results, "%s", error ? error->message : "");
    return results;
}

void fixture_write(const char *name, const char *text)
{
    g_autofree char *path = fixture_path(name), *parent = g_path_get_dirname(path);
    cr_assert_eq(g_mkdir_with_parents(parent, 0777), 0);
    cr_assert(g_file_set_contents(path, text, -1, NULL), "%s", path);
}

char *fixture_read(const char *name, gsize *length)
{
    g_autofree char *path = fixture_path(name);
    char *text = NULL;
    cr_assert(g_file_get_contents(path, &text, length, NULL), "%s", path);
    return text;
}
