/* Two corpora held against each other: which bits moved, and why. */
#ifndef ASSAY_GOLDEN_MOVED_H
#define ASSAY_GOLDEN_MOVED_H

#include "golden/corpus.h"

typedef enum { MOVE_CHANGED, MOVE_ADDED, MOVE_REMOVED } MoveKind;

/* A case of which something differs. Owns its texts. */
typedef struct {
    MoveKind  kind;
    gboolean  expected; /* its golden or its interval differs: verdicts on it may flip */
    char     *id;
    char     *what; /* "inputs, golden"; "" if added or removed */
    char     *why;  /* what kind of change this is */
    char     *where; /* of a golden or interval, where both corpora have files: how many elements, the first; else "" */
} Move;

/* `old` and `now` are generated corpora, or folders of manifests like golden/manifest. By id: array of Move*, freed with
 * g_ptr_array_unref. *cases: how many `now` has. Errors: CORPUS_ERROR. */
GPtrArray *corpora_moves(const char *old, const char *now, guint *cases, GError **error);

#endif
