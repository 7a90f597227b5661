/* Mutation of ONNX messages by their structure: what comes out is well-formed protobuf again, so that a fuzzer reaches what
 * lies behind the wire scan. Bytes that are no such message are left to the fuzzer's own mutations. */
#ifndef ASSAY_FUZZ_MUTATE_H
#define ASSAY_FUZZ_MUTATE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { MESSAGE_MODEL, MESSAGE_TENSOR } MessageKind;

/* Names of operators, besides those in the message, for a target that runs them; NULL-terminated, lives for ever. */
extern const char *const *mutate_operators;

/* As LLVMFuzzerCustomMutator: changes data in place, returns its new size (at most max_size); 0 if it is no message. */
size_t mutate_message(MessageKind kind, uint8_t *data, size_t size, size_t max_size, unsigned seed);

#endif
