/* Writing external data: one file a location, each tensor at its offset. */
#include "reference/onnx/save.h"
#include "reference/onnx/wire.h"

#include "reference/tensor/packing.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ---- which tensors ----------------------------------------------------------------------------------------------- */

static void collect_graph(const Graph *graph, GPtrArray *found);

static void collect_tensor(const NamedTensor *named, GPtrArray *found)
{
    if (named && named->storage == STORAGE_EXTERNAL && !named->wire && named->tensor->dtype != DTYPE_STRING)
        g_ptr_array_add(found, (gpointer)named);
}

static void collect_sparse(const SparseTensor *sparse, GPtrArray *found)
{
    if (!sparse)
        return;
    collect_tensor(sparse->values, found);
    collect_tensor(sparse->indices, found);
}

static void collect_attributes(const List *attributes, GPtrArray *found)
{
    for (gsize i = 0; i < attributes->n; i++) {
        const Attribute *attribute = LIST_AT(attributes, Attribute, i);
        collect_tensor(attribute->tensor, found);
        collect_sparse(attribute->sparse, found);
        if (attribute->graph)
            collect_graph(attribute->graph, found);
        for (gsize k = 0; attribute->tensors && k < attribute->n; k++)
            collect_tensor(attribute->tensors[k], found);
        for (gsize k = 0; attribute->sparses && k < attribute->n; k++)
            collect_sparse(attribute->sparses[k], found);
        for (gsize k = 0; attribute->graphs && k < attribute->n; k++)
            collect_graph(attribute->graphs[k], found);
    }
}

static void collect_graph(const Graph *graph, GPtrArray *found)
{
    for (gsize i = 0; i < graph->initializers.n; i++)
        collect_tensor(LIST_AT(&graph->initializers, NamedTensor, i), found);
    for (gsize i = 0; i < graph->sparse_initializers.n; i++)
        collect_sparse(LIST_AT(&graph->sparse_initializers, SparseTensor, i), found);
    for (gsize i = 0; i < graph->nodes.n; i++)
        collect_attributes(&LIST_AT(&graph->nodes, Node, i)->attributes, found);
}

/* By file, then by place in it. */
static gint compare(gconstpointer a, gconstpointer b)
{
    const NamedTensor *first = *(NamedTensor *const *)a, *second = *(NamedTensor *const *)b;
    const int          order = g_strcmp0(first->location, second->location);
    return order ? order : (first->offset > second->offset) - (first->offset < second->offset);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static gboolean invalid(const NamedTensor *named, GError **error, const char *reason)
{
    g_autofree char *name = name_quote(named->name), *location = name_quote(named->location);
    g_set_error(error, ONNX_ERROR, ONNX_ERROR_INVALID, "tensor %s: external data %s: %s", name, location, reason);
    return FALSE;
}

/* Folders below the model's on the way to a location: made if missing, never left through a link. */
static gboolean make_folders(const char *folder, const char *location, GError **error)
{
    g_auto(GStrv)       parts = g_strsplit(location, "/", -1);
    g_autoptr(GString) path = g_string_new(folder);
    for (gsize i = 0; parts[i + 1]; i++) {
        struct stat about;
        g_string_append_printf(path, "/%s", parts[i]);
        if (mkdir(path->str, 0777) == 0 || !*parts[i])
            continue;
        if (errno != EEXIST || lstat(path->str, &about) != 0) {
            g_set_error(error, ONNX_ERROR, ONNX_ERROR_IO, "cannot make folder %s: %s", path->str, g_strerror(errno));
            return FALSE;
        }
        if (!S_ISDIR(about.st_mode)) {
            g_set_error(error, ONNX_ERROR, ONNX_ERROR_SECURITY,
                        "external data below %s: a symbolic link or file, expected a folder", path->str);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean write_tensor(Replacement *file, const NamedTensor *named, GError **error)
{
    const Tensor       *tensor = named->tensor;
    const gsize         size = packing_size(tensor->dtype, tensor->count);
    const gboolean      packs = dtype_is_sub_byte(tensor->dtype);
    g_autofree uint8_t *packed = packs ? g_malloc(size + 1) : NULL;
    if (packs)
        packing_pack(tensor->dtype, tensor->data, tensor->count, packed);
    return replacement_write(file, packs ? packed : tensor->data, size, (gsize)named->offset, error);
}

/* Two tensors share bytes only if they are the same elements at the same place. */
static gboolean check_overlap(const NamedTensor *before, const NamedTensor *named, GError **error)
{
    const guint64 end = (guint64)before->offset + packing_size(before->tensor->dtype, before->tensor->count);
    if ((guint64)named->offset >= end || named->tensor->count == 0)
        return TRUE;
    return (named->offset == before->offset && tensor_equal(named->tensor, before->tensor)) ||
           invalid(named, error, "overlaps another tensor's data");
}

/* Tensors first..last stand in one file, in order of their offsets. */
static gboolean write_file(NamedTensor *const *tensors, gsize n, const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, tensors[0]->location, NULL);
    struct stat      about;
    if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return invalid(tensors[0], error, "there is something else than a regular file at that place");
    g_autoptr(Replacement) file = replacement_new(path, error);
    if (!file)
        return FALSE;
    guint64            end = 0;
    const NamedTensor *before = NULL;
    for (gsize i = 0; i < n; i++) {
        const gsize size = packing_size(tensors[i]->tensor->dtype, tensors[i]->tensor->count);
        if (tensors[i]->offset < 0 || (guint64)tensors[i]->offset > onnx_limits_default.file_bytes - size)
            return invalid(tensors[i], error, "the offset is out of range");
        if (before && !check_overlap(before, tensors[i], error))
            return FALSE;
        if (tensors[i]->tensor->count > 0)
            before = tensors[i];
        if (!write_tensor(file, tensors[i], error))
            return FALSE;
        end = MAX(end, (guint64)tensors[i]->offset + size);
    }
    /* An empty tensor at the end may lie behind the last byte written. */
    if (end > 0 && tensors[n - 1]->tensor->count == 0 && !replacement_extend(file, (gsize)end, error))
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (tensors[i]->length < 0 &&
            (guint64)tensors[i]->offset + packing_size(tensors[i]->tensor->dtype, tensors[i]->tensor->count) != end)
            return invalid(tensors[i], error, "has no length but is not the last in its file");
    return replacement_commit(file, FALSE, error);
}

gboolean external_save(const Model *model, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    collect_graph(model->graph, found);
    for (gsize i = 0; i < model->functions.n; i++) {
        const Function *function = LIST_AT(&model->functions, Function, i);
        collect_attributes(&function->attribute_defaults, found);
        collect_graph(function->body, found);
    }
    g_ptr_array_sort(found, compare);
    for (guint first = 0, next; first < found->len; first = next) {
        NamedTensor *const *tensors = (NamedTensor *const *)found->pdata + first;
        for (next = first + 1; next < found->len; next++)
            if (g_strcmp0(((NamedTensor *)found->pdata[next])->location, tensors[0]->location) != 0)
                break;
        if (!tensors[0]->location)
            return invalid(tensors[0], error, "no location is given");
        if (!external_location_valid(tensors[0]->location, error) ||
            !make_folders(folder, tensors[0]->location, error) ||
            !write_file(tensors, next - first, folder, error))
            return FALSE;
    }
    return TRUE;
}
