/* The frozen corpus: golden/manifest/<proposal>.txt, one line a case, sorted:
 *
 *     <name> <model> <inputs> <outputs> <interval> <case>
 *
 * where each hash is the first 128 bits, in hex, of SHA-256 over the files of that kind (each preceded by its name and
 * length), "-" where there are none: the model's own file and its external data; input_*; output_* and alternative_*;
 * lower_* and upper_*; case.json. Errors: CORPUS_ERROR. */
#ifndef ASSAY_GOLDEN_MANIFEST_H
#define ASSAY_GOLDEN_MANIFEST_H

#include "golden/corpus.h"

/* The lines of one proposal's folder in a corpus; free with g_free. */
char *manifest_of(const char *folder, GError **error);

/* The manifest that is frozen of a proposal, as this Assay has it; NULL if nothing is. Free with g_free. */
char *manifest_frozen(const char *proposal);

/* How a corpus stands to the frozen one, in cases. */
typedef struct {
    guint same;   /* frozen as they are */
    guint frozen; /* that there are in the frozen one */
    guint others; /* that the frozen one has not, or has otherwise */
} ManifestShare;

/* Adds what a proposal's manifest has of its frozen one. */
void     manifest_share_add(ManifestShare *share, const char *proposal, const char *manifest);
gboolean manifest_share_is_whole(const ManifestShare *share);
/* "the corpus has 3 of the 802 cases of the frozen one, and 2 others"; free with g_free. */
char    *manifest_share_text(const ManifestShare *share);

/* The hash of a whole manifest text, for reports and certificates; free with g_free. */
char *manifest_digest(const char *text);

/* The identity of a corpus: the digest of the manifests (char *) of its proposals (char *), both in the proposals' order. */
char *manifests_digest(const GPtrArray *proposals, const GPtrArray *manifests);

/* The same of a folder of cases. NULL with an error. */
char *corpus_digest(const char *corpus, GError **error);

#endif
