/* What somebody may have meant. */
#ifndef ASSAY_CLI_NEAREST_H
#define ASSAY_CLI_NEAREST_H

#include <glib.h>

/* How many bytes have to be put in, taken out or exchanged to make one of the other. */
gsize cli_distance(const char *a, const char *b);

/* Whether a name at that distance is worth being proposed to who wrote `wanted`: at most a third of it is wrong. */
gboolean cli_is_near(const char *wanted, gsize distance);

#endif
