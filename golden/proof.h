/* How sure is a golden? The model is evaluated again, with the rules of its intervals taken down, and once more under the
 * reference's own arithmetic (relaxation_reference): where an interval is a point even so, no error of the reference can have
 * changed the rounding. */
#ifndef ASSAY_GOLDEN_PROOF_H
#define ASSAY_GOLDEN_PROOF_H

#include "golden/corpus.h"
#include "reference/bounds/derivation.h"

typedef enum {
    GOLDEN_EXACT,     /* no rule allows any error: one right answer in every order and precision that holds it */
    GOLDEN_PROVEN,    /* correctly rounded at every node, by the test of Ziv on every element */
    GOLDEN_BOUNDED    /* that test leaves elements open (`ambiguous` counts them): they are near a tie, or their rule
                         admits two orders of rounding; the operator's own slow path may still have decided them */
} GoldenProof;
const char *golden_proof_name(GoldenProof proof); /* "exact", "proven", "bounded" */

typedef struct {
    GoldenProof proof;
    int64_t     elements, ambiguous; /* of the outputs: all, and those that the test leaves open */
    Derivation *derivation;          /* of the strict intervals */
} GoldenCertificate;

void golden_certificate_clear(GoldenCertificate *certificate);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GoldenCertificate, golden_certificate_clear)

/* `inputs`: one value a graph input. FALSE with an error if the model cannot be evaluated. */
gboolean golden_prove(const Model *model, Value *const *inputs, gsize n, GoldenCertificate *certificate, GError **error);

/* The model and inputs of a case that expects outputs, from disk. */
gboolean golden_prove_case(const Case *c, const char *folder, GoldenCertificate *certificate, GError **error);

#endif
