/* Writing cases. A proposal's generator (generators/proposals/<id>.c) describes scenarios; the engine does the rest:
 * evaluates, derives the three forms and proves that they agree, certifies, names, hashes, writes.
 *
 *     static void generate(Generator *g)
 *     {
 *         for (...) {
 *             Scenario *s = scenario_new(g, "dq-%s-axis%d", dtype_name(t), axis);
 *             scenario_about(s, "block_shape", "R3 R7", "A ragged last block uses its own scale on axis %d.", axis);
 *             scenario_input(s, "x", x);                      // a graph input with its data
 *             scenario_constant(s, "scale", scale);           // an initializer
 *             Node *dq = scenario_node(s, "assay.block_qdq", "DequantizeLinear", NAMES("x", "scale"), NAMES("y"));
 *             scenario_set_ints(s, dq, "block_shape", INTS(1, 32));
 *             scenario_function(s, "...text...");              // what the node means, in standard operators
 *             scenario_output(s, "y");
 *             scenario_emit(s);
 *         }
 *     }
 *     PROPOSAL_DEFINE(block_qdq, "block-qdq", generate)
 *
 * Forms. The graph as described is the native form. If functions were given, the function form is the same graph with
 * the functions in the model, and the decomposed form is the graph with every call inlined; a function for an operator
 * of the default domain gives the decomposed form only, since a native operator shadows a function there. The golden
 * is the native form's value; every other form must give the same bits, or generation fails.
 *
 * Names are folder names: lower case, digits, '-', '.', '_'; the engine appends "-native", "-function", "-decomposed".
 * Mistakes of a generator (unknown requirement, duplicate name, forms that disagree) stop generation with a message.
 *
 * Ownership: a Scenario belongs to the engine from scenario_new on; tensors given are taken. */
#ifndef ASSAY_GENERATORS_ENGINE_SCENARIO_H
#define ASSAY_GENERATORS_ENGINE_SCENARIO_H

#include "golden/corpus.h"
#include "reference/eval/eval.h"
#include "reference/onnx/model.h"

typedef struct Generator Generator;
typedef struct Scenario Scenario;

typedef struct {
    const char *id;
    void      (*generate)(Generator *g);
} ProposalGenerator;

#define PROPOSAL_DEFINE(name, id_text, function)         \
    extern const ProposalGenerator proposal_##name;      \
    const ProposalGenerator proposal_##name = { (id_text), (function) };

/* ---- describing ------------------------------------------------------------------------------------------------------ */

Scenario *scenario_new(Generator *g, const char *name, ...) G_GNUC_PRINTF(2, 3);

/* variant: an id of proposal.json. requirements: "R3 R7". The summary is one sentence for people. */
void scenario_about(Scenario *s, const char *variant, const char *requirements, const char *summary, ...)
    G_GNUC_PRINTF(4, 5);
/* Scenarios of one semantic case, in several variants: they carry this name together, and their goldens must be the same
 * bits, or generation fails. Without this a scenario's own name. */
void scenario_semantic(Scenario *s, const char *semantic);
void scenario_tag(Scenario *s, const char *tag); /* e.g. "ragged", "empty", "ties" */
void scenario_opset(Scenario *s, int64_t version); /* of the default domain; default 25 */
void scenario_import(Scenario *s, const char *domain, int64_t version); /* other domains default to version 1 */

Model *scenario_model(Scenario *s); /* the native form under construction, for what the calls below do not offer */
Graph *scenario_graph(Scenario *s);

void         scenario_input(Scenario *s, const char *name, Tensor *tensor);
/* The same with a declared type of the caller's: symbolic dims, unknown rank. */
void         scenario_input_typed(Scenario *s, const char *name, Tensor *tensor, Type *type);
NamedTensor *scenario_constant(Scenario *s, const char *name, Tensor *tensor);
void         scenario_output(Scenario *s, const char *name); /* type and shape are declared from the golden */
/* Declares the output so; for reject cases, where there is no golden, and for what a model may leave unknown. */
void         scenario_output_typed(Scenario *s, const char *name, Type *type);
/* Declares output i of a reject case as a tensor of that rank whose dims are unknown: the graph then says all that a graph has to,
 * and nothing that could be wrong a second time. */
void         scenario_output_open(Scenario *s, gsize i, DType dtype, gsize rank);

Node *scenario_node(Scenario *s, const char *domain, const char *op, const char *const *inputs, const char *const *outputs);
void  scenario_set_int(Scenario *s, Node *node, const char *name, int64_t value);
void  scenario_set_ints(Scenario *s, Node *node, const char *name, const int64_t *values, gsize n);
void  scenario_set_float(Scenario *s, Node *node, const char *name, float value);
void  scenario_set_string(Scenario *s, Node *node, const char *name, const char *value);
void  scenario_set_graph(Scenario *s, Node *node, const char *name, Graph *graph);

/* The meaning of an operator that the graph uses, as function text (reference/onnx/text.h) or built with model.h into
 * scenario_functions(). Calls in it of other functions given are inlined too. */
void   scenario_function(Scenario *s, const char *text);
Model *scenario_functions(Scenario *s); /* a model whose functions are the meanings; add with model_add_function */

/* ---- judging ----------------------------------------------------------------------------------------------------------- */

/* Default: the certified interval where the reference gives one wider than a point, else the value. */
void scenario_compare_bits(Scenario *s);         /* operators that only move bits: NaN payloads count */
void scenario_compare_free_zero_sign(Scenario *s);

/* Another answer that someone gives and the text does not clearly exclude: stored and recognised, never accepted.
 * `who` says who gives it and why. One tensor per output; taken. */
void scenario_alternative(Scenario *s, const char *who, Tensor *const *outputs, gsize n);

/* ---- files that a session opens ----------------------------------------------------------------------------------------
 * Where the thing under test is not only a graph but how a runtime gets from a file to a graph (backend context), the
 * native form is what `store` makes of the model, and its golden is the value of what `open` makes of that file. */
typedef struct {
    GBytes  *(*store)(const Model *model, gpointer data, GError **error);        /* the native form's model.onnx */
    gboolean (*beside)(const char *folder, gpointer data, GError **error);       /* other files of the case; may be NULL */
    Model   *(*open)(const char *path, gpointer data, GError **error);
#define SCENARIO_PLAIN_FAILS G_MAXUINT64 /* as `shows`: the plain model cannot run */
    guint64    shows; /* bit i: the session changes output i, whose golden must then differ from the plain model's; the
                         others must be equal. 0: the plain model is the decomposed form. Else what it gives is recorded
                         as an alternative, and only a runtime that knows of sessions can be right: tag "aware" */
    GDestroyNotify free;
} ScenarioFile;

/* Takes `data`. Valid scenarios are finished with scenario_emit(), others with scenario_reject(). */
void scenario_file(Scenario *s, const ScenarioFile *file, gpointer data);

/* ---- finishing ------------------------------------------------------------------------------------------------------- */

/* Writes all forms. A guard against scenarios that are no test: something must be computed. */
void scenario_emit(Scenario *s);
/* Only these forms (bit set of 1 << FORM_...). */
void scenario_emit_forms(Scenario *s, guint forms);
/* A model that must be refused. `twin` is the name of a valid scenario of this proposal that differs in one thing; its
 * native form (or `form`) is named as the twin. The reference must refuse it for the reason meant: its message must
 * contain `because`. */
void scenario_reject(Scenario *s, const char *twin, const char *because);
/* As scenario_reject, with the model's bytes changed by `damage` after it was written: truncation and the like. Takes
 * `bytes`, which stand for the whole model file. */
void scenario_reject_bytes(Scenario *s, const char *twin, const char *because, GBytes *bytes);
/* Every form's model goes through this before it is written and judged, e.g. to change the storage of tensors. */
void scenario_each_form(Scenario *s, void (*change)(Model *model, Form form, gpointer data), gpointer data);

#endif
