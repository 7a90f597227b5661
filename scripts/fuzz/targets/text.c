/* Bytes as a model in textual syntax. What parses prints as text that parses to the same text. */
#include "reference/onnx/text.h"
#include "scripts/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    g_autofree char *given = g_strndup((const char *)data, size);
    tensor_memory_set_limit(64 << 20);
    g_autoptr(Model) model = model_from_text(given, &error);
    if (model) {
        g_autofree char *text = model_to_text(model, 0);
        g_autoptr(Model) again = model_from_text(text, &error);
        fuzz_require(again, "the printed text does not parse: %s\n%s\n", error->message, text);
        g_autofree char *second = model_to_text(again, 0);
        fuzz_require(strcmp(text, second) == 0, "printing twice gives other text:\n%s\n%s\n", text, second);
    }
    fuzz_refusal(error);
    return 0;
}
