/* Private to the printer of ONNX's textual syntax: what its files share. */
#ifndef ASSAY_ONNX_TEXT_PRINT_H
#define ASSAY_ONNX_TEXT_PRINT_H

#include "reference/onnx/text.h"

typedef struct {
    GString *out;
    gsize    elements; /* of a tensor to print at most; 0: all, and how they are stored */
    guint    indent;   /* levels */
} Printer;

void print(Printer *p, const char *text);
void print_line_break(Printer *p);

/* In quotes; with `one_line` line breaks and tabs are escaped too. */
void print_quoted(Printer *p, const void *data, gsize size, gboolean one_line);
void print_string(Printer *p, const char *text);
/* Quoted unless an identifier. */
void print_name(Printer *p, const char *name);
/* Where a type or a number might stand instead: those that look like one are quoted too. */
void print_first_name(Printer *p, const char *name);
/* `com.x`, or quoted as a whole. */
void print_dotted(Printer *p, const char *name);

void print_properties(Printer *p, const List *properties);
/* The line `#@ ...` before an item; nothing if there is nothing to say. metadata may be NULL. */
void print_notes(Printer *p, const char *doc, const List *metadata, Bytes rest);

void print_type(Printer *p, const Type *type);
void print_value_infos(Printer *p, const List *infos);
/* `equals` stands between name and elements: " = " for an initializer, else "". */
void print_tensor(Printer *p, const Tensor *tensor, const char *name, const char *equals);
void print_named_tensor(Printer *p, const NamedTensor *named, const char *equals);
void print_sparse(Printer *p, const SparseTensor *sparse);

#endif
