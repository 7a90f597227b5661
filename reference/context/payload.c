/* Payloads: from where a blob says its bytes are, to bytes that are what the container says. */
#include "reference/context/session.h"

#include "reference/context/fail.h"

#include <string.h>

/* The blob that has the bytes: itself, or the one it shares a payload with. */
static const ContextBlob *primary(const Container *c, const ContextBlob *blob)
{
    if (blob->payload.size || blob->location)
        return blob;
    for (gsize i = 0; i < c->regions.n; i++) {
        const List *blobs = &LIST_AT(&c->regions, ContextRegion, i)->blobs;
        for (gsize k = 0; k < blobs->n; k++) {
            const ContextBlob *other = LIST_AT(blobs, ContextBlob, k);
            if ((other->payload.size || other->location) && strcmp(other->digest, blob->digest) == 0 &&
                strcmp(other->backend, blob->backend) == 0)
                return other;
        }
    }
    return blob;
}

static ContextClass class_of(const GError *error)
{
    return g_error_matches(error, ONNX_ERROR, ONNX_ERROR_SECURITY) ? CLASS_SECURITY : CLASS_UNAVAILABLE;
}

/* What a careless runtime does. */
static GBytes *read_anything(const char *folder, const char *location)
{
    g_autofree char *path = g_canonicalize_filename(location, folder);
    char *data;
    gsize size;
    return g_file_get_contents(path, &data, &size, NULL) ? g_bytes_new_take(data, size) : NULL;
}

static GBytes *read_payload_file(const char *folder, const ContextBlob *blob, guint flaws, GError **error)
{
    const gboolean whole = flaws >> FLAW_IGNORE_RANGE & 1;
    GBytes *careless = flaws >> FLAW_FOLLOW_PATHS & 1 ? read_anything(folder, blob->location) : NULL;
    return careless ? careless : external_bytes(folder, blob->location, whole ? 0 : blob->offset, whole ? -1 : blob->length, NULL, error);
}

GBytes *context_payload(const Container *c, const ContextBlob *blob, const char *folder, guint flaws, ContextClass *outcome, GError **error)
{
    GError *cause = NULL;
    const ContextBlob *from = primary(c, blob);
    g_autoptr(GBytes) bytes = from->location ? read_payload_file(folder ? folder : ".", from, flaws, &cause)
                                             : g_bytes_new(from->payload.data, from->payload.size);
    *outcome = CLASS_USABLE;
    if (!bytes) {
        *outcome = class_of(cause);
        if (*outcome == CLASS_SECURITY && flaws >> FLAW_SECURITY_FALLBACK & 1)
            *outcome = CLASS_UNAVAILABLE;
        g_propagate_error(error, cause);
        return NULL;
    }
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    if (strcmp(digest, blob->digest) == 0 || flaws >> FLAW_IGNORE_DIGEST & 1)
        return g_steal_pointer(&bytes);
    *outcome = CLASS_CORRUPT;
    context_fail(error, CONTEXT_ERROR_FORMAT, "the payload's digest is %.12s..., the container says %.12s...", digest, blob->digest);
    return NULL;
}
