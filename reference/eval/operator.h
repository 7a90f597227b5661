/* An operator: its schema, its kernel and its bound rule, in one file under reference/ops/<group>/.
 *
 *     static gboolean clip(Eval *ev, GError **error) { ... }
 *
 *     OPERATOR_DEFINE(clip, "Clip", "",
 *         { .since = 6,  .signature = "input:T -> output:T", .types = "T: floats1",
 *           .attributes = "min:float=-3.4028234663852886e38, max:float=3.4028234663852886e38", .kernel = clip },
 *         { .since = 11, .signature = "input:T, min:T?, max:T? -> output:T", .types = "T: floats1", .kernel = clip })
 *
 * The Makefile collects OPERATOR_DEFINE lines (at the start of a line) into the registry; nothing else is touched.
 *
 * signature   "name:TYPE suffix, ... -> name:TYPE suffix, ...": the arity and types, as the operator's text gives them.
 *             Suffix ? optional; + variadic, one or more; * variadic, none or more. An output with ? may be left out.
 *             TYPE is a type variable of `types`, a dtype name, a group (below), or any (no check at all).
 * types       "T: float double | Q: uint8 int8": dtypes and groups that each variable admits. All uses of one variable
 *             must agree in one node. Also: seq, map, opt, sparse for values that are not tensors.
 * attributes  "name:type=default, name:type!, name:type": default, required, or optional without default. Types: int
 *             float string tensor graph type sparse, and ints floats strings tensors graphs; list defaults: [1,2].
 *             Defaults of string attributes stand bare: mode:string=nearest.
 *
 * Groups, named after the default-domain opset whose release added the last type to them:
 *   ints uints; floats1 = float16 float double, floats13 = floats1 bfloat16;
 *   numeric1 = ints uints floats1, numeric13 = numeric1 bfloat16;
 *   all1 = numeric1 bool string complex64 complex128, all13 = all1 bfloat16, all19 = all13 and the four float8 with
 *   mantissa, all21 = all19 uint4 int4, all23 = all21 float4e2m1, all24 = all23 float8e8m0, all25 = all24 uint2 int2.
 *
 * Source of each schema: the operator's published text of that version (onnx/docs/Operators.md, Changelog.md). */
#ifndef ASSAY_EVAL_OPERATOR_H
#define ASSAY_EVAL_OPERATOR_H

#include "reference/onnx/model.h"
#include "reference/tensor/value.h"

typedef struct Eval Eval;

/* Computes every wanted output; FALSE with an error otherwise. The runner adds the node's name to the message. */
typedef gboolean (*OpKernel)(Eval *ev, GError **error);

/* Computes, after the kernel, the interval in which each output element of a conforming backend lies
 * (reference/eval/certify.h). A version without a rule leaves its outputs uncertified. */
typedef gboolean (*OpBound)(Eval *ev, GError **error);

/* Adds to `into` the function that is the meaning of this node, for functions that depend on attributes or types
 * (context-dependent functions); NULL with an error if there is none. */
typedef Function *(*OpExpand)(const Eval *ev, Model *into, GError **error);

typedef struct {
    int         since;      /* the opset version that introduced this text */
    gboolean    deprecated; /* removed from this version on; everything below is then empty */
    const char *signature, *types, *attributes;
    OpKernel    kernel;     /* NULL: run from the body */
    OpBound     bound;      /* NULL: no certificate */
    const char *body;       /* the meaning as function text (reference/onnx/text.h), or NULL */
    OpExpand    expand;     /* the meaning of a context-dependent function, or NULL */
} OpVersion;

typedef struct {
    const char      *name, *domain; /* domain "" is ai.onnx */
    const OpVersion *versions;      /* ascending */
    gsize            n_versions;
} Operator;

#define OPERATOR_DEFINE(id, op_name, op_domain, ...)                        \
    static const OpVersion versions_##id[] = { __VA_ARGS__ };               \
    extern const Operator operator_##id;                                    \
    const Operator operator_##id = { (op_name), (op_domain), versions_##id, G_N_ELEMENTS(versions_##id) };

/* ---- inputs ------------------------------------------------------------------------------------------------------ */

gsize         eval_input_count(const Eval *ev);          /* as written in the node, omitted ones included */
const Tensor *eval_input(const Eval *ev, gsize i);       /* NULL if omitted; the schema has checked that it is a tensor */
const Value  *eval_input_value(const Eval *ev, gsize i); /* NULL if omitted */

/* ---- outputs ------------------------------------------------------------------------------------------------------ */

gsize    eval_output_count(const Eval *ev);
gboolean eval_wants(const Eval *ev, gsize i); /* whether output i is written in the node */
/* A new tensor that becomes output i, elements uninitialised (strings empty); borrowed. For i < eval_output_count(). */
Tensor  *eval_output(Eval *ev, gsize i, DType dtype, const Shape *shape, GError **error);
void     eval_set_tensor(Eval *ev, gsize i, Tensor *tensor); /* takes the reference */
void     eval_set_value(Eval *ev, gsize i, Value *value);    /* takes the reference */

/* ---- attributes: the node's, else the schema's default ------------------------------------------------------------- */

gboolean          eval_has(const Eval *ev, const char *name); /* given in the node, or has a default */
int64_t           eval_int(const Eval *ev, const char *name);
float             eval_float(const Eval *ev, const char *name);
const char       *eval_string(const Eval *ev, const char *name);              /* NULL if absent */
const int64_t    *eval_ints(const Eval *ev, const char *name, gsize *n);      /* NULL and 0 if absent */
const float      *eval_floats(const Eval *ev, const char *name, gsize *n);
const Bytes      *eval_strings(const Eval *ev, const char *name, gsize *n);
const Tensor     *eval_attribute_tensor(const Eval *ev, const char *name);    /* NULL if absent */
const Attribute  *eval_attribute(const Eval *ev, const char *name);           /* as given, references resolved; NULL */

/* ---- the rest ----------------------------------------------------------------------------------------------------- */

int         eval_version(const Eval *ev); /* `since` of the version in force */
const Node *eval_node(const Eval *ev);
/* The graph (or function body) that the node stands in, and the opsets in force there: for operators about graphs. */
const Graph *eval_graph(const Eval *ev);
const List  *eval_imports(const Eval *ev); /* of OpsetImport */
/* Sets an error of EVAL_ERROR_INVALID and returns FALSE: `return eval_fail(error, "axis %d is outside …", …)`. */
gboolean eval_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "fc1_experts_weights has shape [2,3], expected [4,5,6]" unless the shape is that one, or there is no tensor. */
gboolean eval_expect_shape(const Tensor *tensor, const char *name, const Shape *expected, GError **error);

/* A graph attribute ready to run many times; closed by the runner when the node is done. NULL with an error. */
typedef struct Subgraph Subgraph;
Subgraph *eval_subgraph(Eval *ev, const char *attribute, GError **error);
gsize     subgraph_input_count(const Subgraph *subgraph);
gsize     subgraph_output_count(const Subgraph *subgraph);
/* inputs are borrowed; outputs receives subgraph_output_count() new references, or nothing on failure. */
gboolean  subgraph_run(Subgraph *subgraph, Value *const *inputs, gsize n, Value **outputs, GError **error);

/* Calls work(first, last, data) for disjoint ranges covering [0, count), possibly on several threads: only for work
 * whose every item writes its own outputs. `grain` is the least number of items worth a thread. */
typedef void (*EvalWork)(int64_t first, int64_t last, gpointer data);
void eval_parallel(Eval *ev, int64_t count, int64_t grain, EvalWork work, gpointer data);

/* Runs the operator's own kernel: for a substitute (EvalOptions.substitute) that does not cover this node. */
gboolean eval_own_kernel(Eval *ev, GError **error);

/* Counts loop iterations against the limits and the deadline. */
gboolean eval_tick(Eval *ev, GError **error);

/* Has whoever EvalOptions.object names compute this node. */
gboolean eval_object(Eval *ev, GError **error);

/* A deterministic stream for random operators: seeded by the node's seed attribute, else by the run's seed. */
uint64_t eval_random_seed(Eval *ev);

/* ---- the registry -------------------------------------------------------------------------------------------------- */

const Operator *const *operator_all(gsize *count);
const Operator  *operator_find(const char *domain, const char *name);
/* The version in force under an opset; NULL if the operator is younger than the opset. */
const OpVersion *operator_version(const Operator *op, int64_t opset);

#endif
