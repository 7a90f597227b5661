#include "backends_under_test/runner/memory.h"

#include <stdio.h>
#include <string.h>

static gboolean in_group(const char *pid, pid_t group)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid), *text = NULL;
    char             state;
    int              parent, of;
    if (!g_ascii_isdigit(*pid) || !g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    const char *after_name = strrchr(text, ')'); /* the name may hold anything */
    return after_name && sscanf(after_name + 1, " %c %d %d", &state, &parent, &of) == 3 && of == group;
}

/* The sum of two fields, which /proc gives in KiB; 0 where the process is gone or the kernel does not say. */
static guint64 sum_of(const char *pid, const char *file, const char *const fields[2])
{
    g_autofree char *path = g_strdup_printf("/proc/%s/%s", pid, file), *text = NULL;
    guint64          sum = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    for (int i = 0; i < 2; i++) {
        const char *at = strstr(text, fields[i]);
        sum += at ? g_ascii_strtoull(at + strlen(fields[i]), NULL, 10) * 1024 : 0;
    }
    return sum;
}

static guint64 sum_of_group(pid_t group, const char *file, const char *const fields[2])
{
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char     *name;
    guint64         sum = 0;
    while (proc && (name = g_dir_read_name(proc)))
        if (in_group(name, group))
            sum += sum_of(name, file, fields);
    return sum;
}

gboolean memory_group_over(pid_t group, guint64 bytes)
{
    static const char *const resident[2] = { "\nRssAnon:", "\nRssShmem:" }, *const share[2] = { "\nPss_Anon:", "\nPss_Shmem:" };
    /* What is resident counts a page once for each that has it: an upper bound that is cheap. A process's share of its
     * pages is exact and costs a walk of all of them. */
    return sum_of_group(group, "status", resident) > bytes && sum_of_group(group, "smaps_rollup", share) > bytes;
}
