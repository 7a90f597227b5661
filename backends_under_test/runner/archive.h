/* A certificate's container: a plain tar archive (ustar) in one canonical form, so that no byte of it is free. `tar xf` opens
 * it. The file ROOT holds a Merkle root over all others, as RFC 6962 (2.1) builds one: SHA-256 over 0x00, name, NUL and
 * contents for a leaf, over 0x01 and both children for a node, the left child the largest full tree. Errors: BACKEND_ERROR. */
#ifndef ASSAY_RUNNER_ARCHIVE_H
#define ASSAY_RUNNER_ARCHIVE_H

#include <glib.h>

#define ARCHIVE_ROOT      "ROOT"
#define ARCHIVE_SIGNATURE "ROOT.sig" /* of ROOT's contents; not under the root */
#define ARCHIVE_MAX_BYTES (1u << 30)

typedef struct {
    char   *name; /* relative, of letters, digits and "._-/" */
    GBytes *bytes;
} Entry;

GPtrArray *archive_new(void); /* of Entry; free with g_ptr_array_unref */
void       archive_add(GPtrArray *entries, const char *name, GBytes *bytes); /* takes the bytes */
GBytes    *archive_get(const GPtrArray *entries, const char *name);          /* borrowed; NULL if there is none */

/* The contents of ROOT for these entries; free with g_free. */
char *archive_root(const GPtrArray *entries);

/* Sorts the entries and writes them. */
GBytes *archive_write(GPtrArray *entries, GError **error);

/* Hostile until proven otherwise: anything but the bytes that archive_write() gives for the entries found is refused, and so
 * is a ROOT that is not theirs. `what` names the bytes in messages. */
GPtrArray *archive_read(GBytes *bytes, const char *what, GError **error);

#endif
