#include "golden/certified.h"

#include <math.h>
#include <string.h>

static const char *const proof_names[] = { "exact", "proven", "bounded" };

const char *golden_proof_name(GoldenProof proof)
{
    return proof_names[proof];
}

void golden_certificate_clear(GoldenCertificate *c)
{
    g_clear_pointer(&c->derivation, derivation_unref);
}

GArray *golden_certificates_new(void)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(GoldenCertificate));
    g_array_set_clear_func(all, (GDestroyNotify)golden_certificate_clear);
    return all;
}

/* ---- writing
 * ------------------------------------------------------------------------------------------------------------ */

#define BOUNDLESS 1e300 /* an error beyond says nothing, and three digits of it may be infinite */

static double up_to_three_digits(double x)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double rounded, y = x;
    while ((rounded = g_ascii_strtod(g_ascii_formatd(text, sizeof text, "%.2e", y), NULL)) < x)
        y = nextafter(y * 1.001, INFINITY);
    return rounded;
}

/* One line a rule: there are twenty thousand case.json. */
static cJSON *entry_to_json(const DerivationEntry *e)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "rule", e->rule);
    if (e->terms > 0)
        cJSON_AddNumberToObject(item, "terms", e->terms);
    if (e->error > 0) {
        cJSON_AddNumberToObject(item, "unit", e->unit);
        if (e->error > BOUNDLESS)
            cJSON_AddTrueToObject(item, "unbounded");
        else
            cJSON_AddNumberToObject(item, "error", up_to_three_digits(e->error));
    }
    char *text = cJSON_PrintUnformatted(item);
    cJSON *line = cJSON_CreateRaw(text);
    cJSON_free(text);
    cJSON_Delete(item);
    return line;
}

void golden_certificate_to_json(const GoldenCertificate *c, cJSON *entry)
{
    cJSON_AddStringToObject(entry, "golden_certified", golden_proof_name(c->proof));
    if (c->open > 0)
        cJSON_AddNumberToObject(entry, "open", (double)c->open);
    cJSON *rules = derivation_count(c->derivation) ? cJSON_AddArrayToObject(entry, "derivation") : NULL;
    for (gsize i = 0; i < derivation_count(c->derivation); i++)
        cJSON_AddItemToArray(rules, entry_to_json(derivation_entry(c->derivation, i)));
}

/* ---- reading
 * ------------------------------------------------------------------------------------------------------------ */

/* TRUE if the number is there and in the range, or may be missing and is. */
static gboolean read_number(const cJSON *object, const char *key, gboolean required, double low, double high,
                            double *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!item)
        return !required;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= low && item->valuedouble <= high))
        return FALSE;
    *out = item->valuedouble;
    return TRUE;
}

#define MOST_RULES 1000

static gboolean read_entry(const cJSON *item, Derivation *derivation)
{
    const cJSON *rule = cJSON_GetObjectItemCaseSensitive(item, "rule");
    const gboolean unbounded = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "unbounded"));
    double terms = 0, unit = 0, error = unbounded ? INFINITY : 0;
    if (!cJSON_IsString(rule) || !*rule->valuestring || !g_utf8_validate(rule->valuestring, -1, NULL) ||
        !read_number(item, "terms", FALSE, 0, 0x1p62, &terms) ||
        !read_number(item, "error", FALSE, 0, unbounded ? -1 : BOUNDLESS, &error) ||
        !read_number(item, "unit", error > 0, -1100, 0, &unit) || unit != rint(unit))
        return FALSE;
    derivation_add(derivation, &(DerivationEntry){ derivation_own(derivation, rule->valuestring), terms, (int)unit, error });
    return derivation_count(derivation) <= MOST_RULES;
}

static gboolean read_derivation(const cJSON *entry, GoldenCertificate *c)
{
    const cJSON *rules = cJSON_GetObjectItemCaseSensitive(entry, "derivation"), *item;
    if (!rules)
        return TRUE;
    if (!cJSON_IsArray(rules))
        return FALSE;
    c->derivation = derivation_new();
    cJSON_ArrayForEach(item, rules) if (!read_entry(item, c->derivation))
    {
        golden_certificate_clear(c);
        return FALSE;
    }
    return TRUE;
}

gboolean golden_certificate_from_json(const cJSON *entry, GoldenCertificate *c, gboolean *found)
{
    const cJSON *certified = cJSON_GetObjectItemCaseSensitive(entry, "golden_certified");
    double open = 0;
    *c = (GoldenCertificate){ 0 };
    *found = certified != NULL;
    if (!certified)
        return TRUE;
    gsize k = 0;
    while (cJSON_IsString(certified) && k < G_N_ELEMENTS(proof_names) &&
           strcmp(proof_names[k], certified->valuestring) != 0)
        k++;
    if (!cJSON_IsString(certified) || k == G_N_ELEMENTS(proof_names) ||
        !read_number(entry, "open", FALSE, 0, 0x1p53, &open))
        return FALSE;
    c->proof = (GoldenProof)k;
    c->open = (int64_t)open;
    return read_derivation(entry, c);
}

double derivation_sum_terms(const Derivation *derivation)
{
    double terms = 0;
    for (gsize i = 0; i < derivation_count(derivation); i++) {
        const DerivationEntry *e = derivation_entry(derivation, i);
        if (strcmp(e->rule, "dot/any-order") == 0 || strcmp(e->rule, "sum/any-order") == 0)
            terms = MAX(terms, e->terms);
        else if (e->error > 0 && !g_str_has_prefix(e->rule, "round/"))
            return 0;
    }
    return terms;
}

char *derivation_entry_text(const DerivationEntry *e)
{
    GString *text = g_string_new(e->rule);
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_c(text, ':');
    if (e->terms > 0)
        g_string_append_printf(text, " up to %.0f terms,", e->terms);
    if (e->error > 0)
        g_string_append_printf(text, " u = 2^%d, error at most %s", e->unit,
                               g_ascii_formatd(digits, sizeof digits, "%.3g", e->error));
    else
        g_string_append(text, " no error");
    return g_string_free(text, FALSE);
}
