/* Types and tensors in ONNX's textual syntax. */
#include "reference/onnx/text_number.h"
#include "reference/onnx/text_parse.h"

#include <string.h>

/* ---- types --------------------------------------------------------------------------------------------------------- */

static DType dtype_of(const Token *token)
{
    char name[24];
    if (token->kind != TOKEN_ID || token->length >= sizeof name)
        return DTYPE_UNDEFINED;
    memcpy(name, token->start, token->length);
    name[token->length] = '\0';
    return dtype_from_name(name);
}

gboolean parse_is_type(const Parser *parser)
{
    static const char *const published[] = { "seq", "map", "optional", "sparse_tensor" };
    /* Only a parenthesis makes types of these, so that values may have such names. */
    static const char *const others[] = { "opaque", "none", "dtype" };
    if (parser->token.kind != TOKEN_ID)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(published); i++)
        if (parser_is_word(parser, published[i]))
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        if (parser_is_word(parser, others[i]))
            return parser_peek(parser) == '(';
    return dtype_of(&parser->token) != DTYPE_UNDEFINED;
}

/* `float`, or `dtype(99)` for a number without name. */
static gboolean parse_elem(Parser *parser, int64_t *elem)
{
    DType dtype = dtype_of(&parser->token);
    *elem = (int64_t)dtype;
    if (dtype == DTYPE_UNDEFINED && !parser_is_word(parser, "dtype"))
        return parser_fail(parser, "an element type like float or int64");
    parser_advance(parser);
    return dtype != DTYPE_UNDEFINED ||
           (parser_expect(parser, '(') && parser_int64(parser, "the number of an element type", elem) &&
            parser_expect(parser, ')'));
}

/* `!"DATA_BATCH"`: an extension. */
static gboolean parse_denotation(Parser *parser, const char **denotation)
{
    return !parser_accept(parser, '!') || parser_text(parser, denotation);
}

static gboolean parse_dim(Parser *parser, Dim *dim)
{
    *dim = (Dim){ .value = -1 };
    if (parser_accept(parser, '?'))
        return parse_denotation(parser, &dim->denotation);
    if (parser_is_name(parser))
        return parser_name(parser, "a dim", &dim->param) && parse_denotation(parser, &dim->denotation);
    Token at = parser->token;
    if (!parser_int64(parser, "a dim: a number, a name or '?'", &dim->value))
        return FALSE;
    if (dim->value < 0)
        return parser_fail_at(parser, &at, ONNX_ERROR_PARSE, "found dim %" G_GINT64_FORMAT ", expected 0 or more, or '?'",
                              dim->value);
    return parse_denotation(parser, &dim->denotation);
}

/* Nothing: a scalar. `[]`: unknown rank. */
static gboolean parse_shape(Parser *parser, Type *type)
{
    type->has_shape = !parser_accept(parser, '[');
    if (type->has_shape || parser_accept(parser, ']'))
        return TRUE;
    g_autoptr(GArray) dims = g_array_new(FALSE, FALSE, sizeof(Dim));
    do {
        Dim dim;
        if (!parse_dim(parser, &dim))
            return FALSE;
        g_array_append_val(dims, dim);
    } while (parser_accept(parser, ','));
    type->has_shape = TRUE;
    type->rank = dims->len;
    type->dims = arena_array(parser->arena, Dim, dims->len);
    memcpy(type->dims, dims->data, dims->len * sizeof(Dim));
    return parser_expect(parser, ']');
}

/* `opaque()`, `opaque(name)`, `opaque(domain, name)`; both may be dotted or quoted. */
static gboolean parse_opaque(Parser *parser, Type *type)
{
    type->opaque_domain = type->opaque_name = "";
    if (parser_is(parser, ')'))
        return TRUE;
    const char *parts[2] = { NULL, NULL };
    for (int i = 0; i < 2 && (i == 0 || parser_accept(parser, ',')); i++) {
        if (!parser_name(parser, "a name", &parts[i]))
            return FALSE;
        while (parser_accept(parser, '.')) {
            const char *more;
            if (!parser_name(parser, "a name", &more))
                return FALSE;
            parts[i] = arena_printf(parser->arena, "%s.%s", parts[i], more);
        }
    }
    type->opaque_domain = parts[1] ? parts[0] : "";
    type->opaque_name = parts[1] ? parts[1] : parts[0];
    return TRUE;
}

static gboolean parse_compound(Parser *parser, Type *type)
{
    Token word = parser->token;
    parser_advance(parser);
    gboolean good = parser_expect(parser, '(');
    if (token_is_word(&word, "seq") || token_is_word(&word, "optional")) {
        type->kind = token_is_word(&word, "seq") ? TYPE_SEQUENCE : TYPE_OPTIONAL;
        good = good && (parser_is(parser, ')') || parse_type(parser, &type->item));
    } else if (token_is_word(&word, "map")) {
        type->kind = TYPE_MAP;
        good = good && parse_elem(parser, &type->elem) &&
               (!parser_accept(parser, ',') || parse_type(parser, &type->item));
    } else if (token_is_word(&word, "sparse_tensor")) {
        type->kind = TYPE_SPARSE;
        good = good && parse_elem(parser, &type->elem) && parse_shape(parser, type);
    } else if (token_is_word(&word, "opaque")) {
        type->kind = TYPE_OPAQUE;
        good = good && parse_opaque(parser, type);
    } else {
        type->kind = TYPE_NONE;
    }
    return good && parser_expect(parser, ')');
}

gboolean parse_type(Parser *parser, Type **type)
{
    if (!parse_is_type(parser))
        return parser_fail(parser, "a type");
    if (!parser_enter(parser))
        return FALSE;
    Type *made = arena_new(parser->arena, Type);
    if (dtype_of(&parser->token) != DTYPE_UNDEFINED || parser_is_word(parser, "dtype")) {
        made->kind = TYPE_TENSOR;
        if (!parse_elem(parser, &made->elem) || !parse_shape(parser, made))
            return FALSE;
    } else if (!parse_compound(parser, made)) {
        return FALSE;
    }
    parser->depth--;
    *type = made;
    return parse_denotation(parser, &made->denotation);
}

/* ---- tensors ------------------------------------------------------------------------------------------------------- */

static gboolean tensor_shape(Parser *parser, const Token *at, const Type *type, Shape *shape)
{
    g_autoptr(GError) cause = NULL;
    g_autofree int64_t *dims = g_new(int64_t, type->rank + 1);
    gboolean known = type->has_shape;
    for (gsize i = 0; i < type->rank; i++) {
        dims[i] = type->dims[i].value;
        known = known && dims[i] >= 0;
    }
    if (!known)
        return parser_fail_at(parser, at, ONNX_ERROR_PARSE, "found a tensor of unknown shape, expected numbers");
    if (!shape_make(dims, type->rank, shape, &cause))
        return parser_fail_at(parser, at, ONNX_ERROR_PARSE, "%s", cause->message);
    return TRUE;
}

static gboolean parse_element(Parser *parser, Tensor *tensor, DType part, int64_t index)
{
    if (part == DTYPE_STRING) {
        Bytes string;
        if (!parser_string(parser, &string))
            return FALSE;
        tensor_set_string(tensor, index, (const char *)string.data, (gssize)string.size);
        g_autoptr(GError) cause = NULL;
        return tensor_strings_kept(&cause) || parser_fail_at(parser, &parser->token, ONNX_ERROR_LIMIT, "%s", cause->message);
    }
    uint64_t bits;
    g_autofree char *problem = NULL;
    if (parser->token.kind == TOKEN_ELLIPSIS)
        return parser_fail(parser, "an element (abbreviated tensors cannot be read back)");
    if (!number_is(&parser->token))
        return parser_fail(parser, "a number");
    if (!number_to_bits(&parser->token, part, &bits, &problem))
        return parser_fail_at(parser, &parser->token, ONNX_ERROR_PARSE, "%s", problem);
    gsize width = (gsize)dtype_info(part)->width;
    memcpy((char *)tensor->data + (gsize)index * width, &bits, width);
    parser_advance(parser);
    return TRUE;
}

static DType part_of(DType dtype)
{
    return dtype == DTYPE_COMPLEX64 ? DTYPE_FLOAT : dtype == DTYPE_COMPLEX128 ? DTYPE_DOUBLE : dtype;
}

static gboolean parse_elements(Parser *parser, const Token *at, Tensor *tensor, int64_t count)
{
    DType part = part_of(tensor->dtype);
    int64_t n = 0;
    if (!parser_is(parser, '}'))
        do {
            if (n == count && parser->token.kind != TOKEN_ELLIPSIS)
                return parser_fail_at(parser, &parser->token, ONNX_ERROR_PARSE,
                                      "found more elements, expected %" G_GINT64_FORMAT, count);
            if (!parse_element(parser, tensor, part, n))
                return FALSE;
            n++;
        } while (parser_accept(parser, ','));
    if (!parser_is(parser, '}'))
        return parser_fail(parser, "',' or '}'");
    if (n != count)
        return parser_fail_at(parser, at, ONNX_ERROR_PARSE,
                              "found %" G_GINT64_FORMAT " elements, expected %" G_GINT64_FORMAT, n, count);
    parser_advance(parser);
    return TRUE;
}

static Tensor *parse_data(Parser *parser, const Type *type)
{
    g_autoptr(GError) cause = NULL;
    Token at = parser->token;
    Shape shape;
    if (type->kind != TYPE_TENSOR || type->elem > G_MAXINT || type->elem < 0 || !dtype_info((DType)type->elem)) {
        parser_fail_at(parser, &at, ONNX_ERROR_PARSE, "found elements of another type, expected those of a tensor type");
        return NULL;
    }
    if (!tensor_shape(parser, &at, type, &shape))
        return NULL;
    if (parser_is(parser, '[')) {
        parser_fail(parser, "'{' and the elements (external data is written as `#@ external: [...]`)");
        return NULL;
    }
    if (!parser_expect(parser, '{'))
        return NULL;
    DType dtype = (DType)type->elem;
    int64_t count = shape_count(&shape);
    gboolean complex = part_of(dtype) != dtype;
    /* Each element takes a byte of text at least, so a short text cannot ask for much memory. */
    if (count > 0 && memchr(parser->token.start, '\0', (gsize)count)) {
        parser_fail_at(parser, &at, ONNX_ERROR_PARSE,
                       "the text ends before %" G_GINT64_FORMAT " elements, as many as the shape expects", count);
        return NULL;
    }
    g_autoptr(Tensor) tensor = tensor_new(dtype, &shape, &cause);
    if (!tensor) {
        parser_fail_at(parser, &at, ONNX_ERROR_LIMIT, "%s", cause->message);
        return NULL;
    }
    return parse_elements(parser, &at, tensor, complex ? 2 * count : count) ? g_steal_pointer(&tensor) : NULL;
}

gboolean parse_tensor(Parser *parser, const Notes *notes, const Type *type, const char *name, NamedTensor **tensor)
{
    if (!parse_notes_allow(parser, notes, NOTES_OF_TENSORS, "a tensor"))
        return FALSE;
    Tensor *data = parse_data(parser, type);
    if (!data)
        return FALSE;
    NamedTensor *named = named_tensor_new(parser->model, name, data);
    named->doc = notes->doc;
    named->metadata = notes->metadata;
    if (notes->keys & NOTE_STORAGE)
        named->storage = STORAGE_TYPED;
    if (notes->keys & NOTE_EXTERNAL) {
        named->storage = STORAGE_EXTERNAL;
        named->location = notes->location;
        named->offset = notes->offset;
        named->length = notes->length;
    }
    if (notes->keys & NOTE_WIRE) {
        Bytes *wire = arena_new(parser->arena, Bytes);
        *wire = notes->wire;
        named->wire = wire;
    }
    *tensor = named;
    return TRUE;
}

/* `float[2] name {1, 2}` as it stands within a sparse tensor; without name it has `name`. */
static gboolean parse_part(Parser *parser, const char *name, NamedTensor **tensor)
{
    Notes notes;
    Type *type;
    return parse_notes(parser, &notes) && parse_type(parser, &type) &&
           (!parser_is_name(parser) || parser_name(parser, "a name", &name)) &&
           parse_tensor(parser, &notes, type, name, tensor);
}

gboolean parse_sparse(Parser *parser, const Type *type, const char *name, SparseTensor **sparse)
{
    SparseTensor *made = arena_new(parser->arena, SparseTensor);
    Token at = parser->token;
    made->name = name;
    *sparse = made;
    return tensor_shape(parser, &at, type, &made->shape) && parser_expect(parser, '{') &&
           parse_part(parser, name, &made->values) && parser_expect(parser, ',') &&
           parse_part(parser, "", &made->indices) && parser_expect(parser, '}');
}
