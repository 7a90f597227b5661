#include "reference/cli/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* For file systems that cannot exchange: between the first two renames there is no `final`. */
static gboolean swap_in_steps(const char *fresh, const char *final)
{
    g_autofree char *aside = g_strconcat(fresh, ".old", NULL);
    if (rename(final, aside) != 0)
        return FALSE;
    if (rename(fresh, final) == 0)
        return rename(aside, fresh) == 0;
    int code = errno;
    (void)!rename(aside, final);
    errno = code;
    return FALSE;
}

gboolean folder_swap(const char *fresh, const char *final)
{
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, final, RENAME_EXCHANGE) == 0)
        return TRUE;
    if (errno == ENOENT)
        return rename(fresh, final) == 0;
    return (errno == EINVAL || errno == ENOSYS) && swap_in_steps(fresh, final);
}
