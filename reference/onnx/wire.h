/* Private to reference/onnx/: what its files share about protobuf. Nobody else includes this. */
#ifndef ASSAY_ONNX_WIRE_H
#define ASSAY_ONNX_WIRE_H

#include "onnx.pb-c.h"
#include "reference/onnx/load.h"

/* ---- reading -------------------------------------------------------------------------------------------------- */

/* One load in progress. */
typedef struct {
    Model      *model;  /* NULL while a single tensor or value is loaded */
    Arena      *arena;  /* what is translated lives here */
    const char *folder; /* external data; NULL refuses it */
    OnnxLimits  limits; /* no zeros */
} Load;

/* The limits with defaults in place of zeros. */
OnnxLimits limits_resolved(const OnnxLimits *limits);

/* Walks the raw bytes without allocating: tags, lengths, wire types, nesting, counts, strings that are UTF-8 without
 * NUL. protobuf-c may unpack what passes (1.4.1 recurses without a limit, and merges repeated sub-messages in
 * quadratic time, so both are settled here). */
gboolean wire_scan(const ProtobufCMessageDescriptor *descriptor, const void *data, gsize size, const OnnxLimits *limits,
                   GError **error);

/* wire_scan, then unpack; free with protobuf_c_message_free_unpacked(message, NULL). */
ProtobufCMessage *wire_unpack(const ProtobufCMessageDescriptor *descriptor, const void *data, gsize size,
                              const OnnxLimits *limits, GError **error);

/* All of a regular file, of at most 2 GiB: more is no protobuf message. Free with g_free. The error does not name it. */
char *wire_read_file(const char *path, gsize *size, GError **error);

/* A file as wire_unpack sees it. */
ProtobufCMessage *wire_unpack_file(const ProtobufCMessageDescriptor *descriptor, const char *path,
                                   const OnnxLimits *limits, GError **error);

/* The message's encoding, in the arena; empty if nothing is in it. */
Bytes wire_pack_into(const ProtobufCMessage *message, Arena *arena);

/* protobuf's NULL for an absent string as "". */
const char *load_text(const Load *load, const char *text);
List        load_properties(const Load *load, Onnx__StringStringEntryProto *const *entries, gsize n);
/* load_node.c: types, value infos, attributes, nodes. NULL with an error. */
Type      *load_type(const Load *load, const Onnx__TypeProto *proto, GError **error);
gboolean   load_value_infos(const Load *load, Onnx__ValueInfoProto *const *protos, gsize n, List *list,
                            const char *kind, GError **error);
gboolean   load_attributes(const Load *load, Onnx__AttributeProto *const *protos, gsize n, List *list,
                           GError **error);
gboolean   load_nodes(const Load *load, Onnx__NodeProto *const *protos, gsize n, List *list, GError **error);
/* load.c */
const char **load_names(const Load *load, char *const *names, gsize n);
Graph       *load_graph(const Load *load, const Onnx__GraphProto *proto, GError **error);
/* load_tensor.c */
NamedTensor *load_tensor(const Load *load, const Onnx__TensorProto *proto, GError **error);
SparseTensor *load_sparse(const Load *load, const Onnx__SparseTensorProto *proto, GError **error);

/* ---- external data (external.c, external_save.c) ---------------------------------------------------------------- */

/* Opens folder/location for reading without leaving folder: relative, no "..", no symlink on the way, a regular file
 * with one hard link, of at most `limit` bytes. Returns the descriptor or -1; *size is the file's. */
int external_open(const char *folder, const char *location, gsize limit, gsize *size, GError **error);

/* Whether `location` is a path that may stand in a model. */
gboolean external_location_valid(const char *location, GError **error);

/* `size` bytes of the file at `offset` into `data`; NULL checks only that they are there. `length` is what the model
 * says, -1: to the end of the file; either way it must be `size`. */
gboolean external_read(const Load *load, const char *location, int64_t offset, int64_t length, void *data, gsize size,
                       GError **error);

/* Writes every external tensor of the model below `folder`, one file a location. */
gboolean external_save(const Model *model, const char *folder, GError **error);

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* One save in progress. The first thing that cannot be written is kept in `error`, and the rest built all the same. */
typedef struct {
    Arena  *arena;
    GError *error;
} Save;

/* Messages built for packing; they live in the arena and may point into the model. */
Onnx__TensorProto       *save_tensor(Save *save, const NamedTensor *named);
Onnx__SparseTensorProto *save_sparse(Save *save, const SparseTensor *sparse);
size_t save_properties(Save *save, const List *properties, Onnx__StringStringEntryProto ***entries);
/* The same for what they are named after (save_node.c). */
Onnx__TypeProto *save_type(Save *save, const Type *type);
size_t save_value_infos(Save *save, const List *infos, Onnx__ValueInfoProto ***protos);
size_t save_attributes(Save *save, const List *attributes, Onnx__AttributeProto ***protos);
size_t save_nodes(Save *save, const List *nodes, Onnx__NodeProto ***protos);
Onnx__GraphProto *save_graph(Save *save, const Graph *graph);
/* NULL for "": an absent field. The wire structures are not const-correct; nothing is written through the result. */
char *save_text(const char *text);
/* An unknown field that carries a whole sub-message as given, however malformed. */
void save_wire_field(Save *save, ProtobufCMessage *message, unsigned number, Bytes wire);
/* The message of a `rest` member again, or NULL if that is empty; lives in the arena. */
ProtobufCMessage *save_rest(Save *save, const ProtobufCMessageDescriptor *descriptor, Bytes rest);
/* The bytes, unless something could not be written or protobuf could not read it back (2 GiB). Frees the arena. */
GBytes  *save_finish(Save *save, const ProtobufCMessage *message, GError **error);
gboolean save_bytes(const char *path, GBytes *bytes, GError **error);

/* ---- files that replace others (replace.c) ---------------------------------------------------------------------- */

typedef struct Replacement Replacement;
/* Starts writing what shall replace `path`; devices and pipes are written in place. */
Replacement *replacement_new(const char *path, GError **error);
gboolean     replacement_write(Replacement *replacement, const void *data, gsize size, gsize offset, GError **error);
gboolean     replacement_extend(Replacement *replacement, gsize size, GError **error); /* zeros up to `size` */
gboolean     replacement_commit(Replacement *replacement, gboolean durable, GError **error);
void         replacement_free(Replacement *replacement); /* an uncommitted one leaves no trace */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Replacement, replacement_free)

#endif
