/* What the writers of the five encodings share. Private to reference/context/. */
#ifndef ASSAY_CONTEXT_PACK_H
#define ASSAY_CONTEXT_PACK_H

#include "reference/context/fail.h"
#include "reference/context/strip.h"

typedef struct {
    const Container *c;
    const Strip     *strip;       /* of the original: its imports */
    GArray          *nodes;       /* of Bytes: the NodeProtos of the original graph */
    GByteArray      *graph_nodes; /* fields that take the place of all nodes; empty: the nodes stay */
    GByteArray      *graph_extra; /* fields added to the graph */
    GByteArray      *model_extra; /* fields added to the model */
} Pack;

#define pack_fail(error, ...) context_fail(error, CONTEXT_ERROR_ARGUMENT, __VA_ARGS__)

/* One attribute of a NodeProto in the making. */
void pack_text(GByteArray *node, const char *name, const char *text);
void pack_int(GByteArray *node, const char *name, int64_t value);
void pack_payloads(GByteArray *node, const char *name, const ContextBlob *const *blobs, gsize n);
/* A payload as TensorProto. */
GByteArray *pack_tensor(const ContextBlob *blob, const char *name);
char *pack_indices(const gsize *indices, gsize n); /* "0 2 5"; free with g_free */

gboolean pack_calls(Pack *p, GError **error);    /* A, B */
gboolean pack_table(Pack *p, GError **error);    /* C1 */
gboolean pack_messages(Pack *p, GError **error); /* C2 */
gboolean pack_scopes(Pack *p, GError **error);   /* D */

#endif
