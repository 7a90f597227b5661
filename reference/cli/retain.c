#include "reference/cli/retain.h"

#include <stdlib.h> /* defines __GLIBC__ where it is */

#if defined __GLIBC__
#include <malloc.h>
#endif

void cli_retain_memory(void)
{
#if defined __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* the most it takes */
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}
