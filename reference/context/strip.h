/* Taking a container apart on the wire: the original bytes, and what packing had added. Private to reference/context/. */
#ifndef ASSAY_CONTEXT_STRIP_H
#define ASSAY_CONTEXT_STRIP_H

#include "reference/context/context.h"
#include "reference/context/fields.h"

/* A BackendContext node or a call of a Region function (encodings A and B). */
typedef struct {
    Bytes    node;
    Bytes    body;       /* A: the fallback GraphProto; B: the FunctionProto; data NULL: there is none */
    gboolean is_function;
    GArray  *nodes;      /* of gsize: where its nodes are in the original graph, ascending */
} StripCall;

typedef struct {
    const char *key, *value;
    gsize       node; /* of the original graph; for tags of nodes */
} StripEntry;

typedef struct {
    Arena      *arena;
    GByteArray *original;
    GPtrArray  *calls;          /* of StripCall, in the container's order */
    GPtrArray  *entries;        /* of StripEntry: metadata with our prefix, of model and graph */
    GPtrArray  *tags;           /* of StripEntry: metadata with our prefix, of nodes */
    GArray     *table;          /* of Bytes: messages of encoding C2 */
    GArray     *functions;      /* of Bytes: functions of the table's domain */
    GArray     *payloads;       /* of Bytes: TensorProto of initializers with our prefix */
    GArray     *imports;        /* of Bytes: the model's opset imports, ours excluded */
    GHashTable *bodies;         /* of the calls, to see each once */
    gboolean    in_sequence;
} Strip;

enum { STRIP_MAX_REGIONS = 10000 };

/* The bytes are borrowed and must outlive it. Nodes that packing moved go back to the places on record; `in_sequence`, or
 * where those do not fit the file: to where their call is. CONTEXT_ERROR_FORMAT if metadata of ours is no text or given
 * twice. */
Strip *strip_container(Bytes model, gboolean in_sequence, GError **error);
void   strip_free(Strip *strip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Strip, strip_free)

/* The value of an entry, or NULL. */
const char *strip_value(const Strip *strip, const char *key);

/* rename.c: a NodeProto with other value names; `rename` returns the new name, or NULL to keep it. Fields keep their
 * order and bytes. */
typedef const char *(*Rename)(Bytes name, gpointer data);
GByteArray *rename_node(Bytes node, Rename rename, gpointer data);

#endif
