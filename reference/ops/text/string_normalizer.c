/* StringNormalizer: drops stop words, then changes case. Case mapping is Unicode's full mapping of the root locale: the
 * attribute `locale` names an environment ("environment dependent string"), and results here depend on none. */
#include "reference/eval/certify.h"

#include <string.h>

typedef enum { CASE_NONE, CASE_LOWER, CASE_UPPER } CaseChange;

static gboolean parse_case(const char *name, CaseChange *change, GError **error)
{
    static const char *const names[] = { "NONE", "LOWER", "UPPER" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *change = (CaseChange)i;
            return TRUE;
        }
    return eval_fail(error, "case_change_action is '%s', expected NONE, LOWER or UPPER", name);
}

static char *change_case(const char *text, CaseChange change)
{
    return change == CASE_LOWER   ? g_utf8_strdown(text, -1)
           : change == CASE_UPPER ? g_utf8_strup(text, -1)
                                  : g_strdup(text);
}

static GHashTable *stop_words(const Eval *ev, gboolean exact, GError **error)
{
    gsize n;
    const Bytes *words = eval_strings(ev, "stopwords", &n);
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < n; i++) {
        if (!g_utf8_validate_len((const char *)words[i].data, words[i].size, NULL)) {
            eval_fail(error, "stop word %" G_GSIZE_FORMAT " is not UTF-8 text", i);
            return NULL;
        }
        g_hash_table_add(set, change_case((const char *)words[i].data, exact ? CASE_NONE : CASE_LOWER));
    }
    return g_steal_pointer(&set);
}

/* The strings that stay, with their case changed. */
static GPtrArray *normalise(const Eval *ev, const Tensor *x, CaseChange change, GError **error)
{
    const gboolean exact = eval_int(ev, "is_case_sensitive") != 0;
    g_autoptr(GHashTable) stops = stop_words(ev, exact, error);
    if (!stops)
        return NULL;
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    for (int64_t i = 0; i < x->count; i++) {
        gsize length;
        const char *text = tensor_get_string(x, i, &length);
        if (!g_utf8_validate_len(text, length, NULL)) { /* refuses an inner NUL too */
            eval_fail(error, "element %" G_GINT64_FORMAT " is not UTF-8 text", i);
            return NULL;
        }
        g_autofree char *key = change_case(text, exact ? CASE_NONE : CASE_LOWER);
        if (!g_hash_table_contains(stops, key))
            g_ptr_array_add(kept, change_case(text, change));
    }
    return g_steal_pointer(&kept);
}

static gboolean string_normalizer(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const Shape *s = &x->shape;
    if (s->rank != 1 && !(s->rank == 2 && s->dims[0] == 1)) {
        g_autofree char *found = shape_to_string(s);
        return eval_fail(error, "input has shape %s, expected [C] or [1,C]", found);
    }
    CaseChange change = CASE_NONE;
    if (!parse_case(eval_string(ev, "case_change_action"), &change, error))
        return FALSE;
    g_autoptr(GPtrArray) kept = normalise(ev, x, change, error);
    if (!kept)
        return FALSE;
    const int64_t n = MAX((int64_t)kept->len, 1); /* nothing left: one empty string */
    const Shape shape = s->rank == 1 ? SHAPE(n) : SHAPE(1, n);
    Tensor *y = eval_output(ev, 0, DTYPE_STRING, &shape, error);
    if (!y)
        return FALSE;
    for (guint i = 0; i < kept->len; i++)
        tensor_set_string(y, i, kept->pdata[i], -1);
    return TRUE;
}

OPERATOR_DEFINE(string_normalizer, "StringNormalizer", "",
    { .since = 10, .signature = "X:string -> Y:string",
      .attributes = "case_change_action:string=NONE, is_case_sensitive:int=0, locale:string, stopwords:strings",
      .kernel = string_normalizer, .bound = bound_exact })
