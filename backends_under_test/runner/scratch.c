#include "backends_under_test/runner/scratch.h"
#include "backends_under_test/runner/backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define OPEN_FOLDERS  16
#define PREFIX        "assay-scratch-"
#define SETTLED_AFTER 60 /* seconds: a younger folder may belong to someone who is about to lock it */

/* Each folder is locked by the process that made it, through a descriptor that lives as long as the process: a folder
 * without a lock is what a killed run left behind. */
static GMutex      lock;
static GHashTable *held; /* path -> descriptor */

static int remove_below(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    return where->level > 0 ? remove(path) : 0;
}

/* What adapters leave is mostly a few plain files. FALSE if something stayed. */
static gboolean remove_files(const char *folder)
{
    DIR                 *dir = opendir(folder);
    const struct dirent *entry;
    gboolean             all = dir != NULL;
    while (all && (entry = readdir(dir)))
        all = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
              unlinkat(dirfd(dir), entry->d_name, 0) == 0;
    if (dir)
        closedir(dir);
    return all;
}

gboolean scratch_empty(const char *folder, GError **error)
{
    if (remove_files(folder) || nftw(folder, remove_below, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0)
        return TRUE;
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s cannot be emptied: %s", folder, g_strerror(errno));
    return FALSE;
}

static int open_locked(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void remove_if_left_behind(const char *folder)
{
    struct stat about;
    if (lstat(folder, &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() ||
        time(NULL) - about.st_mtim.tv_sec < SETTLED_AFTER)
        return;
    int fd = open_locked(folder);
    if (fd < 0)
        return;
    if (scratch_empty(folder, NULL))
        remove(folder);
    close(fd);
}

void scratch_clean(const char *temporary)
{
    g_autoptr(GDir) dir = g_dir_open(temporary, 0, NULL);
    const char     *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *folder = g_build_filename(temporary, name, NULL);
        if (g_str_has_prefix(name, PREFIX) && strlen(name) == strlen(PREFIX "XXXXXX"))
            remove_if_left_behind(folder);
    }
}

char *scratch_make(GError **error)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        scratch_clean(g_get_tmp_dir());
        g_once_init_leave(&once, 1);
    }
    char *folder = g_dir_make_tmp(PREFIX "XXXXXX", error);
    if (!folder)
        return NULL;
    int fd = open_locked(folder);
    g_mutex_lock(&lock);
    if (!held)
        held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_insert(held, g_strdup(folder), GINT_TO_POINTER(fd));
    g_mutex_unlock(&lock);
    return folder;
}

void scratch_remove(const char *folder)
{
    gpointer fd;
    if (!folder)
        return;
    if (scratch_empty(folder, NULL))
        remove(folder);
    g_mutex_lock(&lock);
    if (held && g_hash_table_lookup_extended(held, folder, NULL, &fd)) {
        if (GPOINTER_TO_INT(fd) >= 0)
            close(GPOINTER_TO_INT(fd));
        g_hash_table_remove(held, folder);
    }
    g_mutex_unlock(&lock);
}
