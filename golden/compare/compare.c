#include "golden/compare/compare.h"

#include "golden/compare/element.h"

#include <math.h>
#include <string.h>

static const char *const mode_names[] = { "bits", "value", "interval", "tolerance" };

const char *compare_mode_name(CompareMode mode)
{
    return mode_names[mode];
}

gboolean compare_mode_from_name(const char *name, CompareMode *mode)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mode_names); i++)
        if (strcmp(mode_names[i], name) == 0) {
            *mode = (CompareMode)i;
            return TRUE;
        }
    return FALSE;
}

void comparison_clear(Comparison *comparison)
{
    g_clear_pointer(&comparison->message, g_free);
}

/* ---- messages for people -------------------------------------------------------------------------------------------- */

static char *index_to_string(const Shape *shape, int64_t flat)
{
    Shape index = { .rank = shape->rank };
    for (int d = shape->rank - 1; d >= 0; d--) {
        index.dims[d] = flat % shape->dims[d];
        flat /= shape->dims[d];
    }
    return shape_to_string(&index);
}

/* "2.5 (0x1.4p+1, bits 0x4100)": decimal for the eye, exact value and code for the record. */
static char *element_to_string(const Tensor *t, int64_t i)
{
    const DTypeInfo *info = dtype_info(t->dtype);
    g_autofree char *exact = tensor_element_to_string(t, i);
    if (info->domain == DOMAIN_STRING || info->domain == DOMAIN_COMPLEX || info->domain == DOMAIN_BOOL)
        return g_steal_pointer(&exact);
    const int digits = MAX((info->bits + 3) / 4, 1);
    if (info->domain != DOMAIN_FLOAT)
        return g_strdup_printf("%s (bits 0x%0*" G_GINT64_MODIFIER "x)", exact, digits, tensor_get_bits(t, i));
    char decimal[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(decimal, sizeof decimal, "%.9g", tensor_get_double(t, i));
    return g_strdup_printf("%s (%s, bits 0x%0*" G_GINT64_MODIFIER "x)", decimal, exact, digits, tensor_get_bits(t, i));
}

static char *allowed_to_string(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                               int64_t i)
{
    if (spec->mode == COMPARE_TOLERANCE) {
        char rtol[G_ASCII_DTOSTR_BUF_SIZE], atol[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(rtol, sizeof rtol, "%g", spec->rtol);
        g_ascii_formatd(atol, sizeof atol, "%g", spec->atol);
        return g_strdup_printf("within rtol %s, atol %s", rtol, atol);
    }
    if (spec->mode == COMPARE_BITS)
        return g_strdup("these bits only");
    if (spec->mode == COMPARE_VALUE || lower == golden)
        return g_strdup("this value only");
    g_autofree char *lo = element_to_string(lower, i), *hi = element_to_string(upper, i);
    return g_strdup_printf("%s to %s", lo, hi);
}

static char *describe_wrong(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                            const Tensor *actual, const Comparison *c)
{
    g_autofree char *index = index_to_string(&golden->shape, c->first);
    g_autofree char *expected = element_to_string(golden, c->first), *got = element_to_string(actual, c->first);
    g_autofree char *allowed = allowed_to_string(spec, golden, lower, upper, c->first);
    return g_strdup_printf("element %s of %s: expected %s, got %s; allowed: %s; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                           " elements wrong",
                           golden->shape.rank ? index : "(scalar)", dtype_name(golden->dtype), expected, got, allowed,
                           c->wrong, c->elements);
}

/* ---- tensors and values ----------------------------------------------------------------------------------------------- */

static gboolean fail(Comparison *c, Compared result, char *message)
{
    c->result = result;
    c->grade = 'F';
    c->margin = INFINITY;
    c->message = message;
    return FALSE;
}

gboolean compare_tensors(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                         const Tensor *actual, Comparison *c)
{
    *c = (Comparison){ .result = COMPARED_RIGHT, .grade = 'R', .first = -1, .elements = golden->count };
    if (golden->dtype != actual->dtype)
        return fail(c, COMPARED_WRONG_TYPE, g_strdup_printf("element type: expected %s, got %s", dtype_name(golden->dtype),
                                                            dtype_name(actual->dtype)));
    if (!shape_equal(&golden->shape, &actual->shape)) {
        g_autofree char *expected = shape_to_string(&golden->shape), *got = shape_to_string(&actual->shape);
        return fail(c, COMPARED_WRONG_SHAPE, g_strdup_printf("shape: expected %s, got %s", expected, got));
    }
    if (golden->dtype != DTYPE_STRING && memcmp(golden->data, actual->data, golden->bytes) == 0)
        return TRUE;
    lower = lower ? lower : golden;
    upper = upper ? upper : golden;
    gboolean legacy = TRUE;
    for (int64_t i = 0; i < golden->count; i++) {
        const ElementJudgement j = element_judge(spec, golden, lower, upper, actual, i);
        c->margin = MAX(c->margin, j.margin);
        if (j.margin > 0 && c->grade == 'R')
            c->grade = 'A';
        if (j.right)
            continue;
        legacy &= j.legacy;
        c->first = c->wrong == 0 ? i : c->first;
        c->wrong++;
    }
    if (c->wrong == 0)
        return TRUE;
    c->result = COMPARED_WRONG_VALUE;
    c->grade = legacy ? 'C' : 'F';
    c->message = describe_wrong(spec, golden, lower, upper, actual, c);
    return FALSE;
}

static void merge(Comparison *into, Comparison *item, guint index)
{
    into->elements += item->elements;
    into->wrong += item->wrong;
    into->margin = MAX(into->margin, item->margin);
    if (strchr("RACF", item->grade) > strchr("RACF", into->grade))
        into->grade = item->grade;
    if (into->result == COMPARED_RIGHT && item->result != COMPARED_RIGHT) {
        into->result = item->result;
        into->message = g_strdup_printf("item %u: %s", index, item->message);
    }
    comparison_clear(item);
}

gboolean compare_values(const CompareSpec *spec, const Value *golden, const Tensor *lower, const Tensor *upper,
                        const Value *actual, Comparison *c)
{
    *c = (Comparison){ .result = COMPARED_RIGHT, .grade = 'R', .first = -1 };
    if (golden->kind != actual->kind) {
        g_autofree char *expected = value_describe(golden), *got = value_describe(actual);
        return fail(c, COMPARED_WRONG_TYPE, g_strdup_printf("kind of value: expected %s, got %s", expected, got));
    }
    if (golden->kind == VALUE_TENSOR)
        return compare_tensors(spec, golden->tensor, lower, upper, actual->tensor, c);
    if (golden->tensor) { /* a map's keys, a sparse tensor's values */
        Comparison own;
        compare_tensors(spec, golden->tensor, NULL, NULL, actual->tensor, &own);
        merge(c, &own, 0);
    }
    if (golden->indices) {
        Comparison own;
        compare_tensors(&(CompareSpec){ .mode = COMPARE_VALUE }, golden->indices, NULL, NULL, actual->indices, &own);
        merge(c, &own, 0);
    }
    if (value_length(golden) != value_length(actual))
        return fail(c, COMPARED_WRONG_SHAPE, g_strdup_printf("items: expected %u, got %u", value_length(golden),
                                                             value_length(actual)));
    for (guint i = 0; i < value_length(golden); i++) {
        Comparison own;
        compare_values(spec, value_item(golden, i), NULL, NULL, value_item(actual, i), &own);
        merge(c, &own, i);
    }
    return c->result == COMPARED_RIGHT;
}
