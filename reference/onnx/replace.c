/* Files that replace others: a reader sees the old contents or the whole new ones. */
#include "reference/onnx/save.h"
#include "reference/onnx/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct Replacement {
    char *target;
    char *temporary; /* NULL once renamed, or when the target is written in place */
    int   fd;
};

static gboolean fail(GError **error, const char *path, int cause)
{
    g_set_error(error, ONNX_ERROR, ONNX_ERROR_IO, "cannot write %s: %s", path, g_strerror(cause));
    return FALSE;
}

/* A name beside the target that nobody has; created with the permissions a plain open would give. */
static int open_temporary(Replacement *replacement)
{
    g_autofree char *folder = g_path_get_dirname(replacement->target);
    g_autofree char *name = g_path_get_basename(replacement->target);
    for (int attempt = 0; attempt < 100; attempt++) {
        /* A long name keeps room for the suffix. */
        g_autofree char *path = g_strdup_printf("%s/.%.200s.%08x", folder, name, g_random_int());
        replacement->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (replacement->fd >= 0)
            replacement->temporary = g_steal_pointer(&path);
        if (replacement->fd >= 0 || errno != EEXIST)
            break;
    }
    return replacement->fd;
}

Replacement *replacement_new(const char *path, GError **error)
{
    g_autoptr(Replacement) replacement = g_new0(Replacement, 1);
    replacement->fd = -1;
    /* Through links, so that a link stays one and /dev/stdout is what it stands for. */
    char *real = realpath(path, NULL);
    replacement->target = g_strdup(real ? real : path);
    free(real);
    struct stat about;
    if (stat(replacement->target, &about) == 0 && !S_ISREG(about.st_mode))
        replacement->fd = open(replacement->target, O_WRONLY | O_CLOEXEC);
    else
        open_temporary(replacement);
    if (replacement->fd >= 0)
        return g_steal_pointer(&replacement);
    fail(error, path, errno);
    return NULL;
}

gboolean replacement_write(Replacement *replacement, const void *data, gsize size, gsize offset, GError **error)
{
    for (gsize done = 0; done < size;) {
        const uint8_t *from = (const uint8_t *)data + done;
        /* In place means a device or pipe, which has no offsets. */
        const ssize_t put = replacement->temporary ? pwrite(replacement->fd, from, size - done, (off_t)(offset + done))
                                                   : write(replacement->fd, from, size - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(error, replacement->target, put < 0 ? errno : ENOSPC);
        done += (gsize)put;
    }
    return TRUE;
}

gboolean replacement_extend(Replacement *replacement, gsize size, GError **error)
{
    return !replacement->temporary || ftruncate(replacement->fd, (off_t)size) == 0 ||
           fail(error, replacement->target, errno);
}

/* The rename itself must reach the disk too. */
static void sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

gboolean replacement_commit(Replacement *replacement, gboolean durable, GError **error)
{
    if (durable && replacement->temporary && fsync(replacement->fd) != 0)
        return fail(error, replacement->target, errno);
    /* Some file systems report a full disk only here. */
    if (close(g_steal_fd(&replacement->fd)) != 0)
        return fail(error, replacement->target, errno);
    if (!replacement->temporary)
        return TRUE;
    if (rename(replacement->temporary, replacement->target) != 0)
        return fail(error, replacement->target, errno);
    g_clear_pointer(&replacement->temporary, g_free);
    if (durable)
        sync_folder(replacement->target);
    return TRUE;
}

void replacement_free(Replacement *replacement)
{
    if (!replacement)
        return;
    if (replacement->fd >= 0)
        close(replacement->fd);
    if (replacement->temporary)
        unlink(replacement->temporary);
    g_free(replacement->temporary);
    g_free(replacement->target);
    g_free(replacement);
}

gboolean file_replace(const char *path, const void *data, gsize size, gboolean durable, GError **error)
{
    g_autoptr(Replacement) replacement = replacement_new(path, error);
    return replacement && replacement_write(replacement, data, size, 0, error) &&
           replacement_commit(replacement, durable, error);
}
