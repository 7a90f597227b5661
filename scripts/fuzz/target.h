/* What a fuzz target is: one function over bytes, linked with libFuzzer, AFL++'s driver for it, or replay.c, which runs
 * files once each. A target returns 0 whatever the bytes are; what it must not do is crash, leak, hang, or break a rule
 * that it asserts with fuzz_require(). */
#ifndef ASSAY_FUZZ_TARGET_H
#define ASSAY_FUZZ_TARGET_H

#include "scripts/fuzz/mutate.h"

#include <stdio.h>
#include <stdlib.h>

int    LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* A rule that holds for every input. Not g_assert: what is tested is that our own assertions never fire. */
#define fuzz_require(condition, ...)                                                                                         \
    do {                                                                                                                     \
        if (!(condition)) {                                                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                          \
            fprintf(stderr, __VA_ARGS__);                                                                                    \
            abort();                                                                                                         \
        }                                                                                                                    \
    } while (0)

/* An error must be one line with something in it; NULL if there is none. Frees it. */
#define fuzz_refusal(error)                                                                                                  \
    do {                                                                                                                     \
        if (error) {                                                                                                         \
            fuzz_require(*(error)->message && g_utf8_validate((error)->message, -1, NULL), "no text in the error\n");        \
            fuzz_require(!strchr((error)->message, '\n'), "more than one line: %s\n", (error)->message);                     \
            g_clear_error(&(error));                                                                                         \
        }                                                                                                                    \
    } while (0)

/* The mutator of a target whose bytes are an ONNX message: half the time by structure, else as the fuzzer likes. */
#define FUZZ_MUTATES(kind)                                                                                                   \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)                               \
    {                                                                                                                        \
        const size_t changed = seed % 8 ? mutate_message(kind, data, size, max_size, seed) : 0;                              \
        return changed ? changed : LLVMFuzzerMutate(data, size, max_size);                                                   \
    }

#endif
