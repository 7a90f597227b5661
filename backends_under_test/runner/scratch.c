#include "backends_under_test/runner/scratch.h"
#include "backends_under_test/runner/backend.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

#define OPEN_FOLDERS 16

char *scratch_make(GError **error)
{
    return g_dir_make_tmp("assay-XXXXXX", error);
}

static int remove_below(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    return where->level > 0 ? remove(path) : 0;
}

gboolean scratch_empty(const char *folder, GError **error)
{
    if (nftw(folder, remove_below, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0)
        return TRUE;
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s cannot be emptied: %s", folder, g_strerror(errno));
    return FALSE;
}

void scratch_remove(const char *folder)
{
    if (folder && scratch_empty(folder, NULL))
        remove(folder);
}
