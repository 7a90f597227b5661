/* Bytes as a model: load, check, plan. What loads is written out and loads again; what passes the check is printed as text
 * that reads back. */
#include "reference/eval/eval.h"
#include "reference/onnx/check.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"
#include "scripts/fuzz/target.h"

#include <string.h>

FUZZ_MUTATES(MESSAGE_MODEL)

static void round_trip(const Model *model)
{
    GError *error = NULL;
    g_autoptr(GBytes) bytes = model_to_bytes(model, &error);
    if (!bytes) {
        fuzz_refusal(error);
        return;
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(Model) again = model_load_bytes(data, size, NULL, "saved", NULL, &error);
    fuzz_require(again, "what was saved does not load: %s\n", error->message);
    g_autoptr(GBytes) second = model_to_bytes(again, &error);
    fuzz_require(second && g_bytes_equal(bytes, second), "saving twice gives other bytes\n");
}

static void through_text(const Model *model)
{
    GError *error = NULL;
    g_autofree char *text = model_to_text(model, 0);
    g_autoptr(Model) again = model_from_text(text, &error);
    fuzz_require(again, "the printed text does not parse: %s\n%s\n", error->message, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    tensor_memory_set_limit(64 << 20);
    g_autoptr(Model) model = model_load_bytes(data, size, NULL, "fuzzed", NULL, &error);
    if (model) {
        round_trip(model);
        if (model_check(model, &error)) {
            through_text(model);
            evaluator_free(evaluator_new(model, NULL, &error));
        }
    }
    fuzz_refusal(error);
    return 0;
}
