/* Which cases of a corpus a run takes: --filter and --shard. Errors: BACKEND_ERROR_FORMAT, saying what was expected. */
#ifndef ASSAY_RUNNER_SELECT_H
#define ASSAY_RUNNER_SELECT_H

#include "golden/corpus.h"

typedef struct {
    GPtrArray *terms;          /* of char*: the filter, split */
    guint      shard, shards;  /* 1..shards; shards 1: everything */
} Selection;

/* `filter`: terms separated by spaces, all of which must match: a glob on the id ("block-qdq/?*"), or key=glob with key one
 * of proposal, variant, form, tag, dtype, requirement, expectation; a leading '!' turns a term round. NULL: everything.
 * `shard`: "K/N", NULL: everything. A case is in the same shard in every corpus: its id alone decides. */
gboolean selection_parse(const char *filter, const char *shard, Selection *selection, GError **error);
void     selection_clear(Selection *selection);

gboolean selection_takes(const Selection *selection, const Case *c);

#endif
