/* Operator schemas: the strings of OpVersion, parsed once, and the checks that they ask for. Private to eval.
 *
 * A Schema lives for the life of the process; parsing is thread-safe. */
#ifndef ASSAY_EVAL_SCHEMA_H
#define ASSAY_EVAL_SCHEMA_H

#include "reference/eval/operator.h"

typedef struct {
    const char *name;
    int         variable; /* index into Schema.variables; -1: any */
    gboolean    optional, variadic;
} Formal;

/* What a type variable admits. */
typedef struct {
    const char *name;
    guint64     dtypes[5]; /* bit set over dtype numbers (0x102 is the largest) */
    guint       kinds;     /* bit set over ValueKind, tensors excluded */
    char       *text;      /* for messages */
} TypeVariable;

typedef struct {
    const char   *name;
    AttributeType type;
    gboolean      required;
    Attribute    *fallback; /* the default; NULL if none */
} FormalAttribute;

typedef struct {
    Formal          *inputs, *outputs;
    gsize            n_inputs, n_outputs, min_inputs, min_outputs;
    TypeVariable    *variables;
    gsize            n_variables;
    FormalAttribute *attributes;
    gsize            n_attributes;
} Schema;

const Schema *schema_of(const OpVersion *version);
const FormalAttribute *schema_attribute(const Schema *schema, const char *name);

/* Arity and attributes of a node. Attributes that are references are checked when they are resolved. */
gboolean schema_check_node(const Schema *schema, const Node *node, GError **error);

/* The types of the values that arrive; inputs[i] NULL: omitted. */
gboolean schema_check_inputs(const Schema *schema, const Value *const *inputs, gsize n, GError **error);

/* That a kernel's output has a type that the schema admits: guards against mistakes of ours. */
gboolean schema_check_output(const Schema *schema, gsize index, const Value *output, GError **error);

/* Every schema string parses; NULL, or what is wrong with the first that does not (for the tests). */
char *schema_self_check(void);

#endif
