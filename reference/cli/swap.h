/* Replacing a folder as a whole. */
#ifndef ASSAY_CLI_SWAP_H
#define ASSAY_CLI_SWAP_H

#include <glib.h>

/* Puts the folder `fresh` in the place of `final`: whoever looks, also after a kill, finds the old one or the new one,
 * whole. The old one, if there was one, then stands at `fresh`, for the caller to remove. Both are on one file system.
 * FALSE with errno. */
gboolean folder_swap(const char *fresh, const char *final);

#endif
