/* A certificate: what a backend answered, what it was judged by, and what follows under a profile, in one file that needs
 * neither the backend nor trust in its writer to be held against the corpus again. Its entries (archive.h):
 *
 *     certificate.json          the statement: backend, corpus, profile, counts by proposal, granted or not
 *     profile.json              the profile, as it was
 *     capabilities.json         what the backend declared that it does not support
 *     results.json              one object a case: verdict, grade, margin, message, waiver ...
 *     corpus/<proposal>.txt     the manifest of each proposal's cases: golden/manifest.h
 *     outputs/<case>/output_<i>.pb   what the backend answered where it failed, or passed near the edge
 *     ROOT, ROOT.sig            the Merkle root over all of that, and a signature of it, if somebody signed
 *
 * The statement follows from the other entries, and from the corpus that this Assay has frozen (golden/manifest.h), by
 * certificate_statement() alone. Errors: BACKEND_ERROR_FORMAT. */
#ifndef ASSAY_RUNNER_CERTIFICATE_H
#define ASSAY_RUNNER_CERTIFICATE_H

#include "backends_under_test/runner/archive.h"
#include "backends_under_test/runner/judge.h"
#include "backends_under_test/runner/profile.h"

typedef struct {
    char       *id, *proposal; /* "<proposal>/<name>" */
    Form        form;
    Expectation expectation;
    Verdict     verdict;
    char        grade; /* 0: none */
    double      margin;
    char       *relaxation; /* of grade B: the relaxed profile of arithmetic that takes the answer (golden/relaxed.h). NULL */
    char       *stage, *message, *waiver; /* NULL */
    gboolean    flaky, contradicts_manifest;
    guint       kept; /* output files */
} Row;

typedef struct {
    char      *backend, *version, *device, *environment, *assay; /* "" if unknown */
    GPtrArray *proposals, *manifests; /* of char* */
    GPtrArray *rows;                  /* of Row, by id: every case of these proposals */
    Profile   *profile;
    char      *profile_text;
    gsize      profile_length;
    char      *capabilities; /* JSON */
    GPtrArray *entries;      /* of Entry: the outputs; after certificate_open() everything */
    char      *statement;    /* after certificate_open(): certificate.json as it stands */
} Certificate;

Certificate *certificate_new(void);
void         certificate_free(Certificate *certificate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificate, certificate_free)
void         row_free(gpointer row);

/* "outputs/<case>/output_<i>.pb"; free with g_free. */
char *certificate_output_name(const char *id, guint i);
/* Whether an id can be part of a path. */
gboolean certificate_id_is_good(const char *id);

/* What follows from everything else; *granted may be NULL. Free with g_free. */
char *certificate_statement(const Certificate *certificate, gboolean *granted);

/* The same on a line: "gold: granted: 480 of 480 cases accepted", "gold: not granted: " and why. Free with g_free. */
char *certificate_verdict(const Certificate *certificate);

/* Adds all entries but ROOT to certificate->entries. */
void certificate_pack(Certificate *certificate);

/* Reads what archive_read() found; takes the entries. An entry that is missing, unknown or malformed is an error; whether the
 * statement is true is for certify_check() to say. */
Certificate *certificate_open(GPtrArray *entries, const char *what, GError **error);

#endif
