/* Private to the reader of ONNX's textual syntax: what its files share. */
#ifndef ASSAY_ONNX_TEXT_PARSE_H
#define ASSAY_ONNX_TEXT_PARSE_H

#include "reference/onnx/text_lex.h"

/* What an annotation line `#@ key: value, ...` says about the item after it. */
typedef enum {
    NOTE_DOC = 1,
    NOTE_METADATA = 2,
    NOTE_REST = 4,
    NOTE_STORAGE = 8,
    NOTE_EXTERNAL = 16,
    NOTE_WIRE = 32
} NoteKey;
enum {
    NOTES_OF_VALUES = NOTE_DOC | NOTE_METADATA,
    NOTES_OF_GRAPHS = NOTE_DOC | NOTE_METADATA | NOTE_REST,
    NOTES_OF_TENSORS = NOTE_DOC | NOTE_METADATA | NOTE_STORAGE | NOTE_EXTERNAL | NOTE_WIRE
};

typedef struct {
    unsigned    keys; /* of NoteKey: what was given */
    Token       at;
    const char *doc;
    List        metadata; /* of Property */
    Bytes       rest, wire;
    const char *location; /* EXTERNAL */
    int64_t     offset, length;
} Notes;

/* No annotation here gives empty notes. */
gboolean parse_notes(Parser *parser, Notes *notes);
/* Refuses keys that the annotated item does not have. */
gboolean parse_notes_allow(Parser *parser, const Notes *notes, unsigned allowed, const char *item);
gboolean parse_properties(Parser *parser, List *properties);

/* Whether a type begins here. */
gboolean parse_is_type(const Parser *parser);
gboolean parse_type(Parser *parser, Type **type);
/* The elements of a tensor of the given type: `{1, 2}`. */
gboolean parse_tensor(Parser *parser, const Notes *notes, const Type *type, const char *name, NamedTensor **tensor);
/* `{float[2] {1, 2}, int64[2] {0, 7}}`: values and indices. */
gboolean parse_sparse(Parser *parser, const Type *type, const char *name, SparseTensor **sparse);

/* From after the attribute's name to the end of its value. */
gboolean parse_attribute(Parser *parser, const Notes *notes, const char *name, Attribute **attribute);
/* `<a = 1, b: ints = [2]>`; nothing if there is no '<'. */
gboolean parse_attributes(Parser *parser, List *attributes);

/* A graph from its name to its closing brace; into NULL: a new one. */
gboolean parse_graph(Parser *parser, const Notes *notes, Graph *into, Graph **graph);

#endif
