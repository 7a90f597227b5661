/* A model in memory: what ONNX's protobuf messages say, in plain C, without protobuf.
 *
 * The evaluator runs it, generators build it, tools rewrite it. reference/onnx/load.h and save.h translate to and from
 * the wire; nothing else knows protobuf.
 *
 * Ownership: a Model owns an arena; every Graph, Node, Attribute, string and array reachable from the model lives in
 * it and dies with model_free(). Tensors are reference-counted, and the model holds one reference to each. Strings
 * given to the functions below are copied. Nothing here is thread-safe for writing; a finished model may be read from
 * many threads.
 *
 * Strings are NUL-terminated; protobuf `bytes` that may hold NULs are Bytes. An absent string is NULL where absence
 * means something (ref_attr_name), else "". */
#ifndef ASSAY_ONNX_MODEL_H
#define ASSAY_ONNX_MODEL_H

#include "reference/tensor/tensor.h"

typedef struct Arena Arena;
typedef struct Model Model;
typedef struct Graph Graph;
typedef struct Node Node;
typedef struct Attribute Attribute;
typedef struct Function Function;
typedef struct Type Type;

typedef struct {
    const uint8_t *data;
    gsize          size;
} Bytes;

/* key = value entries, in file order. */
typedef struct {
    const char *key, *value;
} Property;

/* An array that lives in the arena: items[0..n). Append with list_append(). */
typedef struct {
    void  **items;
    gsize   n, room;
} List;

#define LIST_AT(list, type, i) ((type *)(list)->items[i])

/* ---- types of values --------------------------------------------------------------------------------------- */

typedef enum { TYPE_TENSOR, TYPE_SPARSE, TYPE_SEQUENCE, TYPE_MAP, TYPE_OPTIONAL, TYPE_OPAQUE, TYPE_NONE } TypeKind;

typedef struct {
    int64_t     value;      /* >= 0, or -1: unknown */
    const char *param;      /* symbolic name, or NULL */
    const char *denotation; /* or NULL */
} Dim;

struct Type {
    TypeKind    kind;
    int64_t     elem;       /* TENSOR, SPARSE: the TensorProto.DataType number as stored. MAP: the key type */
    gboolean    has_shape;
    gsize       rank;
    Dim        *dims;
    Type       *item;       /* SEQUENCE, OPTIONAL: the element type. MAP: the value type */
    const char *denotation; /* or NULL */
    const char *opaque_domain, *opaque_name;
};

typedef struct {
    const char *name;
    Type       *type; /* NULL if not given */
    const char *doc;
    List        metadata; /* of Property */
} ValueInfo;

/* ---- tensors in a model -------------------------------------------------------------------------------------- */

/* Where the elements stand in the file. */
typedef enum {
    STORAGE_RAW,     /* raw_data */
    STORAGE_TYPED,   /* float_data, int32_data ... as the type demands */
    STORAGE_EXTERNAL /* a file beside the model */
} Storage;

typedef struct {
    const char *name;
    const char *doc;
    Tensor     *tensor;
    Storage     storage;
    const char *location;       /* EXTERNAL: path relative to the model's folder */
    int64_t     offset, length; /* EXTERNAL; length -1: not written (to the end of the file) */
    List        metadata;       /* of Property */
    const Bytes *wire;          /* for malformed models: these bytes stand for the whole TensorProto on save */
} NamedTensor;

typedef struct {
    const char  *name;
    NamedTensor *values, *indices;
    Shape        shape;
} SparseTensor;

/* ---- nodes ---------------------------------------------------------------------------------------------------- */

/* Numbers are AttributeProto.AttributeType. */
typedef enum {
    ATTRIBUTE_UNDEFINED, ATTRIBUTE_FLOAT, ATTRIBUTE_INT, ATTRIBUTE_STRING, ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH,
    ATTRIBUTE_FLOATS, ATTRIBUTE_INTS, ATTRIBUTE_STRINGS, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS,
    ATTRIBUTE_SPARSE_TENSOR, ATTRIBUTE_SPARSE_TENSORS, ATTRIBUTE_TYPE, ATTRIBUTE_TYPES
} AttributeType;

struct Attribute {
    const char   *name;
    AttributeType type;
    const char   *ref;   /* ref_attr_name: the value is that of the calling node's attribute; else NULL */
    const char   *doc;
    float         f;
    int64_t       i;
    Bytes         s;
    NamedTensor  *tensor;
    Graph        *graph;
    SparseTensor *sparse;
    Type         *type_proto;
    gsize         n;        /* length of whichever array the type selects */
    float        *floats;
    int64_t      *ints;
    Bytes        *strings;
    NamedTensor **tensors;
    Graph       **graphs;
    SparseTensor **sparses;
    Type        **type_protos;
};

struct Node {
    const char  *name, *domain, *op_type, *overload, *doc; /* domain "" is ai.onnx */
    const char **inputs, **outputs;                        /* "" : omitted */
    gsize        n_inputs, n_outputs;
    List         attributes; /* of Attribute */
    List         metadata;   /* of Property */
    Bytes        rest;       /* fields the house does not interpret, as wire bytes; kept on save */
};

struct Graph {
    Model      *model;
    const char *name, *doc;
    List        nodes;               /* of Node */
    List        inputs, outputs;     /* of ValueInfo */
    List        value_infos;         /* of ValueInfo */
    List        initializers;        /* of NamedTensor */
    List        sparse_initializers; /* of SparseTensor */
    List        metadata;            /* of Property */
    Bytes       rest;
};

typedef struct {
    const char *domain;
    int64_t     version;
} OpsetImport;

struct Function {
    const char  *name, *domain, *overload, *doc;
    const char **inputs, **outputs, **attributes; /* attributes: required ones, without default */
    gsize        n_inputs, n_outputs, n_attributes;
    List         attribute_defaults; /* of Attribute */
    Graph       *body;               /* its nodes, and value_infos; inputs and outputs are the function's, untyped */
    List         opset_imports;      /* of OpsetImport */
    List         metadata;           /* of Property */
    Bytes        rest;
};

struct Model {
    Arena      *arena;
    int64_t     ir_version;
    const char *producer_name, *producer_version, *domain, *doc;
    int64_t     model_version;
    List        opset_imports; /* of OpsetImport */
    List        functions;     /* of Function */
    List        metadata;      /* of Property */
    Graph      *graph;
    char       *folder; /* where external data is looked for and written; NULL for a model from memory */
    Bytes       rest;
};

/* ---- memory ---------------------------------------------------------------------------------------------------- */

Model *model_new(void); /* empty, IR version 13, no imports, with an empty graph named "graph" */
void   model_free(Model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Model, model_free)

Arena      *arena_create(void);
void        arena_free(Arena *arena);
void       *arena_alloc(Arena *arena, gsize size); /* zeroed; aborts only when the system has no memory (g_malloc) */
const char *arena_string(Arena *arena, const char *text); /* NULL stays NULL */
const char *arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
Bytes       arena_bytes(Arena *arena, const void *data, gsize size);
Tensor     *arena_tensor(Arena *arena, Tensor *tensor); /* takes the reference, releases it with the arena */
void       *arena_alloc_n(Arena *arena, gsize n, gsize size); /* as arena_alloc; n * size must not overflow */
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, n) ((type *)arena_alloc_n((arena), (n), sizeof(type)))
void        list_append(List *list, Arena *arena, void *item);
void        list_insert(List *list, Arena *arena, gsize at, void *item);
void        list_remove(List *list, gsize at);

/* ---- building --------------------------------------------------------------------------------------------------- */

void       model_import(Model *model, const char *domain, int64_t version); /* replaces an import of the same domain */
Graph     *graph_new(Model *model, const char *name); /* for a graph attribute */
ValueInfo *graph_add_input(Graph *graph, const char *name, Type *type);
ValueInfo *graph_add_output(Graph *graph, const char *name, Type *type);
NamedTensor *graph_add_initializer(Graph *graph, const char *name, Tensor *tensor); /* takes the reference */
/* For a tensor attribute or a sparse tensor; raw storage, or typed for strings. Takes the reference. */
NamedTensor *named_tensor_new(Model *model, const char *name, Tensor *tensor);
void         properties_set(List *properties, Model *model, const char *key, const char *value); /* replaces */

/* Inputs and outputs are NULL-terminated arrays of names: NAMES("x", "scale", ""). */
#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_NAMES ((const char *const[]){ NULL })
Node *graph_add_node(Graph *graph, const char *domain, const char *op_type, const char *const *inputs,
                     const char *const *outputs);

/* Each replaces an attribute of the same name. */
Attribute *node_set_int(Node *node, Graph *graph, const char *name, int64_t value);
Attribute *node_set_float(Node *node, Graph *graph, const char *name, float value);
Attribute *node_set_string(Node *node, Graph *graph, const char *name, const char *value);
Attribute *node_set_ints(Node *node, Graph *graph, const char *name, const int64_t *values, gsize n);
Attribute *node_set_floats(Node *node, Graph *graph, const char *name, const float *values, gsize n);
/* values: NULL-terminated */
Attribute *node_set_strings(Node *node, Graph *graph, const char *name, const char *const *values);
Attribute *node_set_tensor(Node *node, Graph *graph, const char *name, Tensor *tensor); /* takes the reference */
Attribute *node_set_graph(Node *node, Graph *graph, const char *name, Graph *value);
/* The attribute takes the value of the enclosing function's attribute `ref`. */
Attribute *node_set_ref(Node *node, Graph *graph, const char *name, AttributeType type, const char *ref);
#define INTS(...) (const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)

Type *type_tensor(Model *model, DType elem, const Shape *shape); /* shape NULL: unknown rank */
Type *type_tensor_dims(Model *model, DType elem, gsize rank, const Dim *dims);
Type *type_sequence(Model *model, Type *item);
Type *type_optional(Model *model, Type *item);

Function *model_add_function(Model *model, const char *domain, const char *name, const char *const *inputs,
                             const char *const *outputs, const char *const *attributes);
void      function_import(Function *function, const char *domain, int64_t version);

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* NULL if there is none. */
const Attribute *node_attribute(const Node *node, const char *name);
const Function  *model_function(const Model *model, const char *domain, const char *name, const char *overload);
const char      *properties_get(const List *properties, const char *key);
NamedTensor     *graph_initializer(const Graph *graph, const char *name);
/* 0 if the domain is not imported. "ai.onnx" and "" are one domain. */
int64_t opset_version(const List *imports, const char *domain);
/* "" for "ai.onnx", else the name itself. */
const char *domain_canonical(const char *domain);
const char *attribute_type_name(AttributeType type); /* "INT", "GRAPH" ... */

/* A name from a file as messages show it: in single quotes, on one line (control characters escaped), cut when long;
 * free with g_free. */
char *name_quote(const char *name);
/* A message that may hold such names, or other text from a file, on one line of valid UTF-8; free with g_free. */
char *message_line(const char *message);

/* "Concat 'c1'", or "Concat (node 3)" for a node without a name: how messages name a node; free with g_free. */
char *node_describe(const Node *node, gsize index);

/* A deep copy into the arena of another model, for tools that rewrite graphs. Tensors are shared. The copy belongs to
 * no list yet: append it where it is wanted. */
Graph    *graph_copy(const Graph *graph, Model *into);
Node     *node_copy(const Node *node, Model *into);
Function *function_copy(const Function *function, Model *into);
Model    *model_copy(const Model *model);

#endif
