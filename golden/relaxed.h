/* A case under relaxed profiles (reference/bounds/relaxation.h): the intervals are not stored, they are computed when a
 * backend's answer is outside the strict ones. */
#ifndef ASSAY_GOLDEN_RELAXED_H
#define ASSAY_GOLDEN_RELAXED_H

#include "golden/corpus.h"

/* The tightest profile in which every output of the answer is right: of the single freedoms that hold, the one whose
 * intervals are narrowest in sum, the earlier one in the order of relaxation_names() among equals. NULL if none holds, or the
 * case has no float output, or cannot be evaluated. *declared_holds: whether `declared` (NULL: none) takes the answer; it
 * may then be what is returned. actual: one value an output. The string is static, or `declared` itself.
 *
 * The interval is that of the native form where the case's sibling is there (forms share a golden), else of the case's own
 * model; an evaluation whose values are not the golden's bit for bit is not used. */
const char *relaxed_profile(const Case *c, const char *folder, Value *const *actual, const char *declared,
                            gboolean *declared_holds);

/* NULL if `name` is a profile, else what to tell the user, one line; free with g_free. */
char *relaxed_complaint(const char *name);

#endif
