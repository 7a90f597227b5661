/* Names, types, tensors and annotations in ONNX's textual syntax. */
#include "reference/onnx/text_print.h"

#include "reference/onnx/text_number.h"

#include <string.h>

void print(Printer *p, const char *text)
{
    g_string_append(p->out, text);
}

void print_line_break(Printer *p)
{
    g_string_append_printf(p->out, "\n%*s", (int)(4 * p->indent), "");
}

/* ---- names and strings --------------------------------------------------------------------------------------------- */

static void print_escaped(Printer *p, const char *from, const char *to)
{
    for (; from < to; from++)
        g_string_append_printf(p->out, "\\x%02X", (unsigned)(guchar)*from);
}

/* Control characters and broken UTF-8 are escaped, but line breaks and tabs as the published printer leaves them,
 * unless the string must stay on one line. */
void print_quoted(Printer *p, const void *data, gsize size, gboolean one_line)
{
    const char *at = data, *end = at + size;
    g_string_append_c(p->out, '"');
    while (at < end) {
        gunichar c = g_utf8_get_char_validated(at, end - at);
        gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;
        const char *next = valid ? g_utf8_next_char(at) : at + 1;
        if (!valid || (g_unichar_iscntrl(c) && (one_line || (c != '\n' && c != '\t')))) {
            print_escaped(p, at, next);
        } else {
            if (c == '"' || c == '\\')
                g_string_append_c(p->out, '\\');
            g_string_append_len(p->out, at, next - at);
        }
        at = next;
    }
    g_string_append_c(p->out, '"');
}

void print_string(Printer *p, const char *text)
{
    print_quoted(p, text, strlen(text), FALSE);
}

static gboolean is_identifier(const char *name)
{
    if (!g_ascii_isalpha(*name) && *name != '_')
        return FALSE;
    for (; *name; name++)
        if (!g_ascii_isalnum(*name) && *name != '_')
            return FALSE;
    return TRUE;
}

/* Identifiers that begin a type or a number. */
static gboolean is_reserved(const char *name)
{
    static const char *const words[] = { "seq", "map", "optional", "sparse_tensor", "opaque", "none", "dtype" };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(name, words[i]) == 0)
            return TRUE;
    return dtype_from_name(name) != DTYPE_UNDEFINED ||
           number_is(&(Token){ .kind = TOKEN_ID, .start = name, .length = strlen(name) });
}

void print_name(Printer *p, const char *name)
{
    if (is_identifier(name))
        print(p, name);
    else
        print_string(p, name);
}

void print_first_name(Printer *p, const char *name)
{
    if (is_reserved(name))
        print_string(p, name);
    else
        print_name(p, name);
}

/* `com.x`, or quoted as a whole. */
void print_dotted(Printer *p, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, ".", -1);
    gboolean plain = *parts != NULL;
    for (char **part = parts; *part; part++)
        plain = plain && is_identifier(*part);
    if (plain)
        print(p, name);
    else
        print_string(p, name);
}

/* ---- annotations --------------------------------------------------------------------------------------------------- */

static gboolean at_line_start(const GString *out)
{
    gsize n = out->len;
    while (n > 0 && out->str[n - 1] == ' ')
        n--;
    return n == 0 || out->str[n - 1] == '\n';
}

/* Begins an entry of the annotation line. */
static void note(Printer *p, gboolean *open, const char *key)
{
    if (!*open && !at_line_start(p->out))
        print_line_break(p);
    g_string_append_printf(p->out, "%s%s: ", *open ? ", " : "#@ ", key);
    *open = TRUE;
}

static void note_bytes(Printer *p, gboolean *open, const char *key, Bytes bytes)
{
    note(p, open, key);
    print_quoted(p, bytes.data, bytes.size, TRUE);
}

void print_properties(Printer *p, const List *properties)
{
    print(p, "[");
    for (gsize i = 0; i < properties->n; i++) {
        const Property *property = LIST_AT(properties, Property, i);
        print(p, i ? ", " : "");
        print_quoted(p, property->key, strlen(property->key), TRUE);
        print(p, ": ");
        print_quoted(p, property->value, strlen(property->value), TRUE);
    }
    print(p, "]");
}

static void note_common(Printer *p, gboolean *open, const char *doc, const List *metadata, Bytes rest)
{
    if (doc && *doc)
        note_bytes(p, open, "doc_string", (Bytes){ (const uint8_t *)doc, strlen(doc) });
    if (metadata && metadata->n) {
        note(p, open, "metadata_props");
        print_properties(p, metadata);
    }
    if (rest.size)
        note_bytes(p, open, "rest", rest);
}

static void note_end(Printer *p, gboolean open)
{
    if (open)
        print_line_break(p);
}

void print_notes(Printer *p, const char *doc, const List *metadata, Bytes rest)
{
    gboolean open = FALSE;
    note_common(p, &open, doc, metadata, rest);
    note_end(p, open);
}

static void print_tensor_notes(Printer *p, const NamedTensor *named)
{
    gboolean open = FALSE;
    if (p->elements == 0 && named->storage == STORAGE_TYPED && named->tensor->dtype != DTYPE_STRING) {
        note(p, &open, "storage");
        print(p, "typed");
    }
    if (named->storage == STORAGE_EXTERNAL) {
        note(p, &open, "external");
        print(p, "[\"location\": ");
        print_quoted(p, named->location, strlen(named->location), TRUE);
        g_string_append_printf(p->out, ", \"offset\": \"%" G_GINT64_FORMAT "\"", named->offset);
        if (named->length >= 0)
            g_string_append_printf(p->out, ", \"length\": \"%" G_GINT64_FORMAT "\"", named->length);
        print(p, "]");
    }
    if (named->wire)
        note_bytes(p, &open, "wire", *named->wire);
    note_common(p, &open, named->doc, &named->metadata, (Bytes){ 0 });
    note_end(p, open);
}

/* ---- types --------------------------------------------------------------------------------------------------------- */

static void print_elem(Printer *p, int64_t elem)
{
    if (elem > 0 && elem <= G_MAXINT && dtype_info((DType)elem))
        print(p, dtype_name((DType)elem));
    else
        g_string_append_printf(p->out, "dtype(%" G_GINT64_FORMAT ")", elem);
}

static void print_denotation(Printer *p, const char *denotation)
{
    if (!denotation)
        return;
    print(p, "!");
    print_string(p, denotation);
}

static void print_shape(Printer *p, const Type *type)
{
    if (!type->has_shape)
        print(p, "[]");
    for (gsize i = 0; i < type->rank; i++) {
        const Dim *dim = &type->dims[i];
        print(p, i ? "," : "[");
        if (dim->param)
            print_name(p, dim->param);
        else if (dim->value >= 0)
            g_string_append_printf(p->out, "%" G_GINT64_FORMAT, dim->value);
        else
            print(p, "?");
        print_denotation(p, dim->denotation);
    }
    if (type->rank)
        print(p, "]");
}

static void print_opaque(Printer *p, const Type *type)
{
    const char *domain = type->opaque_domain ? type->opaque_domain : "";
    const char *name = type->opaque_name ? type->opaque_name : "";
    print(p, "opaque(");
    if (*domain) {
        print_dotted(p, domain);
        print(p, ", ");
    }
    if (*domain || *name)
        print_dotted(p, name);
    print(p, ")");
}

void print_type(Printer *p, const Type *type)
{
    switch (type->kind) {
    case TYPE_TENSOR:
        print_elem(p, type->elem);
        print_shape(p, type);
        break;
    case TYPE_SPARSE:
        print(p, "sparse_tensor(");
        print_elem(p, type->elem);
        print_shape(p, type);
        print(p, ")");
        break;
    case TYPE_SEQUENCE:
    case TYPE_OPTIONAL:
        print(p, type->kind == TYPE_SEQUENCE ? "seq(" : "optional(");
        if (type->item)
            print_type(p, type->item);
        print(p, ")");
        break;
    case TYPE_MAP:
        print(p, "map(");
        print_elem(p, type->elem);
        if (type->item) {
            print(p, ", ");
            print_type(p, type->item);
        }
        print(p, ")");
        break;
    case TYPE_OPAQUE:
        print_opaque(p, type);
        break;
    case TYPE_NONE:
        print(p, "none()");
    }
    print_denotation(p, type->denotation);
}

void print_value_infos(Printer *p, const List *infos)
{
    for (gsize i = 0; i < infos->n; i++) {
        const ValueInfo *info = LIST_AT(infos, ValueInfo, i);
        print(p, i ? ", " : "");
        print_notes(p, info->doc, &info->metadata, (Bytes){ 0 });
        if (info->type) {
            print_type(p, info->type);
            print(p, " ");
            print_name(p, info->name);
        } else {
            print_first_name(p, info->name);
        }
    }
}

/* ---- tensors ------------------------------------------------------------------------------------------------------- */

static void print_element(Printer *p, const Tensor *tensor, int64_t index)
{
    if (tensor->dtype == DTYPE_STRING) {
        gsize length;
        const char *string = tensor_get_string(tensor, index, &length);
        print_quoted(p, string, length, FALSE);
    } else if (tensor->dtype == DTYPE_COMPLEX64 || tensor->dtype == DTYPE_COMPLEX128) {
        /* The real and the imaginary part, as two numbers: the published parser reads them so. */
        DType part = tensor->dtype == DTYPE_COMPLEX64 ? DTYPE_FLOAT : DTYPE_DOUBLE;
        gsize width = (gsize)dtype_info(part)->width;
        for (int i = 0; i < 2; i++) {
            uint64_t bits = 0;
            memcpy(&bits, (const char *)tensor->data + ((gsize)index * 2 + (gsize)i) * width, width);
            print(p, i ? ", " : "");
            number_append(p->out, part, bits);
        }
    } else {
        number_append(p->out, tensor->dtype, tensor_get_bits(tensor, index));
    }
}

static void print_elements(Printer *p, const Tensor *tensor)
{
    gboolean cut = p->elements && (uint64_t)tensor->count > p->elements;
    int64_t shown = cut ? (int64_t)p->elements : tensor->count;
    print(p, "{");
    for (int64_t i = 0; i < shown; i++) {
        print(p, i ? ", " : "");
        print_element(p, tensor, i);
    }
    print(p, cut ? ", ...}" : "}");
}

static void print_dims(Printer *p, const Shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        g_string_append_printf(p->out, "%s%" G_GINT64_FORMAT, i ? "," : "[", shape->dims[i]);
    if (shape->rank)
        print(p, "]");
}

void print_tensor(Printer *p, const Tensor *tensor, const char *name, const char *equals)
{
    print_elem(p, (int64_t)tensor->dtype);
    print_dims(p, &tensor->shape);
    print(p, " ");
    if (*name || *equals)
        print_name(p, name);
    print(p, *equals ? equals : *name ? " " : "");
    print_elements(p, tensor);
}

void print_named_tensor(Printer *p, const NamedTensor *named, const char *equals)
{
    print_tensor_notes(p, named);
    print_tensor(p, named->tensor, named->name, equals);
}

void print_sparse(Printer *p, const SparseTensor *sparse)
{
    const NamedTensor *values = sparse->values;
    print(p, "sparse_tensor(");
    print_elem(p, (int64_t)values->tensor->dtype);
    print_dims(p, &sparse->shape);
    print(p, ") ");
    print_name(p, sparse->name ? sparse->name : "");
    print(p, " = {");
    print_tensor_notes(p, values);
    /* The values' name goes without saying where it is the sparse tensor's. */
    print_tensor(p, values->tensor, g_strcmp0(values->name, sparse->name) == 0 ? "" : values->name, "");
    print(p, ", ");
    print_named_tensor(p, sparse->indices, "");
    print(p, "}");
}
