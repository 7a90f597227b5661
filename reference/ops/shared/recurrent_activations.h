/* The activation functions of the recurrent operators. */
#ifndef ASSAY_OPS_SHARED_RECURRENT_ACTIVATIONS_H
#define ASSAY_OPS_SHARED_RECURRENT_ACTIVATIONS_H

#include "reference/ops/shared/recurrent.h"

/* Fills r->activations from the attributes activations, activation_alpha and activation_beta, or with the defaults. */
gboolean recurrent_read_activations(const Eval *ev, Recurrent *r, gboolean precise, GError **error);

#endif
