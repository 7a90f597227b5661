/* A protobuf message from a file, which may be anything that has a name. */
#include "reference/onnx/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean cannot_read(GError **error)
{
    const int code = errno;
    g_set_error(error, ONNX_ERROR, ONNX_ERROR_IO, "cannot read: %s", g_strerror(code));
    return FALSE;
}

/* A pipe or device may never end, and may keep who opens it waiting. */
static gboolean is_readable(int file, gsize *size, GError **error)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return cannot_read(error);
    if (!S_ISREG(about.st_mode)) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_IO, "not a regular file");
        return FALSE;
    }
    if (about.st_size > G_MAXINT32) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_LIMIT, "%" G_GINT64_FORMAT
                    " bytes, but a protobuf message ends at 2 GiB", (gint64)about.st_size);
        return FALSE;
    }
    *size = (gsize)about.st_size;
    return TRUE;
}

/* As long as it is, should it have become shorter meanwhile. */
static char *read_all(int file, gsize *size, GError **error)
{
    g_autofree char *data = g_try_malloc(*size + 1);
    gsize done = 0;
    ssize_t n = 1;
    if (!data) {
        g_set_error(error, ONNX_ERROR, ONNX_ERROR_MEMORY, "no memory for %" G_GSIZE_FORMAT " bytes", *size);
        return NULL;
    }
    while (done < *size && n != 0) {
        n = read(file, data + done, *size - done);
        if (n < 0 && errno != EINTR) {
            cannot_read(error);
            return NULL;
        }
        done += n > 0 ? (gsize)n : 0;
    }
    *size = done;
    return g_steal_pointer(&data);
}

char *wire_read_file(const char *path, gsize *size, GError **error)
{
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        cannot_read(error);
        return NULL;
    }
    char *data = is_readable(file, size, error) ? read_all(file, size, error) : NULL;
    close(file);
    return data;
}

ProtobufCMessage *wire_unpack_file(const ProtobufCMessageDescriptor *descriptor, const char *path,
                                   const OnnxLimits *limits, GError **error)
{
    gsize size;
    g_autofree char *data = wire_read_file(path, &size, error);
    return data ? wire_unpack(descriptor, data, size, limits, error) : NULL;
}
