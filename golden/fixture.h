/* A folder in ONNX's backend-test layout, ours (with case.json) or anyone's, ready to be run and judged: model.onnx,
 * test_data_set_<n>/ with inputs and expected outputs, or a light network (golden/light.h).
 *
 * Ours are judged by their intervals, others by the tolerance of ONNX's runner: rtol 1e-3, atol 1e-7, or data.json beside
 * the model. A Fixture belongs to one thread. Errors are CORPUS_ERROR, ONNX_ERROR or EVAL_ERROR, one line. */
#ifndef ASSAY_GOLDEN_FIXTURE_H
#define ASSAY_GOLDEN_FIXTURE_H

#include "golden/corpus.h"
#include "reference/eval/eval.h"

typedef struct {
    char       *folder; /* or the file of a light network */
    gboolean    light;
    Model      *model;
    Case       *own;    /* NULL: not one of our cases */
    CompareSpec spec;   /* for outputs of foreign cases */
} Fixture;

/* Loads the model, and holds one of ours against the rules of models too. NULL with an error. */
Fixture *fixture_open(const char *folder, GError **error);
void     fixture_free(Fixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

/* An evaluator for the fixture's model; options.any_shape is set as the fixture needs it. */
Evaluator *fixture_evaluator(const Fixture *fixture, const EvalOptions *options, GError **error);

/* The folder of data set n, or NULL if there are no more; for a light network "" is the only one. Free with g_free. */
char *fixture_set(const Fixture *fixture, guint n);

/* One Value (or NULL: take the initializer) per graph input; free with g_ptr_array_unref. NULL with an error. */
GPtrArray *fixture_inputs(const Fixture *fixture, const char *set, GError **error);

/* What output i must be; lower and upper stay NULL where the golden is a point. */
typedef struct {
    Value  *golden;
    Tensor *lower, *upper;
} Expected;
gboolean fixture_expected(const Fixture *fixture, const char *set, gsize i, Expected *expected, GError **error);
void     expected_clear(Expected *expected);

const CompareSpec *fixture_spec(const Fixture *fixture, gsize output);

#endif
