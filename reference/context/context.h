/* Backend context: one ONNX file that keeps its graph and carries objects compiled for parts of it.
 *
 * A *region* is a set of nodes of the main graph. A *blob* is what one backend compiled a region to. A *container* is a
 * model with regions and their blobs, in one of five encodings; spec/proposals/backend-context/README.md says what each
 * looks like in the file and what a runtime must do with it.
 *
 *     container_pack     original bytes + regions -> container bytes      (the packager)
 *     container_read     container bytes -> original bytes + regions      (list, check, strip)
 *     context_select     container + session -> one decision a region     (the state machine)
 *     context_apply      original model + decisions -> model that runs    (the replacement)
 *     context_open       all three, for a file
 *
 * container_read(container_pack(x, r)) is (x, r): packing adds and moves whole protobuf fields and never re-encodes what
 * it found, so stripping gives the original bytes. container_pack() proves that each time before it returns.
 *
 * Ownership: a Container owns all that hangs on it. Errors are CONTEXT_ERROR (or ONNX_ERROR from below), one line.
 * Nothing is shared between containers, so different threads may use different ones. */
#ifndef ASSAY_CONTEXT_CONTEXT_H
#define ASSAY_CONTEXT_CONTEXT_H

#include "reference/onnx/load.h"

#define CONTEXT_DOMAIN "bctx.experimental" /* BackendContext, Region, Compiled */
#define CONTEXT_TABLE_DOMAIN "bctx.equivalent" /* replacement functions of encoding C1 */
#define CONTEXT_PREFIX "bctx." /* of metadata keys, and of names that packing gives */

#define CONTEXT_ERROR (context_error_quark())
GQuark context_error_quark(void);
typedef enum {
    CONTEXT_ERROR_FORMAT,   /* an ill-formed container: refused whatever the session */
    CONTEXT_ERROR_SECURITY, /* a payload that would leave the model's folder */
    CONTEXT_ERROR_POLICY,   /* policy `require`, and no usable blob */
    CONTEXT_ERROR_ARGUMENT  /* asked wrongly: cannot be packed so */
} ContextError;

/* ---- containers -------------------------------------------------------------------------------------------------------- */

typedef enum { ENCODING_A, ENCODING_B, ENCODING_C1, ENCODING_C2, ENCODING_D, ENCODING_NONE } ContextEncoding;
const char *context_encoding_name(ContextEncoding encoding); /* "A" ... "D"; NONE: "none" */
gboolean    context_encoding_from_name(const char *name, ContextEncoding *encoding);

typedef enum { POLICY_PREFER, POLICY_REQUIRE, POLICY_IGNORE } ContextPolicy;
const char *context_policy_name(ContextPolicy policy);
gboolean    context_policy_from_name(const char *name, ContextPolicy *policy);

typedef enum { WEIGHTS_NONE, WEIGHTS_PASSED, WEIGHTS_INSIDE } ContextWeights;

/* What one backend compiled. Strings are never NULL. */
typedef struct {
    const char *backend;       /* key of the only backend that may use it, e.g. "mock-a" */
    const char *compatibility; /* opaque to all but that backend; may be empty */
    const char *partition;     /* name of one graph inside a shared payload; may be empty */
    const char *digest;        /* declared SHA-256 of the payload, 64 lower-case hex digits */
    int64_t     priority;      /* higher is tried first */
    const char *location;      /* payload in this file beside the model; NULL: inline */
    int64_t     offset, length; /* in the file; length -1: to its end */
    Bytes       payload;       /* inline; empty: the payload of another blob with the same digest. While packing also of a
                                  payload in a file, so that the container can say how long it is */
    const Function *body;      /* C1, C2: a replacement of ordinary nodes instead of a payload; else NULL */
} ContextBlob;

typedef struct {
    const char    *id; /* unique among regions */
    ContextPolicy  policy;
    ContextWeights weights;
    const char    *digest;  /* declared digest of the retained subgraph (context_digest); "" is none: not checked */
    const gsize   *nodes;   /* ascending indices into the original main graph */
    gsize          n_nodes;
    const char   **inputs, **outputs; /* the boundary, in the order of context_boundary() */
    gsize          n_inputs, n_outputs;
    const char    *torn;    /* why the file's region is no longer whole; NULL if it is */
    List           blobs;   /* of ContextBlob */
} ContextRegion;

typedef struct {
    Arena          *arena;    /* regions and blobs live in it */
    ContextEncoding encoding; /* NONE: an ordinary model */
    GBytes         *original; /* what strip gives back */
    Model          *model;    /* the same, loaded */
    List            regions;  /* of ContextRegion */
    GPtrArray      *parts;    /* of Model: pieces of the file that regions point into */
} Container;

/* Reads and checks a container or an ordinary model. `folder` is the model's, for external weights; payload files are not
 * opened. `what` names the bytes in messages. */
Container *container_read(GBytes *bytes, const char *folder, const char *what, GError **error);
Container *container_load(const char *path, GError **error);
/* The original model alone, whatever is wrong with the rest: for tools that repair. */
Model *container_original(const char *path, GError **error);
void       container_free(Container *container);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Container, container_free)

/* Adds a region of these nodes (any order); its boundary and digest are computed. NULL if they are no region: out of
 * range, empty, not convex. */
ContextRegion *container_add_region(Container *container, const char *id, const gsize *nodes, gsize n, GError **error);
/* Strings and bytes are copied. `digest` is computed where the blob has payload bytes and none is given. */
ContextBlob   *container_add_blob(Container *container, ContextRegion *region, const ContextBlob *blob);

/* The container's file in container->encoding. CONTEXT_ERROR_ARGUMENT if the encoding cannot say it (overlapping regions
 * in A and B), or the original is not encoded as protobuf's writers do and could not be given back byte for byte. */
GBytes *container_pack(const Container *container, GError **error);

/* ---- regions -------------------------------------------------------------------------------------------------------------- */

/* The nodes that compute `outputs` from `inputs`: everything on the way backwards from outputs, stopping at inputs and
 * at what no node produces. Ascending indices, free with g_array_unref (of gsize). NULL with CONTEXT_ERROR_FORMAT if an
 * output is not produced by a node, or an input depends on an output. */
GArray *context_region_between(const Graph *graph, const char *const *inputs, gsize n_inputs, const char *const *outputs,
                               gsize n_outputs, GError **error);

/* Whether no path leaves the nodes and comes back. */
gboolean context_convex(const Graph *graph, const gsize *nodes, gsize n);

/* inputs: what the nodes or graphs inside them use and do not define, initializers included, by first use. outputs: what
 * they define and others use, or the graph gives out, by order of production. Arrays of borrowed names. */
void context_boundary(const Graph *graph, const gsize *nodes, gsize n, GPtrArray *inputs, GPtrArray *outputs);

/* SHA-256 in hex of what the nodes compute, whatever their values are called: README, "Digest of a subgraph". Contents of
 * initializers do not count. Free with g_free. */
char *context_digest(const Graph *graph, const gsize *nodes, gsize n);

/* A graph's initializer that no input of the graph can replace. */
gboolean context_is_weight(const Graph *graph, const char *name);

/* The region as a model of its own, for a compiler: its nodes, its boundary as inputs and outputs, and, if the region's
 * weights are inside, its weights as initializers instead of inputs. With interface_only neither nodes nor weights: what
 * goes in and out of an object. CONTEXT_ERROR_ARGUMENT if the type of a boundary value is not declared. */
Model *context_region_model(const Container *container, const ContextRegion *region, gboolean interface_only, GError **error);

/* What the reference evaluator's adapter compiles a model to: the magic, the format's version (u32, little-endian), and the
 * model. NULL with an error if it cannot be written. */
#define CONTEXT_OWN_MAGIC "ASSAYREF"
enum { CONTEXT_OWN_HEADER = 12, CONTEXT_OWN_FORMAT = 1 };
GBytes *context_own_payload(const Model *model, GError **error);

/* Element types of the boundary, "float,float->float", "?" where the model does not declare one; free with g_free. */
char *context_signature(const Graph *graph, const ContextRegion *region);

#endif
