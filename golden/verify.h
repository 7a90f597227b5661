/* The reference held against a folder in ONNX's backend-test layout: model.onnx and test_data_set_<n>/ with inputs and
 * expected outputs, from ONNX itself, from us or from anyone. Our own cases (with case.json) are judged by their
 * intervals and expectations; others by ONNX's runner's tolerance (rtol 1e-3, atol 1e-7, or data.json beside the model),
 * element type and shape exactly. Where the values of a foreign case are random and not ours, they are judged as a draw
 * (golden/sample.h). Light networks (golden/light.h) count as cases of their own. */
#ifndef ASSAY_GOLDEN_VERIFY_H
#define ASSAY_GOLDEN_VERIFY_H

#include "reference/eval/eval.h"

typedef enum { VERIFY_PASSED, VERIFY_FAILED, VERIFY_UNSUPPORTED } VerifyResult;

typedef struct {
    char        *folder; /* or the file of a light network */
    VerifyResult result;
    gboolean     bit_equal;   /* every output equals the expected one bit for bit */
    gboolean     statistical; /* passed because what is published may be a draw from what the model describes */
    char        *message;     /* why not; NULL if passed */
} Verified;

void verified_free(gpointer verified);

/* Runs every test_data_set_* of the folder, or the light network of that name. Caller frees with verified_free(). */
Verified *verify_folder(const char *folder, const EvalOptions *options);

/* All folders under `root` (itself included) that hold model.onnx and a test_data_set_0, and all light networks, sorted;
 * NULL with an error if there is none. `glob` filters by the base name; NULL: all. */
GPtrArray *verify_list(const char *root, const char *glob, GError **error);

#endif
