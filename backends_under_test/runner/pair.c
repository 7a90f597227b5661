#include "backends_under_test/runner/pair.h"

#include "golden/compare/signature.h"
#include "golden/statistics_json.h"

void pair_clear(Pair *pair)
{
    g_clear_pointer(&pair->golden, value_unref);
    g_clear_pointer(&pair->actual, value_unref);
    g_clear_pointer(&pair->lower, tensor_unref);
    g_clear_pointer(&pair->upper, tensor_unref);
}

static gboolean same_kind(const Tensor *a, const Tensor *b)
{
    return a->dtype == b->dtype && shape_equal(&a->shape, &b->shape);
}

/* NULL and no error if the file does not exist. */
static gboolean read_bound(const char *folder, const char *kind, guint output, const Value *golden, Tensor **bound, GError **error)
{
    g_autofree char *path = case_data_path(folder, kind, output);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!(*bound = tensor_load(path, NULL, NULL, error)))
        return FALSE;
    if (golden->kind == VALUE_TENSOR && same_kind(golden->tensor, *bound))
        return TRUE;
    g_autofree char *expected = value_describe(golden), *found = tensor_describe(*bound);
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: is %s, the golden %s", path, found, expected);
    return FALSE;
}

gboolean pair_read(const char *folder, const Case *c, guint output, const Type *type, Pair *pair, GError **error)
{
    g_autofree char *path = case_data_path(folder, "output", output);
    *pair = (Pair){ NULL };
    if (output >= c->comparisons->len) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: case.json has no comparison for output %u", folder, output);
        return FALSE;
    }
    pair->spec = &g_array_index(c->comparisons, CompareSpec, output);
    return (pair->golden = value_load(path, type, NULL, error)) != NULL &&
           read_bound(folder, "lower", output, pair->golden, &pair->lower, error) &&
           read_bound(folder, "upper", output, pair->golden, &pair->upper, error);
}

static gboolean comparable(const Pair *p)
{
    return p->golden->kind == VALUE_TENSOR && p->actual->kind == VALUE_TENSOR && same_kind(p->golden->tensor, p->actual->tensor);
}

cJSON *pair_statistics(const Pair *p, gboolean *full_precision)
{
    Statistics statistics;
    if (!comparable(p) ||
        !compare_statistics(p->spec, p->golden->tensor, p->lower, p->upper, p->actual->tensor, &statistics))
        return cJSON_CreateNull();
    cJSON *object = statistics_to_json(&statistics);
    *full_precision &= statistics_full_precision(&statistics);
    statistics_clear(&statistics);
    return object;
}

char *pair_signature(const Pair *p)
{
    return comparable(p) ? compare_signature(p->spec, p->golden->tensor, p->lower, p->upper, p->actual->tensor) : NULL;
}
