/* Runs a fuzz target over files, once each: for regression tests and for looking at a finding in a debugger. It names each
 * file before it starts with it, so that the last name is the culprit. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>

int    LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    (void)data, (void)max_size; /* replaying changes nothing */
    return size;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        g_autofree char *data = NULL;
        g_autoptr(GError) error = NULL;
        gsize size;
        printf("%s\n", argv[i]);
        fflush(stdout);
        if (!g_file_get_contents(argv[i], &data, &size, &error)) {
            fprintf(stderr, "%s\n", error->message);
            return 2;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    }
    return 0;
}
