/* wire.c writes what it is told: right when told right, and wrong in exactly the way asked for. */
#include "generators/engine/wire.h"

#include "generators/engine/data.h"
#include "reference/onnx/load.h"
#include "reference/onnx/save.h"

#include <criterion/criterion.h>
#include <string.h>

static Tensor *read_back(const GByteArray *w, GError **error)
{
    return tensor_load_bytes(w->data, w->len, "tensor", NULL, NULL, error);
}

/* What the writer of the house gives for the same tensor: the fields, and hence their numbers and encoding, agree. */
Test(wire, raw_tensor_is_what_the_saver_writes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Tensor) tensor = data_all_codes(DTYPE_UINT8, &SHAPE(3, 100));
    g_autoptr(GBytes) saved = tensor_to_bytes(tensor, "w", STORAGE_RAW, &error);
    g_autoptr(GByteArray) w = wire_tensor("w", DTYPE_UINT8, &tensor->shape);
    wire_raw(w, tensor->data, tensor->bytes);
    g_autoptr(GBytes) written = g_bytes_new(w->data, w->len);
    cr_assert(g_bytes_equal(saved, written));
}

Test(wire, numbers_are_packed_varints)
{
    g_autoptr(GError) error = NULL;
    static const int64_t values[] = { 0, 127, 128, -1, INT32_MAX, INT32_MIN };
    g_autoptr(GByteArray) w = wire_tensor("w", DTYPE_INT32, &SHAPE(6));
    wire_numbers(w, WIRE_INT32_DATA, values, 6);
    g_autoptr(Tensor) tensor = read_back(w, &error);
    cr_assert_not_null(tensor, "%s", error ? error->message : "");
    for (int64_t i = 0; i < 6; i++)
        cr_expect_eq(tensor_get_int(tensor, i), values[i]);
}

Test(wire, zeros_have_their_fields_width)
{
    static const struct {
        DType     dtype;
        WireField field;
    } rows[] = { { DTYPE_FLOAT, WIRE_FLOAT_DATA }, { DTYPE_DOUBLE, WIRE_DOUBLE_DATA } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) w = wire_tensor("w", rows[i].dtype, &SHAPE(5));
        wire_zeros(w, rows[i].field, 5);
        g_autoptr(Tensor) tensor = read_back(w, &error);
        cr_assert_not_null(tensor, "%s", error ? error->message : "");
        cr_expect_eq(tensor->count, 5);
    }
}

Test(wire, nothing_is_checked)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) w = wire_tensor("w", 27, &SHAPE(2));
    wire_raw(w, "\1\2", 2);
    cr_expect_null(read_back(w, &error));
    cr_expect(error && strstr(error->message, "27"));
}

/* The model's file holds the given bytes in place of the tensor, external entries too. */
Test(wire, attached_bytes_stand_for_the_tensor)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_new();
    model_import(model, "", 25);
    g_autoptr(GByteArray) w = wire_tensor("w", DTYPE_INT4, &SHAPE(3));
    wire_external_entry(w, "location", "../elsewhere.bin");
    wire_external(w);
    wire_attach(graph_add_initializer(model->graph, "w", data_all_codes(DTYPE_INT4, &SHAPE(3))), model, w);
    g_autoptr(GBytes) bytes = model_to_bytes(model, &error);
    cr_assert_not_null(bytes, "%s", error ? error->message : "");
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    cr_expect_not_null(memmem(data, size, w->data, w->len));
}
