/* Signatures of a certificate's ROOT by OpenSSH: `ssh-keygen -Y`, where it is installed. Errors: BACKEND_ERROR_START. */
#ifndef ASSAY_RUNNER_SIGNATURE_H
#define ASSAY_RUNNER_SIGNATURE_H

#include <glib.h>

/* The signature of `root` by the private key in a file, or held by the agent for a public one. NULL with an error. */
GBytes *signature_make(const char *root, const char *key, GError **error);

/* Whether the signature is one of `root` by a key that the file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS) names for
 * `identity`. FALSE with an error that says why not. */
gboolean signature_verify(const char *root, GBytes *signature, const char *signers, const char *identity, GError **error);

#endif
