/* What an adapter writes: lines that answer hello, lines that answer run. */
#include "backends_under_test/runner/protocol.h"
#include "scripts/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    g_autofree char *line = g_strndup((const char *)data, size); /* a line with a NUL never gets here */
    Hello   hello = { 0 };
    Attempt attempt = { 0 };
    if (protocol_read_hello(line, &hello, &error)) {
        fuzz_require(hello.name && hello.version && hello.device && *hello.device, "a hello without name\n");
        hello_clear(&hello);
    }
    if (error)
        fuzz_require(*error->message, "no text in the error\n");
    g_clear_error(&error);
    protocol_read_answer(line, 7, "/nonexistent", &attempt);
    fuzz_require(attempt.kind != ATTEMPT_ANSWERED || attempt.outputs->len == 0, "took a file that does not exist\n");
    fuzz_require(attempt.kind == ATTEMPT_ANSWERED || attempt.message, "no word why\n");
    fuzz_require(attempt.kind != ATTEMPT_REFUSED || attempt.stage, "a refusal without stage\n");
    attempt_clear(&attempt);
    return 0;
}
