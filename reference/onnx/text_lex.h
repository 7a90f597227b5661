/* Private to the reader of ONNX's textual syntax: tokens, the parser's state and its errors.
 *
 * The parser looks one token ahead. Functions return FALSE after setting the error, once; strings and names they give
 * live in the model's arena. */
#ifndef ASSAY_ONNX_TEXT_LEX_H
#define ASSAY_ONNX_TEXT_LEX_H

#include "reference/onnx/text.h"

typedef enum {
    TOKEN_END,
    TOKEN_ID,          /* letters, digits, '_' */
    TOKEN_STRING,      /* with its quotes and escapes */
    TOKEN_INT,         /* decimal or 0x hexadecimal, perhaps with '-' */
    TOKEN_FLOAT,       /* with a point or an exponent, or -nan, -inf; `nan` and `inf` alone are TOKEN_ID */
    TOKEN_ARROW,       /* => */
    TOKEN_ELLIPSIS,    /* ... */
    TOKEN_ANNOTATION,  /* #@ */
    TOKEN_PUNCTUATION, /* one character */
    TOKEN_BAD          /* no token begins here: `problem` says why */
} TokenKind;

typedef struct {
    TokenKind   kind;
    const char *start;
    gsize       length;
    guint       line, column; /* from 1; columns count bytes */
    const char *problem;
} Token;

typedef struct {
    Model      *model;
    Arena      *arena; /* the model's */
    GError    **error;
    const char *next; /* first byte after `token` */
    const char *line_start;
    guint       line;
    guint       end_line; /* where the token before `token` ended */
    guint       depth;    /* graphs and types around this point */
    Token       token;
} Parser;

/* Graphs within graphs and types within types: as deep as the wire's limit on nested messages. */
#define TEXT_MAX_DEPTH 100

void parser_init(Parser *parser, Model *model, const char *text, GError **error);
void parser_advance(Parser *parser);
/* The first byte after the current token that is neither space nor comment; 0 at the end. */
char parser_peek(const Parser *parser);

/* "line 2, column 7: found 'x', expected <expected>"; both return FALSE. */
gboolean parser_fail(Parser *parser, const char *expected);
/* "line 2, column 7: <message>" at a token. */
gboolean parser_fail_at(Parser *parser, const Token *at, OnnxError code, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Counts a level of nesting; the caller lowers parser->depth again when it succeeded. */
gboolean parser_enter(Parser *parser);

gboolean parser_is(const Parser *parser, char punctuation);
gboolean parser_is_word(const Parser *parser, const char *word);
gboolean parser_accept(Parser *parser, char punctuation); /* and step over it */
gboolean parser_expect(Parser *parser, char punctuation);
gboolean parser_expect_arrow(Parser *parser);

/* An identifier or a quoted string; `what` is said when there is none. */
gboolean parser_is_name(const Parser *parser);
gboolean parser_name(Parser *parser, const char *what, const char **name);
gboolean parser_string(Parser *parser, Bytes *string); /* a quoted string, NULs allowed; NUL-terminated too */
gboolean parser_text(Parser *parser, const char **text); /* a quoted string without NULs */
gboolean parser_int64(Parser *parser, const char *what, int64_t *value);

gboolean token_is_word(const Token *token, const char *word);

#endif
