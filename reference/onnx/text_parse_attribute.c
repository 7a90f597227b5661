/* Annotations and attributes in ONNX's textual syntax. */
#include "reference/onnx/text_number.h"
#include "reference/onnx/text_parse.h"

#include <string.h>

/* ---- annotations --------------------------------------------------------------------------------------------------- */

gboolean parse_properties(Parser *parser, List *properties)
{
    if (!parser_expect(parser, '['))
        return FALSE;
    if (parser_accept(parser, ']'))
        return TRUE;
    do {
        Property *property = arena_new(parser->arena, Property);
        if (!parser_text(parser, &property->key) || !parser_expect(parser, ':') || !parser_text(parser, &property->value))
            return FALSE;
        list_append(properties, parser->arena, property);
    } while (parser_accept(parser, ','));
    return parser_expect(parser, ']');
}

static gboolean refuse_external(Parser *parser, const Token *at, const Property *entry)
{
    g_autofree char *key = name_quote(entry->key), *value = name_quote(entry->value);
    return parser_fail_at(parser, at, ONNX_ERROR_PARSE, "found external data's %s: %s, expected location, offset or length", key,
                          value);
}

/* `["location": "w.bin", "offset": "0", "length": "8"]` */
static gboolean parse_external(Parser *parser, Notes *notes)
{
    List entries = { 0 };
    Token at = parser->token;
    if (!parse_properties(parser, &entries))
        return FALSE;
    notes->length = -1;
    for (gsize i = 0; i < entries.n; i++) {
        const Property *entry = LIST_AT(&entries, Property, i);
        int64_t *number = strcmp(entry->key, "offset") == 0   ? &notes->offset
                          : strcmp(entry->key, "length") == 0 ? &notes->length
                                                              : NULL;
        if (strcmp(entry->key, "location") == 0)
            notes->location = entry->value;
        else if (!number || !g_ascii_string_to_signed(entry->value, 10, 0, G_MAXINT64, number, NULL))
            return refuse_external(parser, &at, entry);
    }
    return notes->location || parser_fail_at(parser, &at, ONNX_ERROR_PARSE, "found no \"location\", expected one");
}

static gboolean parse_note(Parser *parser, Notes *notes)
{
    static const struct {
        const char *word;
        NoteKey     key;
    } keys[] = { { "doc_string", NOTE_DOC }, { "metadata_props", NOTE_METADATA }, { "rest", NOTE_REST },
                 { "storage", NOTE_STORAGE }, { "external", NOTE_EXTERNAL }, { "wire", NOTE_WIRE } };
    gsize k = 0;
    while (k < G_N_ELEMENTS(keys) && !parser_is_word(parser, keys[k].word))
        k++;
    if (k == G_N_ELEMENTS(keys) || notes->keys & keys[k].key)
        return parser_fail(parser, "doc_string, metadata_props, rest, storage, external or wire, once each");
    notes->keys |= keys[k].key;
    parser_advance(parser);
    if (!parser_expect(parser, ':'))
        return FALSE;
    switch (keys[k].key) {
    case NOTE_DOC:
        return parser_text(parser, &notes->doc);
    case NOTE_METADATA:
        return parse_properties(parser, &notes->metadata);
    case NOTE_REST:
        return parser_string(parser, &notes->rest);
    case NOTE_WIRE:
        return parser_string(parser, &notes->wire);
    case NOTE_EXTERNAL:
        return parse_external(parser, notes);
    case NOTE_STORAGE:
        if (!parser_is_word(parser, "typed"))
            return parser_fail(parser, "'typed'");
        parser_advance(parser);
    }
    return TRUE;
}

gboolean parse_notes(Parser *parser, Notes *notes)
{
    *notes = (Notes){ .doc = "" };
    while (parser->token.kind == TOKEN_ANNOTATION) {
        notes->at = parser->token;
        parser_advance(parser);
        do
            if (!parse_note(parser, notes))
                return FALSE;
        while (parser_accept(parser, ','));
        /* To the published parser the line is a comment: what follows must not be part of it. */
        if (parser->end_line != notes->at.line || parser->token.line == notes->at.line)
            return parser_fail(parser, "the end of the annotation's line");
    }
    return TRUE;
}

gboolean parse_notes_allow(Parser *parser, const Notes *notes, unsigned allowed, const char *item)
{
    return !(notes->keys & ~allowed) ||
           parser_fail_at(parser, &notes->at, ONNX_ERROR_PARSE,
                          "found an annotation that %s cannot have, expected one of its own", item);
}

/* ---- attributes ---------------------------------------------------------------------------------------------------- */

static const char *const type_words[] = {
    [ATTRIBUTE_UNDEFINED] = "undefined",          [ATTRIBUTE_FLOAT] = "float",
    [ATTRIBUTE_INT] = "int",                      [ATTRIBUTE_STRING] = "string",
    [ATTRIBUTE_TENSOR] = "tensor",                [ATTRIBUTE_GRAPH] = "graph",
    [ATTRIBUTE_FLOATS] = "floats",                [ATTRIBUTE_INTS] = "ints",
    [ATTRIBUTE_STRINGS] = "strings",              [ATTRIBUTE_TENSORS] = "tensors",
    [ATTRIBUTE_GRAPHS] = "graphs",                [ATTRIBUTE_SPARSE_TENSOR] = "sparse_tensor",
    [ATTRIBUTE_SPARSE_TENSORS] = "sparse_tensors", [ATTRIBUTE_TYPE] = "type_proto",
    [ATTRIBUTE_TYPES] = "type_protos",
};

static AttributeType list_of(AttributeType single)
{
    switch (single) {
    case ATTRIBUTE_FLOAT:
        return ATTRIBUTE_FLOATS;
    case ATTRIBUTE_INT:
        return ATTRIBUTE_INTS;
    case ATTRIBUTE_STRING:
        return ATTRIBUTE_STRINGS;
    case ATTRIBUTE_TENSOR:
        return ATTRIBUTE_TENSORS;
    case ATTRIBUTE_GRAPH:
        return ATTRIBUTE_GRAPHS;
    case ATTRIBUTE_SPARSE_TENSOR:
        return ATTRIBUTE_SPARSE_TENSORS;
    case ATTRIBUTE_TYPE:
        return ATTRIBUTE_TYPES;
    default:
        return ATTRIBUTE_UNDEFINED;
    }
}

/* One value; an integer literal may serve as either number. */
typedef struct {
    AttributeType type;
    Token         at;
    Bytes         s;
    void         *pointer; /* TENSOR, GRAPH, SPARSE_TENSOR, TYPE */
} Item;

/* A type, a tensor, or a sparse tensor: all begin with a type. */
static gboolean parse_typed_item(Parser *parser, const Notes *notes, Item *item)
{
    Type *type;
    const char *name = "";
    if (!parse_type(parser, &type))
        return FALSE;
    if (!parser_is_name(parser) && !parser_is(parser, '=') && !parser_is(parser, '{')) {
        item->type = ATTRIBUTE_TYPE;
        item->pointer = type;
        return parse_notes_allow(parser, notes, 0, "a type");
    }
    if (parser_is_name(parser) && !parser_name(parser, "a name", &name))
        return FALSE;
    parser_accept(parser, '=');
    if (type->kind == TYPE_SPARSE) {
        SparseTensor *sparse;
        item->type = ATTRIBUTE_SPARSE_TENSOR;
        if (!parse_notes_allow(parser, notes, 0, "a sparse tensor") || !parse_sparse(parser, type, name, &sparse))
            return FALSE;
        item->pointer = sparse;
        return TRUE;
    }
    NamedTensor *tensor;
    item->type = ATTRIBUTE_TENSOR;
    if (!parse_tensor(parser, notes, type, name, &tensor))
        return FALSE;
    item->pointer = tensor;
    return TRUE;
}

static gboolean parse_item(Parser *parser, Item *item)
{
    Notes notes;
    if (!parse_notes(parser, &notes))
        return FALSE;
    *item = (Item){ .at = parser->token };
    if (parse_is_type(parser))
        return parse_typed_item(parser, &notes, item);
    gboolean graph = parser_is_name(parser) && parser_peek(parser) == '(';
    if (graph || (parser->token.kind == TOKEN_ID && !number_is(&parser->token))) {
        Graph *made;
        item->type = ATTRIBUTE_GRAPH;
        if (!parse_graph(parser, &notes, NULL, &made))
            return FALSE;
        item->pointer = made;
        return TRUE;
    }
    if (!parse_notes_allow(parser, &notes, 0, "this value"))
        return FALSE;
    if (parser->token.kind == TOKEN_STRING) {
        item->type = ATTRIBUTE_STRING;
        return parser_string(parser, &item->s);
    }
    if (!number_is(&parser->token))
        return parser_fail(parser, "a value: a number, a string, a tensor, a graph, a type or '@'");
    item->type = parser->token.kind == TOKEN_INT ? ATTRIBUTE_INT : ATTRIBUTE_FLOAT;
    parser_advance(parser);
    return TRUE;
}

static gboolean item_number(Parser *parser, const Item *item, DType dtype, uint64_t *bits)
{
    g_autofree char *problem = NULL;
    return number_to_bits(&item->at, dtype, bits, &problem) ||
           parser_fail_at(parser, &item->at, ONNX_ERROR_PARSE, "%s", problem);
}

static gboolean item_float(Parser *parser, const Item *item, float *value)
{
    uint64_t bits;
    if (!item_number(parser, item, DTYPE_FLOAT, &bits))
        return FALSE;
    memcpy(value, &(uint32_t){ (uint32_t)bits }, sizeof *value);
    return TRUE;
}

static gboolean item_int(Parser *parser, const Item *item, int64_t *value)
{
    return item_number(parser, item, DTYPE_INT64, (uint64_t *)value);
}

/* The type that the values make, held against the one that was written. */
static gboolean settle_type(Parser *parser, Attribute *attribute, const Token *at, const GArray *items, gboolean list)
{
    AttributeType written = attribute->type, found = ATTRIBUTE_UNDEFINED;
    for (guint i = 0; i < items->len; i++) {
        const Item *item = &g_array_index(items, Item, i);
        AttributeType type = list ? list_of(item->type) : item->type, wanted = i ? found : written;
        AttributeType floats = list ? ATTRIBUTE_FLOATS : ATTRIBUTE_FLOAT, ints = list ? ATTRIBUTE_INTS : ATTRIBUTE_INT;
        if (type == ints && wanted == floats)
            type = floats;
        if (type == floats && wanted == ints && written == ATTRIBUTE_UNDEFINED)
            wanted = floats;
        if (wanted != ATTRIBUTE_UNDEFINED && wanted != type)
            return parser_fail_at(parser, &item->at, ONNX_ERROR_PARSE, "found a value of type %s, expected %s",
                                  type_words[type], type_words[wanted]);
        found = type;
    }
    if (!items->len && written == ATTRIBUTE_UNDEFINED)
        return parser_fail_at(parser, at, ONNX_ERROR_PARSE, "found an empty list, expected its type before '=', like ': ints'");
    if (!items->len && list_of(written) != ATTRIBUTE_UNDEFINED)
        return parser_fail_at(parser, at, ONNX_ERROR_PARSE, "found a list, expected a value of type %s",
                              type_words[written]);
    attribute->type = items->len ? found : written;
    return TRUE;
}

static gboolean store_single(Parser *parser, Attribute *attribute, const Item *item)
{
    switch (attribute->type) {
    case ATTRIBUTE_FLOAT:
        return item_float(parser, item, &attribute->f);
    case ATTRIBUTE_INT:
        return item_int(parser, item, &attribute->i);
    case ATTRIBUTE_STRING:
        attribute->s = item->s;
        return TRUE;
    case ATTRIBUTE_TENSOR:
        attribute->tensor = item->pointer;
        return TRUE;
    case ATTRIBUTE_GRAPH:
        attribute->graph = item->pointer;
        return TRUE;
    case ATTRIBUTE_SPARSE_TENSOR:
        attribute->sparse = item->pointer;
        return TRUE;
    default:
        attribute->type_proto = item->pointer;
        return TRUE;
    }
}

static gboolean store_list(Parser *parser, Attribute *attribute, const GArray *items)
{
    gsize n = attribute->n = items->len;
    void **pointers = arena_array(parser->arena, void *, n);
    for (gsize i = 0; i < n; i++)
        pointers[i] = g_array_index(items, Item, i).pointer;
    gboolean good = TRUE;
    switch (attribute->type) {
    case ATTRIBUTE_FLOATS:
        attribute->floats = arena_array(parser->arena, float, n);
        for (gsize i = 0; i < n && good; i++)
            good = item_float(parser, &g_array_index(items, Item, i), &attribute->floats[i]);
        return good;
    case ATTRIBUTE_INTS:
        attribute->ints = arena_array(parser->arena, int64_t, n);
        for (gsize i = 0; i < n && good; i++)
            good = item_int(parser, &g_array_index(items, Item, i), &attribute->ints[i]);
        return good;
    case ATTRIBUTE_STRINGS:
        attribute->strings = arena_array(parser->arena, Bytes, n);
        for (gsize i = 0; i < n; i++)
            attribute->strings[i] = g_array_index(items, Item, i).s;
        return TRUE;
    case ATTRIBUTE_TENSORS:
        attribute->tensors = (NamedTensor **)pointers;
        return TRUE;
    case ATTRIBUTE_GRAPHS:
        attribute->graphs = (Graph **)pointers;
        return TRUE;
    case ATTRIBUTE_SPARSE_TENSORS:
        attribute->sparses = (SparseTensor **)pointers;
        return TRUE;
    default:
        attribute->type_protos = (Type **)pointers;
        return TRUE;
    }
}

static gboolean parse_value(Parser *parser, Attribute *attribute)
{
    Token at = parser->token;
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(Item));
    gboolean list = parser_accept(parser, '[');
    if (!list || !parser_is(parser, ']'))
        do {
            Item item;
            if (!parse_item(parser, &item))
                return FALSE;
            g_array_append_val(items, item);
        } while (list && parser_accept(parser, ','));
    if (list && !parser_expect(parser, ']'))
        return FALSE;
    return settle_type(parser, attribute, &at, items, list) &&
           (list ? store_list(parser, attribute, items)
                 : store_single(parser, attribute, &g_array_index(items, Item, 0)));
}

static gboolean parse_type_word(Parser *parser, AttributeType *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(type_words); i++)
        if (parser_is_word(parser, type_words[i])) {
            *type = (AttributeType)i;
            parser_advance(parser);
            return TRUE;
        }
    return parser_fail(parser, "an attribute type like int, floats or tensor");
}

gboolean parse_attribute(Parser *parser, const Notes *notes, const char *name, Attribute **attribute)
{
    Attribute *made = arena_new(parser->arena, Attribute);
    made->name = name;
    made->doc = notes->doc;
    *attribute = made;
    if (!parse_notes_allow(parser, notes, NOTE_DOC, "an attribute"))
        return FALSE;
    if (parser_accept(parser, ':') && !parse_type_word(parser, &made->type))
        return FALSE;
    if (!parser_expect(parser, '='))
        return FALSE;
    if (parser_accept(parser, '@'))
        return parser_name(parser, "an attribute of the function", &made->ref);
    return parse_value(parser, made);
}

gboolean parse_attributes(Parser *parser, List *attributes)
{
    if (!parser_accept(parser, '<'))
        return TRUE;
    do {
        Notes notes;
        const char *name;
        Attribute *attribute;
        if (!parse_notes(parser, &notes) || !parser_name(parser, "the name of an attribute", &name) ||
            !parse_attribute(parser, &notes, name, &attribute))
            return FALSE;
        list_append(attributes, parser->arena, attribute);
    } while (parser_accept(parser, ','));
    return parser_expect(parser, '>');
}
