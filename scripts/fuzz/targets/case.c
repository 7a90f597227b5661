/* Bytes as case.json. What is a case is written as JSON that reads back to the same. */
#include "golden/corpus.h"
#include "scripts/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    g_autoptr(Case) c = case_parse((const char *)data, size, "fuzzed", &error);
    if (c) {
        g_autofree char *text = case_to_json(c);
        g_autoptr(Case) again = case_parse(text, strlen(text), "written", &error);
        fuzz_require(again, "what was written does not read: %s\n%s\n", error->message, text);
        g_autofree char *second = case_to_json(again);
        fuzz_require(strcmp(text, second) == 0, "writing twice gives other text:\n%s\n%s\n", text, second);
    }
    fuzz_refusal(error);
    return 0;
}
