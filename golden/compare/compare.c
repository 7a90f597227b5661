#include "golden/compare/compare.h"

#include "reference/tensor/convert.h"

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

/* ---- one element --------------------------------------------------------------------------------------------------- */

typedef struct {
    gboolean right;
    gboolean legacy; /* inside rtol 1e-3, atol 1e-7 */
    double   margin;
} Judgement;

static gboolean within(double y, double g, double rtol, double atol)
{
    return fabs(y - g) <= atol + rtol * fabs(g);
}

/* Errors as a share of what is allowed on the side of the golden where the value lies. */
static double share(double y, double g, double lower, double upper)
{
    if (y == g)
        return 0;
    const double allowed = y > g ? upper - g : g - lower;
    return allowed > 0 ? fabs(y - g) / allowed : INFINITY;
}

static Judgement judge_float(const CompareSpec *spec, double g, double lower, double upper, double y)
{
    if (isnan(g) || isnan(y)) {
        const gboolean right = isnan(g) && isnan(y);
        return (Judgement){ right, right, right ? 0 : INFINITY };
    }
    if (y == g) {
        const gboolean right = spec->free_zero_sign || spec->mode == COMPARE_TOLERANCE || g != 0 || signbit(g) == signbit(y);
        return (Judgement){ right, TRUE, right ? 0 : INFINITY };
    }
    const gboolean legacy = within(y, g, 1e-3, 1e-7) && !isinf(g) && !isinf(y);
    switch (spec->mode) {
    case COMPARE_INTERVAL:
        return (Judgement){ lower <= y && y <= upper, legacy, share(y, g, lower, upper) };
    case COMPARE_TOLERANCE: {
        const double allowed = spec->atol + spec->rtol * fabs(g);
        const gboolean right = !isinf(g) && !isinf(y) && within(y, g, spec->rtol, spec->atol);
        return (Judgement){ right, legacy, allowed > 0 && !isinf(y) && !isinf(g) ? fabs(y - g) / allowed : INFINITY };
    }
    default:
        return (Judgement){ FALSE, legacy, INFINITY };
    }
}

/* Integers: values as sign-extended 64-bit patterns, compared in the order of their signedness. */
static Judgement judge_integer(const CompareSpec *spec, gboolean is_signed, uint64_t g, uint64_t lower, uint64_t upper,
                               uint64_t y)
{
    if (y == g)
        return (Judgement){ TRUE, TRUE, 0 };
    const double dg = is_signed ? (double)(int64_t)g : (double)g, dy = is_signed ? (double)(int64_t)y : (double)y;
    const double dl = is_signed ? (double)(int64_t)lower : (double)lower;
    const double du = is_signed ? (double)(int64_t)upper : (double)upper;
    const gboolean inside = is_signed ? (int64_t)lower <= (int64_t)y && (int64_t)y <= (int64_t)upper
                                      : lower <= y && y <= upper;
    const gboolean legacy = within(dy, dg, 1e-3, 1e-7);
    switch (spec->mode) {
    case COMPARE_INTERVAL:
        return (Judgement){ inside, legacy, share(dy, dg, dl, du) };
    case COMPARE_TOLERANCE:
        return (Judgement){ within(dy, dg, spec->rtol, spec->atol), legacy, share(dy, dg, dg - spec->atol - spec->rtol * fabs(dg),
                                                                                    dg + spec->atol + spec->rtol * fabs(dg)) };
    default:
        return (Judgement){ FALSE, legacy, INFINITY };
    }
}

static Judgement judge_exact(gboolean equal)
{
    return (Judgement){ equal, equal, equal ? 0 : INFINITY };
}

static Judgement judge_string(const Tensor *golden, const Tensor *actual, int64_t i)
{
    gsize ng, ny;
    const char *g = tensor_get_string(golden, i, &ng), *y = tensor_get_string(actual, i, &ny);
    return judge_exact(ng == ny && memcmp(g, y, ng) == 0);
}

static Judgement judge_complex(const CompareSpec *spec, const Tensor *golden, const Tensor *actual, int64_t i)
{
    const DType part = golden->dtype == DTYPE_COMPLEX128 ? DTYPE_DOUBLE : DTYPE_FLOAT;
    const gsize width = (gsize)dtype_info(golden->dtype)->width;
    double g[2], y[2];
    convert_to_double(part, (const uint8_t *)golden->data + (gsize)i * width, g, 2);
    convert_to_double(part, (const uint8_t *)actual->data + (gsize)i * width, y, 2);
    const Judgement a = judge_float(spec, g[0], g[0], g[0], y[0]), b = judge_float(spec, g[1], g[1], g[1], y[1]);
    return (Judgement){ a.right && b.right, a.legacy && b.legacy, MAX(a.margin, b.margin) };
}

static uint64_t integer_at(const Tensor *t, int64_t i)
{
    uint64_t value;
    convert_to_uint64(t->dtype, (const uint8_t *)t->data + (gsize)i * (gsize)dtype_info(t->dtype)->width, &value, 1);
    return value;
}

static Judgement judge(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                       const Tensor *actual, int64_t i)
{
    const DTypeInfo *info = dtype_info(golden->dtype);
    if (info->domain == DOMAIN_STRING)
        return judge_string(golden, actual, i);
    if (spec->mode == COMPARE_BITS)
        return judge_exact(memcmp((const uint8_t *)golden->data + i * info->width,
                                  (const uint8_t *)actual->data + i * info->width, (gsize)info->width) == 0);
    switch (info->domain) {
    case DOMAIN_COMPLEX:
        return judge_complex(spec, golden, actual, i);
    case DOMAIN_FLOAT:
        return judge_float(spec, tensor_get_double(golden, i), tensor_get_double(lower, i), tensor_get_double(upper, i),
                           tensor_get_double(actual, i));
    default:
        return judge_integer(spec, info->domain == DOMAIN_SIGNED, integer_at(golden, i), integer_at(lower, i),
                             integer_at(upper, i), integer_at(actual, i));
    }
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
        const Judgement j = judge(spec, golden, lower, upper, actual, i);
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
