#include "backends_under_test/runner/witness.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line for each file: its path, then what changes with it. */
static char *line_of(const char *path, const struct stat *about)
{
    return g_strdup_printf("%s\t%c %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %ld", path,
                           S_ISDIR(about->st_mode) ? 'd' : '-', (guint64)about->st_ino, (gint64)about->st_size,
                           (gint64)about->st_ctim.tv_sec, about->st_ctim.tv_nsec);
}

/* Everything below the folder that `path` names, which it is given back as; `prefix` bytes of it are the top folder's.
 */
static void describe_below(GString *path, gsize prefix, GPtrArray *lines)
{
    const gsize length = path->len;
    DIR *dir = opendir(path->str);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        g_string_append_c(path, '/');
        g_string_append(path, entry->d_name);
        const char *below = path->str + prefix + 1;
        gboolean known = fstatat(dirfd(dir), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0;
        g_ptr_array_add(lines, known ? line_of(below, &about) : g_strdup_printf("%s\t?", below));
        if (known && S_ISDIR(about.st_mode))
            describe_below(path, prefix, lines);
        g_string_truncate(path, length);
    }
    if (dir)
        closedir(dir);
}

/* Sorted, so that the order of the folder does not matter. */
static GPtrArray *describe(const char *folder)
{
    struct stat about;
    g_autoptr(GString) path = g_string_new(folder);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(lines, lstat(folder, &about) == 0 ? line_of(".", &about) : g_strdup(".\t?"));
    describe_below(path, path->len, lines);
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    return lines;
}

/* Whether everything that was there still is and is the same. What is new shows in its folder's time of change, so that
 * no folder needs to be read. */
static gboolean same(const char *folder, char *const *lines)
{
    g_autoptr(GString) path = g_string_new(folder);
    g_string_append_c(path, '/');
    const gsize prefix = path->len;
    gboolean all = TRUE;
    for (; *lines && all; lines++) {
        struct stat about;
        g_string_truncate(path, prefix);
        g_string_append_len(path, *lines, (gssize)strcspn(*lines, "\t"));
        g_autofree char *now = lstat(path->str, &about) == 0 ? line_of(path->str + prefix, &about) : NULL;
        all = g_strcmp0(now, *lines) == 0;
    }
    return all;
}

char *witness_take(const char *folder)
{
    g_autoptr(GPtrArray) lines = describe(folder);
    return g_strjoinv("\n", (char **)lines->pdata);
}

gint64 witness_size(const char *state, const char *path)
{
    g_autofree char *start = g_strconcat("\n", path, "\t- ", NULL); /* "." comes first: no path is without a line before it */
    const char *found = strstr(state, start);
    guint64 inode;
    gint64 size;
    return found && sscanf(found + strlen(start), "%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, &inode, &size) == 2 ? size : -1;
}

/* A file that comes or goes changes its folder too; the file is the better answer, a folder is given for want of it. */
char *witness_difference(const char *folder, const char *state)
{
    g_auto(GStrv) then = g_strsplit(state, "\n", -1);
    if (same(folder, then))
        return NULL;
    g_autoptr(GPtrArray) now = describe(folder);
    g_autofree char *changed = NULL;
    char **a = then, **b = (char **)now->pdata;
    while (*a || *b) {
        int order = !*a ? 1 : !*b ? -1 : strcmp(*a, *b);
        if (order == 0) {
            a++, b++;
            continue;
        }
        const char *line = order < 0 ? *a++ : *b++;
        gsize length = strcspn(line, "\t");
        gboolean is_folder = line[length] == '\t' && line[length + 1] == 'd';
        if (!changed || !is_folder) {
            g_free(changed);
            changed = g_strndup(line, length);
        }
        if (!is_folder)
            break;
    }
    return g_steal_pointer(&changed);
}
