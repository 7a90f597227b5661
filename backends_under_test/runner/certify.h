/* Making certificates from results, and holding them against a corpus again. */
#ifndef ASSAY_RUNNER_CERTIFY_H
#define ASSAY_RUNNER_CERTIFY_H

#include "backends_under_test/runner/certificate.h"
#include "backends_under_test/runner/waiver.h"

typedef struct {
    const char *backend, *profile;
    const char *corpus;            /* NULL: where the run found it */
    char      **proposals;         /* NULL-terminated; NULL: those of which the backend ran a case */
} CertifyRequest;

/* Gathers every case of the proposals in the corpus, whether the results know it or not. FALSE if the corpus is not the one
 * that the results are of, or outputs that the certificate must hold were not kept by the run. */
Certificate *certify(Results *results, const CertifyRequest *request, GError **error);

typedef struct {
    guint judged;   /* cases whose outputs were judged again */
    guint unjudged; /* passes whose outputs were not kept, and failures that left none: a crash, a refusal ... */
    GPtrArray *differences; /* of char*: one line each */
} Recheck;

void recheck_clear(Recheck *recheck);

/* Whether the statement follows from the entries; with `corpus`, whether its cases are those of the manifests, and whether
 * judging the stored outputs again gives the verdicts, grades and margins that stand there. What is not so is a difference.
 * FALSE only if the harness fails or the corpus cannot be read. */
gboolean certify_check(const Certificate *certificate, const char *corpus, Recheck *recheck, GError **error);

#endif
