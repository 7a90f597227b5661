/* RegexFullMatch with RE2's language on PCRE2's automaton, which, like RE2's, explores all alternatives at once instead
 * of backtracking. What PCRE2 has beyond RE2 is refused: a model that uses it is not valid ONNX. */
#include "reference/eval/certify.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define WORKSPACE_MOST (1 << 22) /* ints */

/* After a backslash outside a class. */
static const char *foreign_escape(char c)
{
    if (c >= '1' && c <= '9')
        return "a back reference";
    switch (c) {
    case 'k':
    case 'g':
        return "a back reference or subroutine call";
    case 'K':
    case 'G':
    case 'R':
    case 'X':
    case 'Z':
    case 'h':
    case 'H':
    case 'N':
    case 'V':
    case 'e':
    case 'c':
    case 'o':
        return "an escape that RE2 does not have";
    default:
        return NULL;
    }
}

/* After "(": "?:", "?P<name>", "?<name>" and flags are RE2's, the rest of "(?" is not. */
static const char *foreign_group(const char *p)
{
    if (*p == '*')
        return "a backtracking verb";
    if (*p++ != '?')
        return NULL;
    if (*p == 'P')
        return p[1] == '<' ? NULL : "a back reference or subroutine call";
    if (*p == '<')
        return p[1] == '=' || p[1] == '!' ? "a look-behind assertion" : NULL;
    while (*p && strchr("imsU-", *p))
        p++;
    return *p == ':' || *p == ')' ? NULL : "a group that RE2 does not have (look-around, atomic, condition, comment)";
}

/* End of the character class that starts at p ("["). */
static const char *class_end(const char *p)
{
    p += p[1] == '^' ? 2 : 1;
    if (*p == ']')
        p++;
    for (; *p && *p != ']'; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (p[0] == '[' && p[1] == ':') {
            const char *close = strstr(p + 2, ":]");
            p = close ? close + 1 : p;
        }
    }
    return p;
}

/* NULL if every construct is one of RE2's, else the name of the first that is not. */
static const char *foreign_construct(const char *pattern)
{
    gboolean repeated = FALSE; /* whether the last item was a quantifier: then '+' would make it possessive */
    for (const char *p = pattern; *p; p++) {
        const char *found = NULL;
        const gboolean after_repeat = repeated;
        repeated = FALSE;
        if (*p == '\\') {
            if (p[1] == 'Q') { /* literal text up to \E */
                const char *close = strstr(p, "\\E");
                p = close ? close + 1 : p + strlen(p) - 1;
            } else if (p[1]) {
                found = foreign_escape(*++p);
            }
        } else if (*p == '[') {
            p = class_end(p);
            if (!*p)
                return NULL; /* unfinished: the compiler has the better message */
        } else if (*p == '(') {
            found = foreign_group(p + 1);
            if (p[1] == '?')
                p++; /* not a quantifier */
        } else if (*p == '*' || *p == '+' || *p == '?' || *p == '}') {
            if (*p == '+' && after_repeat)
                return "a possessive quantifier";
            repeated = !after_repeat;
        }
        if (found)
            return found;
    }
    return NULL;
}

static pcre2_code *compile(const char *pattern, gsize length, GError **error)
{
    if (strlen(pattern) != length) {
        eval_fail(error, "pattern holds a NUL character");
        return NULL;
    }
    const char *foreign = foreign_construct(pattern);
    if (foreign) {
        eval_fail(error, "pattern '%s' uses %s, expected RE2 syntax", pattern, foreign);
        return NULL;
    }
    int code;
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF); /* what "." does not match */
    pcre2_code *regex = pcre2_compile(
        (PCRE2_SPTR)pattern, length, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_POSSESS,
        &code, &at, context);
    pcre2_compile_context_free(context);
    if (!regex) {
        PCRE2_UCHAR message[160];
        pcre2_get_error_message(code, message, sizeof message);
        eval_fail(error, "pattern '%s' is wrong at byte %" G_GSIZE_FORMAT ": %s", pattern, (gsize)at, (char *)message);
    }
    return regex;
}

/* The workspace grows until the pattern's states fit. */
static gboolean match(const pcre2_code *regex, pcre2_match_data *data, GArray *space, const char *text, gsize length,
                      uint8_t *matches, GError **error)
{
    for (;;) {
        const int rc = pcre2_dfa_match(regex, (PCRE2_SPTR)text, length, 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED, data,
                                       NULL, (int *)(void *)space->data, space->len);
        if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH) {
            *matches = rc >= 0;
            return TRUE;
        }
        if (rc != PCRE2_ERROR_DFA_WSSIZE || space->len >= WORKSPACE_MOST) {
            PCRE2_UCHAR message[160];
            pcre2_get_error_message(rc, message, sizeof message);
            return eval_fail(error, "matching failed: %s", (char *)message);
        }
        g_array_set_size(space, space->len * 4);
    }
}

static gboolean regex_full_match(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const Attribute *pattern = eval_attribute(ev, "pattern");
    if (!pattern || pattern->type != ATTRIBUTE_STRING)
        return eval_fail(error, "attribute 'pattern' is missing");
    Tensor *y = eval_output(ev, 0, DTYPE_BOOL, &x->shape, error);
    pcre2_code *regex = y ? compile((const char *)pattern->s.data, pattern->s.size, error) : NULL;
    if (!regex)
        return FALSE;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    g_autoptr(GArray) space = g_array_sized_new(FALSE, FALSE, sizeof(int), 1024);
    g_array_set_size(space, 1024);
    gboolean ok = TRUE;
    for (int64_t i = 0; ok && i < x->count; i++) {
        gsize length;
        const char *text = tensor_get_string(x, i, &length);
        ok = match(regex, data, space, text, length, (uint8_t *)y->data + i, error);
    }
    pcre2_match_data_free(data);
    pcre2_code_free(regex);
    return ok;
}

OPERATOR_DEFINE(regex_full_match, "RegexFullMatch", "",
    { .since = 20, .signature = "X:T1 -> Y:T2", .types = "T1: string | T2: bool", .attributes = "pattern:string",
      .kernel = regex_full_match, .bound = bound_exact })
