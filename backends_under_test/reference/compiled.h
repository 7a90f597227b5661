/* The reference evaluator's own compiled objects: a header and the region as a model, prepared when it is loaded. They show that
 * the ahead-of-time requests of the protocol work where no compiler can be had. */
#ifndef ASSAY_REFERENCE_COMPILED_H
#define ASSAY_REFERENCE_COMPILED_H

#include "backends_under_test/runner/serve.h"

extern const AdapterAheadOfTime reference_ahead;

/* What adapter_serve() needs as state: the objects loaded, by name; free with g_hash_table_unref. */
GHashTable *reference_objects(void);

#endif
