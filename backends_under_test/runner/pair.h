/* One output of a case beside what a backend answered. */
#ifndef ASSAY_RUNNER_PAIR_H
#define ASSAY_RUNNER_PAIR_H

#include "golden/corpus.h"

#include <cJSON.h>

/* Owns its values. */
typedef struct {
    const CompareSpec *spec;
    Value             *golden, *actual; /* actual: NULL until it is read */
    Tensor            *lower, *upper;   /* NULL where the interval is a point */
} Pair;

/* Reads the golden and its interval from the case's folder. `type` is the graph output's. CORPUS_ERROR and others if the
 * case's own files are not what they must be. */
gboolean pair_read(const char *folder, const Case *c, guint output, const Type *type, Pair *pair, GError **error);
void     pair_clear(Pair *pair);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

/* With an answer read: how wrong in numbers (golden/statistics_json.h), JSON null for what cannot be compared element by
 * element - *full_precision becomes FALSE where those numbers say that it is less; and what it looks like (golden/compare/signature.h), NULL if nothing. */
cJSON *pair_statistics(const Pair *pair, gboolean *full_precision);
char  *pair_signature(const Pair *pair);

#endif
