#include "reference/cli/paths.h"

/* Walks up from the program until a folder holds spec/proposals, directly or as share/assay. */
static char *find_home(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program ? g_path_get_dirname(program) : g_get_current_dir();
    for (int up = 0; up < 6; up++) {
        g_autofree char *source = g_build_filename(folder, "spec", "proposals", NULL);
        g_autofree char *installed = g_build_filename(folder, "share", "assay", NULL);
        if (g_file_test(source, G_FILE_TEST_IS_DIR))
            return g_steal_pointer(&folder);
        if (g_file_test(installed, G_FILE_TEST_IS_DIR))
            return g_steal_pointer(&installed);
        char *parent = g_path_get_dirname(folder);
        g_free(folder);
        folder = parent;
    }
    return g_get_current_dir();
}

char *home_path(const char *relative)
{
    static char *home;
    static gsize ready;
    const char  *given = g_getenv("ASSAY_HOME");
    if (given && *given)
        return g_build_filename(given, relative, NULL);
    if (g_once_init_enter(&ready)) {
        home = find_home();
        g_once_init_leave(&ready, 1);
    }
    return g_build_filename(home, relative, NULL);
}
