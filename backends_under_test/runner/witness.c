#include "backends_under_test/runner/witness.h"

#include <fts.h>
#include <string.h>
#include <sys/stat.h>

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line for each file: its path, then what changes with it. Sorted, so that the order of the folder does not matter. */
static GPtrArray *describe(const char *folder)
{
    char *const paths[] = { (char *)folder, NULL };
    gsize       prefix = strlen(folder);
    GPtrArray  *lines = g_ptr_array_new_with_free_func(g_free);
    FTS        *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT     *entry;
    while (walk && (entry = fts_read(walk))) {
        const struct stat *about = entry->fts_statp;
        if (entry->fts_info == FTS_DP)
            continue; /* a folder's second visit */
        const char *path = entry->fts_path + prefix;
        gboolean    known = entry->fts_info != FTS_NS && entry->fts_info != FTS_ERR && entry->fts_info != FTS_DNR;
        g_ptr_array_add(lines, g_strdup_printf("%s\t%c %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                                               " %ld",
                                               *path ? path + 1 : ".", entry->fts_info == FTS_D ? 'd' : known ? '-' : '?', known ? (guint64)about->st_ino : 0,
                                               known ? (gint64)about->st_size : 0,
                                               known ? (gint64)about->st_ctim.tv_sec : 0,
                                               known ? about->st_ctim.tv_nsec : 0L));
    }
    if (walk)
        fts_close(walk);
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return lines;
}

char *witness_take(const char *folder)
{
    g_autoptr(GPtrArray) lines = describe(folder);
    return g_strjoinv("\n", (char **)lines->pdata);
}

/* A file that comes or goes changes its folder too; the file is the better answer, a folder is given for want of it. */
char *witness_difference(const char *folder, const char *state)
{
    g_autoptr(GPtrArray) now = describe(folder);
    g_auto(GStrv) then = g_strsplit(state, "\n", -1);
    g_autofree char *changed = NULL;
    char **a = then, **b = (char **)now->pdata;
    while (*a || *b) {
        int order = !*a ? 1 : !*b ? -1 : strcmp(*a, *b);
        if (order == 0) {
            a++, b++;
            continue;
        }
        const char *line = order < 0 ? *a++ : *b++;
        gsize       length = strcspn(line, "\t");
        gboolean    is_folder = line[length] == '\t' && line[length + 1] == 'd';
        if (!changed || !is_folder) {
            g_free(changed);
            changed = g_strndup(line, length);
        }
        if (!is_folder)
            break;
    }
    return g_steal_pointer(&changed);
}
