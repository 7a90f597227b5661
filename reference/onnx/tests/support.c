#include "reference/onnx/tests/support.h"

#include <glib/gstdio.h>
#include <string.h>

Model *small_model(void)
{
    Model *model = model_new();
    const Shape shape = SHAPE(2, 3), row = SHAPE(3);
    model_import(model, "", 21);
    graph_add_input(model->graph, "x", type_tensor(model, DTYPE_FLOAT, &shape));
    graph_add_output(model->graph, "y", type_tensor(model, DTYPE_FLOAT, &shape));
    graph_add_initializer(model->graph, "w", counting_tensor(DTYPE_FLOAT, &row));
    graph_add_node(model->graph, "", "Add", NAMES("x", "w"), NAMES("t"));
    graph_add_node(model->graph, "", "Relu", NAMES("t"), NAMES("y"));
    return model;
}

Tensor *counting_tensor(DType dtype, const Shape *shape)
{
    Tensor *tensor = tensor_new(dtype, shape, NULL);
    cr_assert_not_null(tensor);
    const DTypeInfo *info = dtype_info(dtype);
    for (int64_t i = 0; i < tensor->count; i++) {
        if (dtype == DTYPE_STRING) {
            const char text[] = { 'a', '\0', (char)('b' + i % 20) };
            tensor_set_string(tensor, i, text, i % 4);
        } else if (info->bits <= 64) {
            const int bits = dtype == DTYPE_BOOL ? 1 : info->bits;
            /* Spread over the whole code so that every byte and the sign take part. */
            const uint64_t code = (uint64_t)i * 0x9e3779b97f4a7c15u;
            tensor_set_bits(tensor, i, bits < 64 ? code & ((UINT64_C(1) << bits) - 1) : code);
        } else {
            ((double *)tensor->data)[2 * i] = (double)i;
            ((double *)tensor->data)[2 * i + 1] = -0.5 * (double)i;
        }
    }
    return tensor;
}

char *folder_new(void)
{
    char *folder = g_dir_make_tmp("assay-onnx-XXXXXX", NULL);
    cr_assert_not_null(folder);
    return folder;
}

void folder_remove(char *folder)
{
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    for (const char *name; entries && (name = g_dir_read_name(entries));) {
        char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
            folder_remove(path);
            continue;
        }
        g_unlink(path);
        g_free(path);
    }
    g_rmdir(folder);
    g_free(folder);
}

void expect_error(GError **error, OnnxError code, const char *part)
{
    cr_assert_not_null(*error, "expected an error that says \"%s\"", part);
    const char *message = (*error)->message;
    cr_expect_eq((*error)->domain, ONNX_ERROR);
    cr_expect_eq((*error)->code, (int)code, "code %d, expected %d: %s", (*error)->code, (int)code, message);
    cr_expect(strstr(message, part), "\"%s\" does not say \"%s\"", message, part);
    cr_expect_null(strchr(message, '\n'), "several lines: %s", message);
    g_clear_error(error);
}
