/* libassay (reference/assay.h): the evaluator and the judge behind a C interface without GLib. It stands here because only
 * this module knows both. */
#include "reference/assay.h"

#include "golden/compare/compare.h"
#include "reference/eval/eval.h"
#include "reference/onnx/check.h"
#include "reference/tensor/packing.h"

#include <math.h>
#include <string.h>

struct AssayModel {
    Model *model;
};

struct AssayTensor {
    Tensor *tensor;
};

typedef struct {
    AssayTensor *value, *lower, *upper;
    gboolean     certified;
} Output;

struct AssayEvaluation {
    Output *outputs;
    gsize   n;
};

const char *assay_version(void)
{
    return ASSAY_VERSION;
}

void assay_free(void *text)
{
    g_free(text);
}

/* Turns an error into the caller's message. */
static void tell(GError *error, char **message)
{
    if (message)
        *message = g_strdup(error->message);
    g_error_free(error);
}

static void say(char **message, const char *text)
{
    if (message)
        *message = g_strdup(text);
}

/* Whether what is needed was given; `what` names it in the message. */
static gboolean given(gboolean good, const char *what, char **message)
{
    g_autofree char *text = good ? NULL : g_strconcat(what, " is NULL", NULL);
    if (!good)
        say(message, text);
    return good;
}

/* ---- models ----------------------------------------------------------------------------------------------------------- */

static AssayModel *take_model(Model *model, GError *error, char **message)
{
    if (model && !model_check(model, &error)) {
        model_free(model);
        model = NULL;
    }
    if (!model) {
        tell(error, message);
        return NULL;
    }
    AssayModel *handle = g_new(AssayModel, 1);
    handle->model = model;
    return handle;
}

AssayModel *assay_model_load(const char *path, char **message)
{
    GError *error = NULL;
    if (!given(path != NULL, "assay_model_load: path", message))
        return NULL;
    Model *model = model_load(path, NULL, &error);
    return take_model(model, error, message);
}

AssayModel *assay_model_load_memory(const void *data, size_t size, const char *folder, char **message)
{
    GError *error = NULL;
    if (!given(data || size == 0, "assay_model_load_memory: data", message))
        return NULL;
    Model *model = model_load_bytes(data, size, folder, "model", NULL, &error);
    return take_model(model, error, message);
}

void assay_model_free(AssayModel *model)
{
    if (!model)
        return;
    model_free(model->model);
    g_free(model);
}

static const char *name_at(const List *infos, size_t i)
{
    return i < infos->n ? LIST_AT(infos, ValueInfo, i)->name : NULL;
}

size_t assay_model_input_count(const AssayModel *model)
{
    return model->model->graph->inputs.n;
}

size_t assay_model_output_count(const AssayModel *model)
{
    return model->model->graph->outputs.n;
}

const char *assay_model_input_name(const AssayModel *model, size_t i)
{
    return name_at(&model->model->graph->inputs, i);
}

const char *assay_model_output_name(const AssayModel *model, size_t i)
{
    return name_at(&model->model->graph->outputs, i);
}

/* ---- tensors ----------------------------------------------------------------------------------------------------------- */

static AssayTensor *wrap(Tensor *tensor)
{
    if (!tensor)
        return NULL;
    AssayTensor *handle = g_new(AssayTensor, 1);
    handle->tensor = tensor;
    return handle;
}

static Tensor *tensor_unpack(int dtype, const int64_t *dims, size_t rank, const void *data, size_t size, GError **error)
{
    Shape shape;
    if (!dtype_on_wire(dtype) || dtype == DTYPE_STRING) {
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_DTYPE, "dtype %d has no elements of fixed size", dtype);
        return NULL;
    }
    if (!shape_make(dims, rank, &shape, error))
        return NULL;
    Tensor *tensor = tensor_new((DType)dtype, &shape, error);
    if (tensor && packing_size(tensor->dtype, tensor->count) != size) {
        g_autofree char *what = tensor_describe(tensor);
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_DATA, "%s takes %" G_GSIZE_FORMAT " bytes, %" G_GSIZE_FORMAT " given", what,
                    packing_size(tensor->dtype, tensor->count), size);
        g_clear_pointer(&tensor, tensor_unref);
    }
    if (tensor)
        packing_unpack(tensor->dtype, data, tensor->count, tensor->data);
    return tensor;
}

AssayTensor *assay_tensor_new(int dtype, const int64_t *dims, size_t rank, const void *data, size_t size, char **message)
{
    GError *error = NULL;
    if (!given(dims || rank == 0, "assay_tensor_new: dims", message) || !given(data || size == 0, "assay_tensor_new: data", message))
        return NULL;
    Tensor *tensor = tensor_unpack(dtype, dims, rank, data, size, &error);
    if (!tensor)
        tell(error, message);
    return wrap(tensor);
}

AssayTensor *assay_tensor_load(const char *path, char **message)
{
    GError *error = NULL;
    if (!given(path != NULL, "assay_tensor_load: path", message))
        return NULL;
    Tensor *tensor = tensor_load(path, NULL, NULL, &error);
    if (!tensor)
        tell(error, message);
    return wrap(tensor);
}

AssayTensor *assay_tensor_load_memory(const void *data, size_t size, char **message)
{
    GError *error = NULL;
    if (!given(data || size == 0, "assay_tensor_load_memory: data", message))
        return NULL;
    Tensor *tensor = tensor_load_bytes(data, size, "tensor", NULL, NULL, &error);
    if (!tensor)
        tell(error, message);
    return wrap(tensor);
}

void assay_tensor_free(AssayTensor *tensor)
{
    if (!tensor)
        return;
    tensor_unref(tensor->tensor);
    g_free(tensor);
}

int assay_tensor_dtype(const AssayTensor *tensor)
{
    return (int)tensor->tensor->dtype;
}

size_t assay_tensor_rank(const AssayTensor *tensor)
{
    return (size_t)tensor->tensor->shape.rank;
}

const int64_t *assay_tensor_dims(const AssayTensor *tensor)
{
    return tensor->tensor->shape.dims;
}

size_t assay_tensor_size(const AssayTensor *tensor)
{
    return tensor->tensor->dtype == DTYPE_STRING ? 0 : packing_size(tensor->tensor->dtype, tensor->tensor->count);
}

int assay_tensor_read(const AssayTensor *tensor, void *to, size_t room)
{
    const Tensor *t = tensor->tensor;
    if (t->dtype == DTYPE_STRING || room < assay_tensor_size(tensor))
        return 0;
    packing_pack(t->dtype, t->data, t->count, to);
    return 1;
}

/* ---- evaluation ---------------------------------------------------------------------------------------------------------- */

static AssayTensor *wrap_reference(const Tensor *tensor)
{
    return tensor ? wrap(tensor_ref(tensor)) : NULL;
}

static gboolean take_output(Output *to, EvalOutput *from, gsize i, GError **error)
{
    if (from->value->kind != VALUE_TENSOR) {
        g_autofree char *what = value_describe(from->value);
        g_set_error(error, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED, "output %" G_GSIZE_FORMAT " is %s, only tensors can be given", i, what);
        return FALSE;
    }
    *to = (Output){ wrap_reference(from->value->tensor), wrap_reference(from->lower), wrap_reference(from->upper), from->certified };
    return TRUE;
}

static EvalOptions read_options(const AssayOptions *options)
{
    AssayOptions known = { 0 };
    if (options)
        memcpy(&known, options, MIN(options->size, sizeof known));
    return (EvalOptions){ .threads = known.threads, .certify = known.intervals != 0, .seed = known.seed,
                          .limits = { .seconds = known.seconds } };
}

static AssayEvaluation *run(Evaluator *evaluator, const Model *model, Value *const *inputs, gsize n_inputs, GError **error)
{
    const gsize n = model->graph->outputs.n;
    g_autofree EvalOutput *outputs = g_new0(EvalOutput, n + 1);
    if (!evaluator_run(evaluator, inputs, n_inputs, outputs, error))
        return NULL;
    AssayEvaluation *evaluation = g_new(AssayEvaluation, 1);
    *evaluation = (AssayEvaluation){ g_new0(Output, n + 1), n };
    gboolean ok = TRUE;
    for (gsize i = 0; i < n; i++) {
        ok = ok && take_output(&evaluation->outputs[i], &outputs[i], i, error);
        eval_output_clear(&outputs[i]);
    }
    if (!ok)
        g_clear_pointer(&evaluation, assay_evaluation_free);
    return evaluation;
}

AssayEvaluation *assay_evaluate(const AssayModel *model, const AssayTensor *const *inputs, size_t n_inputs,
                                const AssayOptions *options, char **message)
{
    GError *error = NULL;
    if (!given(model != NULL, "assay_evaluate: model", message) || !given(inputs || n_inputs == 0, "assay_evaluate: inputs", message))
        return NULL;
    const EvalOptions eval_options = read_options(options);
    g_autoptr(Evaluator) evaluator = evaluator_new(model->model, &eval_options, &error);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < n_inputs; i++)
        g_ptr_array_add(values, inputs[i] ? value_from_tensor(tensor_ref(inputs[i]->tensor)) : NULL);
    AssayEvaluation *evaluation =
        evaluator ? run(evaluator, model->model, (Value *const *)values->pdata, n_inputs, &error) : NULL;
    if (!evaluation)
        tell(error, message);
    return evaluation;
}

void assay_evaluation_free(AssayEvaluation *evaluation)
{
    if (!evaluation)
        return;
    for (gsize i = 0; i < evaluation->n; i++) {
        assay_tensor_free(evaluation->outputs[i].value);
        assay_tensor_free(evaluation->outputs[i].lower);
        assay_tensor_free(evaluation->outputs[i].upper);
    }
    g_free(evaluation->outputs);
    g_free(evaluation);
}

const AssayTensor *assay_evaluation_value(const AssayEvaluation *evaluation, size_t output)
{
    return output < evaluation->n ? evaluation->outputs[output].value : NULL;
}

const AssayTensor *assay_evaluation_lower(const AssayEvaluation *evaluation, size_t output)
{
    return output < evaluation->n ? evaluation->outputs[output].lower : NULL;
}

const AssayTensor *assay_evaluation_upper(const AssayEvaluation *evaluation, size_t output)
{
    return output < evaluation->n ? evaluation->outputs[output].upper : NULL;
}

int assay_evaluation_certified(const AssayEvaluation *evaluation, size_t output)
{
    return output < evaluation->n && evaluation->outputs[output].certified;
}

/* ---- judging ------------------------------------------------------------------------------------------------------------ */

/* What cannot be compared is not right. */
static AssayVerdict incomparable(const char *why, double *margin, char **message)
{
    if (margin)
        *margin = INFINITY;
    say(message, why);
    return ASSAY_WRONG_SHAPE;
}

static AssayVerdict judge(const CompareSpec *spec, const AssayTensor *expected, const AssayTensor *lower, const AssayTensor *upper,
                          const AssayTensor *actual, double *margin, char **message)
{
    Comparison c;
    if (!expected || !actual)
        return incomparable(expected ? "actual is NULL" : "expected is NULL", margin, message);
    compare_tensors(spec, expected->tensor, lower ? lower->tensor : NULL, upper ? upper->tensor : NULL, actual->tensor, &c);
    if (margin)
        *margin = c.margin;
    if (c.result != COMPARED_RIGHT)
        say(message, c.message);
    comparison_clear(&c);
    switch (c.result) {
    case COMPARED_RIGHT: return ASSAY_RIGHT;
    case COMPARED_WRONG_VALUE: return ASSAY_WRONG_VALUE;
    case COMPARED_WRONG_SHAPE: return ASSAY_WRONG_SHAPE;
    default: return ASSAY_WRONG_TYPE;
    }
}

/* An end of another type or shape than the value would be read out of bounds. */
static gboolean fits(const AssayTensor *end, const AssayTensor *expected)
{
    return !end || !expected || (end->tensor->dtype == expected->tensor->dtype && shape_equal(&end->tensor->shape, &expected->tensor->shape));
}

AssayVerdict assay_compare(const AssayTensor *expected, const AssayTensor *lower, const AssayTensor *upper,
                           const AssayTensor *actual, double *margin, char **message)
{
    if (!fits(lower, expected) || !fits(upper, expected))
        return incomparable("lower and upper must have the type and shape of expected", margin, message);
    return judge(&(CompareSpec){ .mode = COMPARE_INTERVAL }, expected, lower, upper, actual, margin, message);
}

AssayVerdict assay_compare_tolerance(const AssayTensor *expected, const AssayTensor *actual, double rtol, double atol,
                                     double *margin, char **message)
{
    return judge(&(CompareSpec){ .mode = COMPARE_TOLERANCE, .rtol = rtol, .atol = atol }, expected, NULL, NULL, actual, margin,
                 message);
}

AssayVerdict assay_compare_output(const AssayEvaluation *evaluation, size_t output, const AssayTensor *actual, double *margin,
                                  char **message)
{
    if (!evaluation)
        return incomparable("evaluation is NULL", margin, message);
    if (output >= evaluation->n)
        return incomparable("there is no such output", margin, message);
    const Output *o = &evaluation->outputs[output];
    return o->certified ? assay_compare(o->value, o->lower, o->upper, actual, margin, message)
                        : assay_compare_tolerance(o->value, actual, 1e-3, 1e-7, margin, message);
}
