/* Reading external data without ever leaving the model's folder. */
#include "reference/onnx/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean fail(GError **error, OnnxError code, const char *location, const char *reason)
{
    g_autofree char *name = name_quote(location);
    g_set_error(error, ONNX_ERROR, (gint)code, "external data %s: %s", name, reason);
    return FALSE;
}

gboolean external_location_valid(const char *location, GError **error)
{
    if (!*location)
        return fail(error, ONNX_ERROR_SECURITY, location, "the location is empty");
    if (strlen(location) >= PATH_MAX)
        return fail(error, ONNX_ERROR_SECURITY, location, "the location is longer than a path may be");
    if (*location == '/')
        return fail(error, ONNX_ERROR_SECURITY, location,
                    "the location is absolute, expected a path relative to the model");
    g_auto(GStrv) parts = g_strsplit(location, "/", -1);
    for (gsize i = 0; parts[i]; i++)
        if (strcmp(parts[i], "..") == 0)
            return fail(error, ONNX_ERROR_SECURITY, location, "the location contains \"..\"");
    const gsize last = g_strv_length(parts) - 1;
    if (!*parts[last] || strcmp(parts[last], ".") == 0)
        return fail(error, ONNX_ERROR_SECURITY, location, "the location names a folder, expected a file");
    return TRUE;
}

/* One step down from `folder`, which is closed. Checked before opening, because opening a device may have effects,
 * and by O_NOFOLLOW, because the entry may change in between. */
static int step(int folder, const char *name, gboolean last, const char *location, GError **error)
{
    struct stat about;
    int         next = -1;
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        fail(error, ONNX_ERROR_IO, location, g_strerror(errno));
    else if (S_ISLNK(about.st_mode))
        fail(error, ONNX_ERROR_SECURITY, location, "a symbolic link, expected a regular file in the model's folder");
    else if (last && !S_ISREG(about.st_mode))
        fail(error, ONNX_ERROR_SECURITY, location, "not a regular file");
    else if ((next = openat(folder, name,
                            O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (last ? O_NONBLOCK : O_DIRECTORY))) < 0)
        fail(error, errno == ELOOP ? ONNX_ERROR_SECURITY : ONNX_ERROR_IO, location, g_strerror(errno));
    close(folder);
    return next;
}

int external_open(const char *folder, const char *location, gsize limit, gsize *size, GError **error)
{
    if (!external_location_valid(location, error))
        return -1;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        fail(error, ONNX_ERROR_IO, location, g_strerror(errno));
        return -1;
    }
    g_auto(GStrv) parts = g_strsplit(location, "/", -1);
    for (gsize i = 0; parts[i] && fd >= 0; i++)
        if (*parts[i] && strcmp(parts[i], ".") != 0)
            fd = step(fd, parts[i], !parts[i + 1], location, error);
    if (fd < 0)
        return -1;
    struct stat about;
    if (fstat(fd, &about) != 0)
        fail(error, ONNX_ERROR_IO, location, g_strerror(errno));
    else if (!S_ISREG(about.st_mode))
        fail(error, ONNX_ERROR_SECURITY, location, "not a regular file");
    else if (about.st_nlink != 1) /* a hard link may lead to a file of another folder */
        fail(error, ONNX_ERROR_SECURITY, location, "the file has several hard links, expected one");
    else if ((guint64)about.st_size > limit)
        fail(error, ONNX_ERROR_LIMIT, location, "the file is larger than the limit");
    else {
        *size = (gsize)about.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

/* The model's offset and length against the file's size and the tensor's. */
static gboolean check_range(const char *location, int64_t offset, int64_t length, gsize size, gsize file_size,
                            GError **error)
{
    g_autofree char *reason = NULL;
    if ((guint64)offset > file_size)
        reason = g_strdup_printf("offset %" G_GINT64_FORMAT " is beyond the file's %" G_GSIZE_FORMAT " bytes", offset,
                                 file_size);
    else if (length >= 0 && (guint64)length > file_size - (guint64)offset)
        reason = g_strdup_printf("length %" G_GINT64_FORMAT " at offset %" G_GINT64_FORMAT
                                 " goes beyond the file's %" G_GSIZE_FORMAT " bytes", length, offset, file_size);
    else if ((length >= 0 ? (guint64)length : file_size - (guint64)offset) != size)
        reason = g_strdup_printf("%" G_GUINT64_FORMAT " bytes, expected %" G_GSIZE_FORMAT " for the tensor",
                                 length >= 0 ? (guint64)length : file_size - (guint64)offset, size);
    return !reason || fail(error, ONNX_ERROR_INVALID, location, reason);
}

static gboolean read_fully(int fd, void *data, gsize size, int64_t offset, const char *location, GError **error)
{
    for (gsize done = 0; done < size;) {
        const ssize_t got = pread(fd, (uint8_t *)data + done, size - done, offset + (int64_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(error, ONNX_ERROR_IO, location, got < 0 ? g_strerror(errno) : "the file shrank while read");
        done += (gsize)got;
    }
    return TRUE;
}

gboolean external_read(const Load *load, const char *location, int64_t offset, int64_t length, void *data, gsize size,
                       GError **error)
{
    if (!load->folder)
        return fail(error, ONNX_ERROR_SECURITY, location, "external data is not accepted here");
    gsize     file_size;
    const int fd = external_open(load->folder, location, load->limits.file_bytes, &file_size, error);
    if (fd < 0)
        return FALSE;
    const gboolean done = check_range(location, offset, length, size, file_size, error) &&
                          (!data || read_fully(fd, data, size, offset, location, error));
    close(fd);
    return done;
}

GBytes *external_bytes(const char *folder, const char *location, int64_t offset, int64_t length, const OnnxLimits *limits,
                       GError **error)
{
    const OnnxLimits resolved = limits_resolved(limits);
    gsize            file_size;
    const int        fd = external_open(folder, location, resolved.file_bytes, &file_size, error);
    if (fd < 0)
        return NULL;
    const gsize size = length >= 0 ? (gsize)length : (guint64)offset <= file_size ? file_size - (gsize)offset : 0;
    g_autofree void *data = NULL;
    const gboolean done = check_range(location, offset, length, size, file_size, error) && (data = g_try_malloc(size + 1)) != NULL &&
                          read_fully(fd, data, size, offset, location, error);
    close(fd);
    if (!done && error && !*error)
        fail(error, ONNX_ERROR_MEMORY, location, "the system has no memory for it");
    return done ? g_bytes_new_take(g_steal_pointer(&data), size) : NULL;
}
