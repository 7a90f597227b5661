/* Bytes as a TensorProto file. What loads is written out and loads again with the same bits. */
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"
#include "scripts/fuzz/target.h"

#include <string.h>

FUZZ_MUTATES(MESSAGE_TENSOR)

static void round_trip(const Tensor *tensor, Storage storage)
{
    GError *error = NULL;
    g_autoptr(GBytes) bytes = tensor_to_bytes(tensor, "t", storage, &error);
    if (!bytes) {
        fuzz_refusal(error);
        return;
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(Tensor) again = tensor_load_bytes(data, size, "saved", NULL, NULL, &error);
    fuzz_require(again, "what was saved does not load: %s\n", error->message);
    fuzz_require(tensor_equal(tensor, again), "saving changed an element\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    g_autofree char *name = NULL;
    tensor_memory_set_limit(64 << 20);
    g_autoptr(Tensor) tensor = tensor_load_bytes(data, size, "fuzzed", &name, NULL, &error);
    if (tensor && tensor->count < 100000) {
        g_autofree char *what G_GNUC_UNUSED = tensor_describe(tensor);
        g_autofree char *text G_GNUC_UNUSED = tensor_to_text(tensor, 100);
        round_trip(tensor, STORAGE_RAW);
        round_trip(tensor, STORAGE_TYPED);
    }
    fuzz_refusal(error);
    return 0;
}
