/* Places in a sequence, for the operators that read or change one. */
#ifndef ASSAY_OPS_SHARED_SEQUENCE_H
#define ASSAY_OPS_SHARED_SEQUENCE_H

#include "reference/ops/shared/move.h"

/* Input `input`, a scalar that counts from the end where it is negative, as a place in [0, places); `absent` where the
 * input is omitted. FALSE with an error if it is outside [-n, places), n being the length of the sequence. */
gboolean sequence_position(const Eval *ev, gsize input, guint n, guint places, guint absent, guint *position, GError **error);

#endif
