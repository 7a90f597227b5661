/* Does a case see what it feeds? Elements of inputs and initializers are altered one at a time and the reference runs again:
 * an element is *visible* if some output element then leaves its interval (or the altered model is refused). What stays
 * invisible, a wrong backend may drop unnoticed by this case: masked keys, saturated codes, cropped borders, or bad data. */
#ifndef ASSAY_GOLDEN_OBSERVE_H
#define ASSAY_GOLDEN_OBSERVE_H

#include "golden/corpus.h"

/* One input or initializer of one case. */
typedef struct {
    char    *name;    /* as in the graph */
    guint    units;   /* elements tried: all of a short tensor, else evenly spaced, first and last included */
    guint    visible;
    guint    inside;  /* of the others, those that move an output, but not out of its interval */
    GString *hidden;  /* indices of the others, "[0,3] [1,3]", the first 8 */
} Observation;

/* For a case that expects outputs; at most `most` elements of each tensor are tried. Array of Observation*, freed by
 * g_ptr_array_unref; NULL with an error if the case cannot be evaluated. Sequences and strings are not altered. */
GPtrArray *observe_case(const Case *c, const char *folder, guint most, GError **error);

#endif
