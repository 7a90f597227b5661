#include "reference/cli/json.h"

#include <string.h>

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static char *at(const char *text, gsize offset, const char *what)
{
    gsize line = 1, column = 1;
    for (gsize i = 0; i < offset; i++) {
        const gboolean continues = ((guchar)text[i] & 0xC0) == 0x80;
        line += text[i] == '\n';
        column = text[i] == '\n' ? 1 : column + !continues;
    }
    return g_strdup_printf("line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT ": %s", line, column, what);
}

static gboolean is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gsize skip_space(const char *text, gsize length, gsize offset)
{
    while (offset < length && is_space(text[offset]))
        offset++;
    return offset;
}

/* Whether an element or a key begins at the offset. */
static gboolean begins_there(const char *text, gsize offset)
{
    gsize before = offset;
    while (before > 0 && is_space(text[before - 1]))
        before--;
    return before > 0 && strchr("{[,", text[before - 1]) && !is_space(text[offset]);
}

/* cJSON knows where it stopped, and not why: in a string or in the place of a key one behind where that began, and at the end
 * of the text on the last character. */
static char *broken(const char *text, gsize length, gsize offset)
{
    if (offset > 0 && begins_there(text, offset - 1))
        offset--;
    if (skip_space(text, length, 0) == length)
        return g_strdup("empty: expected JSON");
    return skip_space(text, length, offset + 1) >= length ? at(text, offset, "the JSON breaks off here")
                                                          : at(text, offset, "no JSON from here on");
}

/* Readers take the first of two, people mean the last. */
static const char *key_twice(const cJSON *item)
{
    g_autoptr(GHashTable) seen = cJSON_IsObject(item) ? g_hash_table_new(g_str_hash, g_str_equal) : NULL;
    const cJSON          *each;
    cJSON_ArrayForEach(each, item)
    {
        if (seen && !g_hash_table_add(seen, each->string))
            return each->string;
        const char *deeper = key_twice(each); /* cJSON itself limits the depth */
        if (deeper)
            return deeper;
    }
    return NULL;
}

cJSON *json_parse(const char *text, gsize length, gsize most, char **complaint)
{
    const char *end = text;
    *complaint = NULL;
    if (length > most) {
        *complaint = g_strdup_printf("%" G_GSIZE_FORMAT " bytes: expected at most %" G_GSIZE_FORMAT, length, most);
        return NULL;
    }
    cJSON      *json = cJSON_ParseWithLengthOpts(text, length, &end, FALSE);
    const gsize offset = (gsize)(end - text), rest = skip_space(text, length, offset);
    const char *twice = key_twice(json);
    if (!json)
        *complaint = broken(text, length, offset);
    else if (rest < length)
        *complaint = at(text, rest, "the JSON has ended, yet there is more");
    else if (twice)
        *complaint = g_strdup_printf("the key '%s' stands twice in one object", twice);
    if (*complaint)
        cJSON_Delete(json);
    return *complaint ? NULL : json;
}

const char *json_unknown_key(const cJSON *object, const char *const *known)
{
    const cJSON *each;
    cJSON_ArrayForEach(each, object) if (!each->string || !g_strv_contains(known, each->string)) return each->string;
    return NULL;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

void json_add_exact(cJSON *object, const char *key, double number)
{
    static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
    char                     text[G_ASCII_DTOSTR_BUF_SIZE];
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_ascii_strtod(g_ascii_formatd(text, sizeof text, formats[i], number), NULL) == number)
            break;
    cJSON_AddRawToObject(object, key, text);
}
