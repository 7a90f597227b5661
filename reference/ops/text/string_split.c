/* StringSplit: Python's str.split, as the operator's examples and published data have it: without a delimiter, runs of
 * white space separate, and the suffix after the last allowed split keeps its inner white space but not what follows
 * its last word ("leading or trailing whitespace is removed in the output"). White space is Unicode's. */
#include "reference/eval/certify.h"

#include <string.h>

typedef struct {
    const char *text;
    gsize       length;
} Piece;

/* The first occurrence of a delimiter in [p, end), NULs allowed. */
static const char *find(const char *p, const char *end, const Bytes *delimiter)
{
    return memmem(p, (gsize)(end - p), delimiter->data, delimiter->size);
}

static void split_at_delimiter(const char *text, gsize length, const Bytes *delimiter, int64_t most, GArray *pieces)
{
    const char *end = text + length, *at;
    for (int64_t splits = 0; splits < most && (at = find(text, end, delimiter)) != NULL; splits++) {
        const Piece piece = { text, (gsize)(at - text) };
        g_array_append_val(pieces, piece);
        text = at + delimiter->size;
    }
    const Piece rest = { text, (gsize)(end - text) };
    g_array_append_val(pieces, rest);
}

/* Skips white space (or everything else) from p; the text has been validated as UTF-8. */
static const char *skip(const char *p, const char *end, gboolean space)
{
    while (p < end && !g_unichar_isspace(g_utf8_get_char(p)) == !space)
        p = g_utf8_next_char(p);
    return p;
}

static const char *trim_end(const char *p, const char *end)
{
    while (end > p) {
        const char *last = g_utf8_find_prev_char(p, end);
        if (!last || !g_unichar_isspace(g_utf8_get_char(last)))
            break;
        end = last;
    }
    return end;
}

static void split_at_space(const char *text, gsize length, int64_t most, GArray *pieces)
{
    const char *end = trim_end(text, text + length), *p = skip(text, end, TRUE);
    for (int64_t splits = 0; p < end; splits++) {
        const char *stop = splits < most ? skip(p, end, FALSE) : end;
        const Piece piece = { p, (gsize)(stop - p) };
        g_array_append_val(pieces, piece);
        p = skip(stop, end, TRUE);
    }
}

static gboolean split_all(Eval *ev, const Tensor *x, GArray *pieces, int64_t *counts, GError **error)
{
    const Attribute *given = eval_attribute(ev, "delimiter");
    const Bytes *delimiter = given && given->type == ATTRIBUTE_STRING && given->s.size > 0 ? &given->s : NULL;
    const int64_t most = eval_has(ev, "maxsplit") ? eval_int(ev, "maxsplit") : INT64_MAX;
    if (most < 0)
        return eval_fail(error, "maxsplit is %" G_GINT64_FORMAT ", expected 0 or more", most);
    for (int64_t i = 0; i < x->count; i++) {
        gsize length;
        const char *text = tensor_get_string(x, i, &length);
        const guint before = pieces->len;
        if (delimiter)
            split_at_delimiter(text, length, delimiter, most, pieces);
        else if (!g_utf8_validate_len(text, length, NULL))
            return eval_fail(error, "element %" G_GINT64_FORMAT " is not UTF-8 text", i);
        else
            split_at_space(text, length, most, pieces);
        counts[i] = pieces->len - before;
    }
    return TRUE;
}

static gboolean string_split(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (x->shape.rank == SHAPE_MAX_RANK)
        return eval_fail(error, "input has rank %d, too many for one more dim", x->shape.rank);
    g_autoptr(Tensor) counts = tensor_new(DTYPE_INT64, &x->shape, error);
    if (!counts)
        return FALSE;
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    int64_t *n = counts->data, longest = 0;
    if (!split_all(ev, x, pieces, n, error))
        return FALSE;
    for (int64_t i = 0; i < x->count; i++)
        longest = MAX(longest, n[i]);
    Shape shape = x->shape;
    shape.dims[shape.rank++] = longest;
    g_autoptr(Tensor) y = tensor_new(DTYPE_STRING, &shape, error);
    if (!y)
        return FALSE;
    const Piece *next = (const Piece *)(void *)pieces->data;
    for (int64_t i = 0; i < x->count; i++)
        for (int64_t k = 0; k < n[i]; k++, next++)
            tensor_set_string(y, i * longest + k, next->text, (gssize)next->length);
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    eval_set_tensor(ev, 1, g_steal_pointer(&counts));
    return TRUE;
}

OPERATOR_DEFINE(string_split, "StringSplit", "",
    { .since = 20, .signature = "X:T1 -> Y:T2, Z:T3", .types = "T1: string | T2: string | T3: int64",
      .attributes = "delimiter:string, maxsplit:int", .kernel = string_split, .bound = bound_exact })
