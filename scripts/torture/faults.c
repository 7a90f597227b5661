/* A layer under the program (LD_PRELOAD) in which one call fails: the memory whose size a model decides (tensors and
 * g_try_*), and everything that changes files, SQLite's included.
 *
 *     FAULT_AT=N      the N-th such call fails (0: none)      FAULT_FOR_GOOD=1   and all that follow: the disk stays full
 *     FAULT_KINDS=    any of "memory write sync rename make"  FAULT_COUNT=FILE   how many there were, at the end
 *
 * Only a program called assay is disturbed, and its children are not: what fails in an adapter is the adapter's business. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long        at, calls;
static int         for_good;
static const char *kinds = "memory write sync rename make", *count_file;

__attribute__((constructor)) static void set_up(void)
{
    const char *text = getenv("FAULT_AT");
    if (strcmp(program_invocation_short_name, "assay") != 0) {
        kinds = ""; /* the shell around it */
        return;
    }
    at = text ? atol(text) : 0;
    for_good = getenv("FAULT_FOR_GOOD") != NULL;
    if (getenv("FAULT_KINDS"))
        kinds = strdup(getenv("FAULT_KINDS"));
    if (getenv("FAULT_COUNT"))
        count_file = strdup(getenv("FAULT_COUNT"));
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void tear_down(void)
{
    char text[32];
    const long total = calls;
    at = 0;
    const int fd = count_file ? open(count_file, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd >= 0) {
        const int n = snprintf(text, sizeof text, "%ld\n", total);
        if (write(fd, text, (size_t)n) != n)
            _exit(99);
        close(fd);
    }
}

static int fails(const char *kind, int code)
{
    if (!strstr(kinds, kind))
        return 0;
    const long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (!at || (for_good ? call < at : call != at))
        return 0;
    errno = code;
    return 1;
}

/* NEXT(ssize_t, write, (int, const void *, size_t)): the real one, as `next`. */
#define NEXT(type, name, parameters)                          \
    static type (*next) parameters;                           \
    if (!next)                                                \
        next = (type (*) parameters)dlsym(RTLD_NEXT, #name)

/* ---- memory ---- */

int posix_memalign(void **out, size_t alignment, size_t size)
{
    NEXT(int, posix_memalign, (void **, size_t, size_t));
    return fails("memory", ENOMEM) ? ENOMEM : next(out, alignment, size);
}
#define TRY(name)                                             \
    void *name(size_t size);                                  \
    void *name(size_t size)                                   \
    {                                                         \
        NEXT(void *, name, (size_t));                         \
        return fails("memory", ENOMEM) ? NULL : next(size);   \
    }
TRY(g_try_malloc)
TRY(g_try_malloc0)
#define TRY_N(name)                                           \
    void *name(size_t n, size_t size);                        \
    void *name(size_t n, size_t size)                         \
    {                                                         \
        NEXT(void *, name, (size_t, size_t));                 \
        return fails("memory", ENOMEM) ? NULL : next(n, size);\
    }
TRY_N(g_try_malloc_n)
TRY_N(g_try_malloc0_n)

/* ---- files ---- */

/* No disk is behind a pipe, or behind what threads wake each other with. Writing to a pipe fails only if nobody reads, which is
 * what the tests of adapters are about. */
static int is_file(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

ssize_t write(int fd, const void *data, size_t size)
{
    NEXT(ssize_t, write, (int, const void *, size_t));
    /* What is said of a failure must arrive. */
    return fd != 2 && is_file(fd) && fails("write", ENOSPC) ? -1 : next(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    NEXT(ssize_t, pwrite, (int, const void *, size_t, off_t));
    return fails("write", ENOSPC) ? -1 : next(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    NEXT(ssize_t, pwrite64, (int, const void *, size_t, off64_t));
    return fails("write", ENOSPC) ? -1 : next(fd, data, size, offset);
}
int ftruncate(int fd, off_t size)
{
    NEXT(int, ftruncate, (int, off_t));
    return fails("write", ENOSPC) ? -1 : next(fd, size);
}
int ftruncate64(int fd, off64_t size)
{
    NEXT(int, ftruncate64, (int, off64_t));
    return fails("write", ENOSPC) ? -1 : next(fd, size);
}
int posix_fallocate(int fd, off_t offset, off_t size)
{
    NEXT(int, posix_fallocate, (int, off_t, off_t));
    return fails("write", ENOSPC) ? ENOSPC : next(fd, offset, size);
}
int fsync(int fd)
{
    NEXT(int, fsync, (int));
    return fails("sync", EIO) ? -1 : next(fd);
}
int fdatasync(int fd)
{
    NEXT(int, fdatasync, (int));
    return fails("sync", EIO) ? -1 : next(fd);
}
int rename(const char *from, const char *to)
{
    NEXT(int, rename, (const char *, const char *));
    return fails("rename", EIO) ? -1 : next(from, to);
}
int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    NEXT(int, renameat, (int, const char *, int, const char *));
    return fails("rename", EIO) ? -1 : next(from_fd, from, to_fd, to);
}
int mkdir(const char *path, mode_t mode)
{
    NEXT(int, mkdir, (const char *, mode_t));
    return fails("make", ENOSPC) ? -1 : next(path, mode);
}
#define OPEN(name)                                                                                \
    int name(const char *path, int flags, ...)                                                    \
    {                                                                                             \
        NEXT(int, name, (const char *, int, ...));                                                \
        va_list list;                                                                             \
        va_start(list, flags);                                                                    \
        const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;             \
        va_end(list);                                                                             \
        return (flags & O_CREAT) && fails("make", ENOSPC) ? -1 : next(path, flags, mode);         \
    }
OPEN(open)
OPEN(open64)
