/* Scenarios that continue one another: the cache that one step returns is an input of the next, and several graphs must
 * give the same values. */
#ifndef ASSAY_GENERATORS_ENGINE_CHAIN_H
#define ASSAY_GENERATORS_ENGINE_CHAIN_H

#include "generators/engine/scenario.h"

/* Nodes of the default domain in the text syntax (reference/onnx/text.h): "t = Add (x, y)  z = Neg (t)". A text that does
 * not parse stops the program: it is a mistake in the generator's source. */
void scenario_text(Scenario *s, const char *nodes, ...) G_GNUC_PRINTF(2, 3);

/* What the reference answers to the scenario as it stands (native form), before it is emitted: one new reference for each
 * of the first n graph outputs, which must be tensors. FALSE, with generation stopped, if it cannot be run. */
gboolean scenario_run(Scenario *s, Tensor **outputs, gsize n);

/* The golden of output `index` must be this tensor, bit for bit, or generation stops: how another representation of the
 * same computation is held against the first one. Takes the reference. */
void scenario_expect(Scenario *s, guint index, Tensor *expected);

#endif
