/* What the readers of the five encodings share. Private to reference/context/. */
#ifndef ASSAY_CONTEXT_READ_H
#define ASSAY_CONTEXT_READ_H

#include "reference/context/fail.h"
#include "reference/context/strip.h"

#define read_fail(error, ...) context_fail(error, CONTEXT_ERROR_FORMAT, __VA_ARGS__)

/* A piece of the file as a model of its own, kept with the container: one node in the main graph, or one function. */
const Node     *read_node_piece(Container *c, Bytes node, GError **error);
const Function *read_function_piece(Container *c, const GByteArray *function, GError **error);
const Graph    *read_graph_piece(Container *c, Bytes graph, GError **error);

/* The node without its attribute `attribute`, whose tensors are appended to `payloads` (of Bytes): payloads must not be
 * loaded with the model, since a missing file is no reason to refuse it. */
GByteArray *read_without(Bytes node, const char *attribute, const char *other, GArray *payloads);

/* A payload TensorProto into the blob: inline bytes or place in a file. */
gboolean read_payload(Container *c, Bytes tensor, ContextBlob *blob, GError **error);

/* Texts of the container. An absent policy is `prefer`, an absent number 0. */
gboolean read_policy(const char *text, ContextPolicy *policy, GError **error);
gboolean read_number(const char *what, const char *text, int64_t *value, GError **error);
gboolean read_digest(const char *what, const char *text, gboolean may_be_empty, GError **error);

/* A region with these nodes; boundary computed. Not yet in the container's list. */
ContextRegion *read_region(Container *c, const char *id, const GArray *nodes);
/* Marks the region as torn unless these are the names of its boundary. */
void read_expect(Container *c, ContextRegion *region, const char *const *names, gsize n, gboolean inputs);
/* Adds a blob that was filled in; complains about what no blob may be. */
gboolean read_add_blob(Container *c, ContextRegion *region, const ContextBlob *blob, GError **error);

gboolean read_calls(Container *c, Strip *strip, GError **error);   /* A, B */
gboolean read_table(Container *c, Strip *strip, GError **error);   /* C1 */
gboolean read_messages(Container *c, Strip *strip, GError **error); /* C2 */
gboolean read_scopes(Container *c, Strip *strip, GError **error);  /* D */

#endif
