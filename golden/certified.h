/* How sure a golden is and which rules gave its interval, output by output: in case.json as `golden_certified`, `open`
 * and `derivation` of the entries of `compare`. golden/proof.h finds it out. */
#ifndef ASSAY_GOLDEN_CERTIFIED_H
#define ASSAY_GOLDEN_CERTIFIED_H

#include "reference/bounds/derivation.h"

#include <cJSON.h>

typedef enum {
    GOLDEN_EXACT,  /* no rule allows any error: one right answer in every order and precision that holds it */
    GOLDEN_PROVEN, /* correctly rounded at every node, by the test of Ziv on every element */
    GOLDEN_BOUNDED /* that test leaves elements open (`open` counts them): they are near a tie, or their rule
                      admits two orders of rounding. `assay freeze` refuses such goldens */
} GoldenProof;
const char *golden_proof_name(GoldenProof proof); /* "exact", "proven", "bounded" */

/* Of one output, as case.schema.json describes it. */
typedef struct {
    GoldenProof proof;
    int64_t open;
    Derivation *derivation; /* of the interval under the strict profile, of the native form: forms share it. NULL: no
                               rule was asked, the output is exact by what its operators are */
} GoldenCertificate;

void golden_certificate_clear(GoldenCertificate *certificate);
GArray *golden_certificates_new(void); /* of GoldenCertificate, one an output */

/* Adds the fields to an entry of `compare`. Errors are rounded up to three digits, so that what is read back admits no
 * less than what was found. */
void golden_certificate_to_json(const GoldenCertificate *certificate, cJSON *entry);
/* FALSE if a field is there that is not as case.schema.json says. `certificate` need not be cleared then. *found:
 * whether there was any. */
gboolean golden_certificate_from_json(const cJSON *entry, GoldenCertificate *certificate, gboolean *found);

/* The most terms of the sums that gave the interval, if sums and the rounding of their results alone gave it; else 0. */
double derivation_sum_terms(const Derivation *derivation);

/* "dot/any-order: up to 8 terms, u = 2^-24, error at most 1.2e-06"; free with g_free. */
char *derivation_entry_text(const DerivationEntry *entry);

#endif
