/* What a certificate says: spec/profiles/<id>.json (spec/schemas/profile.schema.json). Errors: BACKEND_ERROR, G_FILE_ERROR. */
#ifndef ASSAY_RUNNER_PROFILE_H
#define ASSAY_RUNNER_PROFILE_H

#include "golden/corpus.h"
#include "reports/results.h"

typedef struct {
    char    *id, *title;
    guint    forms; /* bit 1 << FORM_... for each that counts */
    char     grades[8];
    gboolean negatives;
} Profile;

/* `what` names the bytes in messages. */
Profile *profile_parse(const char *text, gsize length, const char *what, GError **error);
void     profile_free(Profile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)

/* The bytes of a profile: an id, or the path of a file (anything with a slash). Free with g_free. */
char *profile_load(const char *name, gsize *length, GError **error);

/* Whether such a case counts, and whether what it ended in is enough. */
gboolean profile_counts(const Profile *profile, Form form, Expectation expectation);
gboolean profile_accepts(const Profile *profile, Expectation expectation, Verdict verdict, char grade);

#endif
