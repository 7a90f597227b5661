#include "reports/lock.h"
#include "reports/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Who was killed a moment ago may have a child that is not yet its adapter and holds what it inherited. */
#define PATIENCE_US 1000000
#define PAUSE_US    20000

/* Of the open file, not of the process: it is not lost when the process closes another descriptor of it. SQLite's locks are
 * elsewhere in the file. */
static gboolean try_lock(int fd)
{
    struct flock first_byte = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
    return fcntl(fd, F_OFD_SETLK, &first_byte) == 0 || (errno != EAGAIN && errno != EACCES);
}

int lock_take(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    const gint64 deadline = g_get_monotonic_time() + PATIENCE_US;
    gboolean locked;
    while (!(locked = try_lock(fd)) && g_get_monotonic_time() < deadline)
        g_usleep(PAUSE_US);
    if (locked)
        return fd;
    close(fd);
    results_fail(error, RESULTS_ERROR_IO, "%s: another run has this file open", path);
    return -1;
}
