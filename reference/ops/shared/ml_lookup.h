/* From elements to positions in a list: the tables of LabelEncoder, CategoryMapper, OneHotEncoder and DictVectorizer.
 * Of equal keys the last counts ("If a key is repeated, the last key takes precedence"). Float keys compare as numbers,
 * except that any NaN equals any NaN. */
#ifndef ASSAY_OPS_SHARED_ML_LOOKUP_H
#define ASSAY_OPS_SHARED_ML_LOOKUP_H

#include "reference/eval/operator.h"

typedef struct Lookup Lookup;

/* keys: a tensor of strings or numbers, borrowed until lookup_free. */
Lookup *lookup_new(const Tensor *keys);
void    lookup_free(Lookup *lookup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lookup, lookup_free)

/* The position among the keys of element i of x, or -1. x and the keys are both strings, both floats or both integers.
 */
int64_t lookup_find(const Lookup *lookup, const Tensor *x, int64_t i);

/* A list attribute as a tensor of rank 1; NULL if it is absent (no error) or memory is refused (error set). */
Tensor *lookup_ints(const Eval *ev, const char *attribute, GError **error);
Tensor *lookup_floats(const Eval *ev, const char *attribute, GError **error);
Tensor *lookup_strings(const Eval *ev, const char *attribute, GError **error);

/* Output 0 := for each element of x the element of `values` at the position of that element among `keys`, else
 * `missing` (one element of the values' type). */
gboolean lookup_map(Eval *ev, const Tensor *x, const Tensor *keys, const Tensor *values, const Tensor *missing,
                    GError **error);

#endif
