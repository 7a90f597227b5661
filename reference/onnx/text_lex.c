#include "reference/onnx/text_lex.h"

#include "reference/onnx/text_number.h"

#include <string.h>

static gboolean is_id_start(char c)
{
    return g_ascii_isalpha(c) || c == '_';
}

static gboolean is_id(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Steps over spaces and comments; `#@` is no comment. */
static const char *skip_space(const char *at, guint *line, const char **line_start)
{
    for (;; at++) {
        if (*at == '#' && at[1] != '@')
            at += strcspn(at, "\n");
        if (*at == '\n') {
            (*line)++;
            *line_start = at + 1;
        } else if (!g_ascii_isspace(*at)) {
            return at;
        }
    }
}

static const char *skip_digits(const char *at, gboolean hexadecimal)
{
    while (hexadecimal ? g_ascii_isxdigit(*at) : g_ascii_isdigit(*at))
        at++;
    return at;
}

/* [-](digits | 0x digits)[. digits][(e|p) [+-] digits], or -nan, -inf, -infinity. */
static const char *lex_number(const char *at, Token *token)
{
    if (*at == '-')
        at++;
    if (is_id_start(*at)) {
        const char *word = at;
        while (is_id(*at))
            at++;
        Token magnitude = { .kind = TOKEN_ID, .start = word, .length = (gsize)(at - word) };
        token->kind = number_is(&magnitude) ? TOKEN_FLOAT : TOKEN_BAD;
        token->problem = "a malformed number";
        return at;
    }
    gboolean hexadecimal = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    const char *digits = hexadecimal ? at + 2 : at;
    at = skip_digits(digits, hexadecimal);
    gboolean good = at > digits;
    token->kind = TOKEN_INT;
    if (*at == '.') {
        token->kind = TOKEN_FLOAT;
        at = skip_digits(at + 1, hexadecimal);
    }
    if (g_ascii_tolower(*at) == (hexadecimal ? 'p' : 'e')) {
        token->kind = TOKEN_FLOAT;
        at++;
        if (*at == '+' || *at == '-')
            at++;
        good = good && g_ascii_isdigit(*at);
        at = skip_digits(at, FALSE);
    }
    if (is_id(*at))
        good = FALSE;
    while (is_id(*at))
        at++;
    if (!good) {
        token->kind = TOKEN_BAD;
        token->problem = "a malformed number";
    }
    return at;
}

/* A quoted string may run over several lines. */
static const char *lex_string(Parser *parser, const char *at, Token *token)
{
    token->kind = TOKEN_STRING;
    for (at++; *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        if (*at == '\0') {
            token->kind = TOKEN_BAD;
            token->problem = "a string without closing quote";
            return at;
        }
        if (*at == '\n') {
            parser->line++;
            parser->line_start = at + 1;
        }
    }
    return at + 1;
}

void parser_advance(Parser *parser)
{
    parser->end_line = parser->line;
    const char *at = skip_space(parser->next, &parser->line, &parser->line_start);
    Token token = { .start = at, .line = parser->line, .column = (guint)(at - parser->line_start) + 1 };
    const char *end = at + 1;
    if (*at == '\0') {
        token.kind = TOKEN_END;
        end = at;
    } else if (is_id_start(*at)) {
        token.kind = TOKEN_ID;
        while (is_id(*end))
            end++;
    } else if (*at == '"') {
        end = lex_string(parser, at, &token);
    } else if (*at == '-' || g_ascii_isdigit(*at)) {
        end = lex_number(at, &token);
    } else if (at[0] == '=' && at[1] == '>') {
        token.kind = TOKEN_ARROW;
        end = at + 2;
    } else if (strncmp(at, "...", 3) == 0) {
        token.kind = TOKEN_ELLIPSIS;
        end = at + 3;
    } else if (at[0] == '#') {
        token.kind = TOKEN_ANNOTATION;
        end = at + 2;
    } else if (g_ascii_ispunct(*at)) {
        token.kind = TOKEN_PUNCTUATION;
    } else {
        token.kind = TOKEN_BAD;
        token.problem = "a byte that is no part of the syntax";
    }
    token.length = (gsize)(end - at);
    parser->token = token;
    parser->next = end;
}

void parser_init(Parser *parser, Model *model, const char *text, GError **error)
{
    *parser = (Parser){
        .model = model, .arena = model->arena, .error = error, .next = text, .line_start = text, .line = 1
    };
    parser_advance(parser);
}

char parser_peek(const Parser *parser)
{
    guint line = 0;
    const char *line_start;
    return *skip_space(parser->next, &line, &line_start);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

gboolean parser_fail_at(Parser *parser, const Token *at, OnnxError code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(parser->error, ONNX_ERROR, (gint)code, "line %u, column %u: %s", at->line, at->column, message);
    return FALSE;
}

static char *token_describe(const Token *token)
{
    if (token->kind == TOKEN_END)
        return g_strdup("the end of the text");
    if (token->kind == TOKEN_BAD)
        return g_strdup(token->problem);
    g_autofree char *text = g_strndup(token->start, token->length);
    return name_quote(text);
}

gboolean parser_fail(Parser *parser, const char *expected)
{
    g_autofree char *found = token_describe(&parser->token);
    return parser_fail_at(parser, &parser->token, ONNX_ERROR_PARSE, "found %s, expected %s", found, expected);
}

gboolean parser_enter(Parser *parser)
{
    if (++parser->depth > TEXT_MAX_DEPTH)
        return parser_fail_at(parser, &parser->token, ONNX_ERROR_LIMIT,
                              "graphs or types nested more than %d deep, expected fewer", TEXT_MAX_DEPTH);
    return TRUE;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

gboolean token_is_word(const Token *token, const char *word)
{
    return token->kind == TOKEN_ID && strlen(word) == token->length && memcmp(token->start, word, token->length) == 0;
}

gboolean parser_is_word(const Parser *parser, const char *word)
{
    return token_is_word(&parser->token, word);
}

gboolean parser_is(const Parser *parser, char punctuation)
{
    return parser->token.kind == TOKEN_PUNCTUATION && *parser->token.start == punctuation;
}

gboolean parser_accept(Parser *parser, char punctuation)
{
    if (!parser_is(parser, punctuation))
        return FALSE;
    parser_advance(parser);
    return TRUE;
}

gboolean parser_expect(Parser *parser, char punctuation)
{
    return parser_accept(parser, punctuation) || parser_fail(parser, (const char[]){ '\'', punctuation, '\'', '\0' });
}

gboolean parser_expect_arrow(Parser *parser)
{
    if (parser->token.kind != TOKEN_ARROW)
        return parser_fail(parser, "'=>'");
    parser_advance(parser);
    return TRUE;
}

gboolean parser_is_name(const Parser *parser)
{
    return parser->token.kind == TOKEN_ID || parser->token.kind == TOKEN_STRING;
}

/* A backslash makes the next byte stand for itself; \xHH (an extension) is the byte HH. */
static Bytes unescape(Arena *arena, const Token *token)
{
    const char *from = token->start + 1, *end = token->start + token->length - 1;
    uint8_t *out = arena_alloc(arena, (gsize)(end - from) + 1);
    gsize n = 0;
    while (from < end) {
        if (*from == '\\') {
            from++;
            if (*from == 'x' && g_ascii_isxdigit(from[1]) && g_ascii_isxdigit(from[2])) {
                out[n++] = (uint8_t)(g_ascii_xdigit_value(from[1]) * 16 + g_ascii_xdigit_value(from[2]));
                from += 3;
                continue;
            }
        }
        out[n++] = (uint8_t)*from++;
    }
    return (Bytes){ .data = out, .size = n };
}

gboolean parser_string(Parser *parser, Bytes *string)
{
    if (parser->token.kind != TOKEN_STRING)
        return parser_fail(parser, "a quoted string");
    *string = unescape(parser->arena, &parser->token);
    parser_advance(parser);
    return TRUE;
}

gboolean parser_text(Parser *parser, const char **text)
{
    Token at = parser->token;
    Bytes string;
    if (!parser_string(parser, &string))
        return FALSE;
    if (memchr(string.data, '\0', string.size))
        return parser_fail_at(parser, &at, ONNX_ERROR_PARSE, "found a string with a NUL byte, expected one without");
    *text = (const char *)string.data;
    return TRUE;
}

gboolean parser_name(Parser *parser, const char *what, const char **name)
{
    if (parser->token.kind == TOKEN_STRING)
        return parser_text(parser, name);
    if (parser->token.kind != TOKEN_ID)
        return parser_fail(parser, what);
    char *copy = arena_alloc(parser->arena, parser->token.length + 1);
    memcpy(copy, parser->token.start, parser->token.length);
    *name = copy;
    parser_advance(parser);
    return TRUE;
}

gboolean parser_int64(Parser *parser, const char *what, int64_t *value)
{
    uint64_t bits;
    g_autofree char *problem = NULL;
    if (parser->token.kind != TOKEN_INT)
        return parser_fail(parser, what);
    if (!number_to_bits(&parser->token, DTYPE_INT64, &bits, &problem))
        return parser_fail_at(parser, &parser->token, ONNX_ERROR_PARSE, "%s", problem);
    *value = (int64_t)bits;
    parser_advance(parser);
    return TRUE;
}
