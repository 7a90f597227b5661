#include "backends_under_test/runner/difference.h"
#include "reference/onnx/load.h"

#include <string.h>

#define MAX_ROWS 12

/* "[1,0,7]" for a flat index. */
static char *place(const Shape *shape, int64_t index)
{
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(shape, strides);
    g_autoptr(GString) text = g_string_new("[");
    for (int i = 0; i < shape->rank; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", index / strides[i] % shape->dims[i]);
    g_string_append_c(text, ']');
    return g_strdup(text->str);
}

/* "448 (0x7e)"; strings and wide types without bits. */
static char *element(const Tensor *t, int64_t i)
{
    const DTypeInfo *info = dtype_info(t->dtype);
    if (info->domain == DOMAIN_STRING || info->bits > 64)
        return tensor_element_to_string(t, i);
    g_autofree char *value = info->domain == DOMAIN_FLOAT ? g_strdup_printf("%.9g", tensor_get_double(t, i))
                                                          : tensor_element_to_string(t, i);
    return g_strdup_printf("%s (0x%0*" G_GINT64_MODIFIER "x)", value, (info->bits + 3) / 4, tensor_get_bits(t, i));
}

static gboolean same_bits(const Tensor *a, const Tensor *b, int64_t i)
{
    gsize n = (gsize)dtype_info(a->dtype)->width;
    if (a->dtype != DTYPE_STRING)
        return memcmp((const char *)a->data + (gsize)i * n, (const char *)b->data + (gsize)i * n, n) == 0;
    gsize       x, y;
    const char *s = tensor_get_string(a, i, &x), *t = tensor_get_string(b, i, &y);
    return x == y && memcmp(s, t, x) == 0;
}

static GPtrArray *matching_inputs(const Shape *shape, const GPtrArray *paths)
{
    GPtrArray *tensors = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_unref);
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(Tensor) tensor = tensor_load(paths->pdata[i], NULL, NULL, NULL);
        if (tensor && shape_equal(&tensor->shape, shape))
            g_ptr_array_add(tensors, g_steal_pointer(&tensor));
    }
    return tensors;
}

static void add_row(GString *table, const char *where, const GPtrArray *cells)
{
    g_string_append_printf(table, "%-12s", where);
    for (guint i = 0; i < cells->len; i++)
        g_string_append_printf(table, "  %-28s", (const char *)cells->pdata[i]);
    while (table->len > 0 && table->str[table->len - 1] == ' ')
        g_string_truncate(table, table->len - 1);
    g_string_append_c(table, '\n');
}

char *difference_table(const Tensor *golden, const Tensor *actual, int64_t first, const GPtrArray *input_paths)
{
    g_autoptr(GString)   table = g_string_new(NULL);
    g_autoptr(GPtrArray) inputs = matching_inputs(&golden->shape, input_paths);
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);
    for (guint k = 0; k < inputs->len; k++)
        g_ptr_array_add(heads, g_strdup_printf("input (%s)", dtype_name(((Tensor *)inputs->pdata[k])->dtype)));
    g_ptr_array_add(heads, g_strdup_printf("expected (%s)", dtype_name(golden->dtype)));
    g_ptr_array_add(heads, g_strdup("got"));
    add_row(table, "index", heads);
    int rows = 0;
    for (int64_t i = MAX(first, 0); i < golden->count && rows < MAX_ROWS; i++) {
        if (same_bits(golden, actual, i))
            continue;
        g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
        g_autofree char     *where = place(&golden->shape, i);
        for (guint k = 0; k < inputs->len; k++)
            g_ptr_array_add(cells, element(inputs->pdata[k], i));
        g_ptr_array_add(cells, element(golden, i));
        g_ptr_array_add(cells, element(actual, i));
        add_row(table, where, cells);
        rows++;
    }
    return rows > 0 ? g_strdup(table->str) : NULL;
}
