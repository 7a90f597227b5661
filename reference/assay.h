/* libassay: ONNX's reference evaluator and judge, for tests of your own.
 *
 *     char *message = NULL;
 *     AssayModel *model = assay_model_load("model.onnx", &message);
 *     AssayTensor *x = assay_tensor_load("input_0.pb", &message);
 *     AssayEvaluation *right = assay_evaluate(model, (const AssayTensor *const[]){ x }, 1, &options, &message);
 *     if (assay_compare_output(right, 0, yours, NULL, &message) != ASSAY_RIGHT) puts(message);
 *
 * Errors. A function that can fail takes `char **message` last (NULL if you do not care) and returns NULL or 0. On failure
 * *message is one line that says where, what was found and what was expected; free it with assay_free(). On success *message
 * is left alone. Files and bytes may come from anybody: malformed ones are refused, not trusted.
 *
 * Ownership. What a function named *_new, *_load or assay_evaluate returns is yours until you hand it to the matching *_free,
 * which accepts NULL. `const` pointers that getters return belong to the object asked and live as long as it.
 *
 * NULL. Where it has no meaning of its own below, a function that can fail refuses it with a message that names the argument;
 * an array or buffer may be NULL if its count is 0. Getters (assay_model_input_count() and the like) must be given an object.
 *
 * Threads. A model may be evaluated by many threads at once, tensors read by many. Nothing else is shared.
 *
 * Results are the same bits on every machine, whatever the number of threads. Link with `pkg-config --cflags --libs assay`. */
#ifndef ASSAY_H
#define ASSAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_VERSION "0.1.0"

typedef struct AssayModel AssayModel;
typedef struct AssayTensor AssayTensor;
typedef struct AssayEvaluation AssayEvaluation;

const char *assay_version(void);   /* of the library that is linked */
void        assay_free(void *text);

/* ---- models ----------------------------------------------------------------------------------------------------------- */

/* Reads and checks an ONNX model (any IR version up to 13, operators of opset 1 to 28). External data is looked for beside
 * the file, and never outside its folder. */
AssayModel *assay_model_load(const char *path, char **message);
/* The same from memory, which may be released afterwards; `folder` is where external data lies, NULL refuses it. */
AssayModel *assay_model_load_memory(const void *data, size_t size, const char *folder, char **message);
void        assay_model_free(AssayModel *model);

size_t      assay_model_input_count(const AssayModel *model);
size_t      assay_model_output_count(const AssayModel *model);
const char *assay_model_input_name(const AssayModel *model, size_t i);  /* NULL if there is no such input */
const char *assay_model_output_name(const AssayModel *model, size_t i);

/* ---- tensors ----------------------------------------------------------------------------------------------------------- */

/* `dtype` is a number of ONNX's TensorProto.DataType (1 is float). `data` are `size` bytes as in TensorProto.raw_data:
 * row-major, little-endian, elements of less than a byte packed low bits first; they are copied. Not for strings. A rank above
 * 32 is refused, here and in files: ONNX sets no limit, the evaluator does. */
AssayTensor *assay_tensor_new(int dtype, const int64_t *dims, size_t rank, const void *data, size_t size, char **message);
/* A serialized TensorProto (ONNX's input_0.pb), strings included. */
AssayTensor *assay_tensor_load(const char *path, char **message);
AssayTensor *assay_tensor_load_memory(const void *data, size_t size, char **message);
void         assay_tensor_free(AssayTensor *tensor);

int            assay_tensor_dtype(const AssayTensor *tensor);
size_t         assay_tensor_rank(const AssayTensor *tensor);
const int64_t *assay_tensor_dims(const AssayTensor *tensor);
size_t         assay_tensor_size(const AssayTensor *tensor); /* bytes of the elements as raw_data; 0 for strings */
/* Writes assay_tensor_size() bytes as raw_data. 0 if `room` is less or the elements are strings. */
int            assay_tensor_read(const AssayTensor *tensor, void *to, size_t room);

/* ---- evaluation ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    size_t   size;       /* sizeof(AssayOptions): fields added later keep their defaults; all others 0 by default */
    unsigned threads;    /* inside operators; 0 and 1: none besides the caller's */
    int      intervals;  /* not 0: also the interval that each element of a conforming backend lies in */
    double   seconds;    /* give up after this time; 0: never */
    uint64_t seed;       /* of random operators without a seed of their own */
} AssayOptions;

/* Runs the model. inputs[i] is for graph input i; NULL takes the initializer of that name. options NULL: defaults. Inputs and
 * outputs must be tensors; models with sequences, optionals or maps there are refused. */
AssayEvaluation *assay_evaluate(const AssayModel *model, const AssayTensor *const *inputs, size_t n_inputs,
                                const AssayOptions *options, char **message);
void             assay_evaluation_free(AssayEvaluation *evaluation);

/* All NULL if there is no such output. */
const AssayTensor *assay_evaluation_value(const AssayEvaluation *evaluation, size_t output);
/* The ends of the interval, both included; NULL where it is the value alone or not known. */
const AssayTensor *assay_evaluation_lower(const AssayEvaluation *evaluation, size_t output);
const AssayTensor *assay_evaluation_upper(const AssayEvaluation *evaluation, size_t output);
/* Not 0 if the interval is known (AssayOptions.intervals, and every operator on the way has a bound). */
int                assay_evaluation_certified(const AssayEvaluation *evaluation, size_t output);

/* ---- judging ------------------------------------------------------------------------------------------------------------ */

typedef enum { ASSAY_RIGHT, ASSAY_WRONG_VALUE, ASSAY_WRONG_SHAPE, ASSAY_WRONG_TYPE } AssayVerdict;

/* Every element must be between lower and upper; an end that is NULL is expected itself, so both NULL ask for equality. A NaN
 * is right exactly where expected has one; -0 and +0 differ. `margin`, if not NULL, receives the largest error as a share of
 * what was allowed: 0 exact, 1 at the edge, above 1 wrong; infinite for a wrong type or shape and where nothing was allowed. If
 * not right, *message says where and by how much. What cannot be compared (expected or actual NULL, an end of another type or
 * shape than expected) is ASSAY_WRONG_SHAPE. */
AssayVerdict assay_compare(const AssayTensor *expected, const AssayTensor *lower, const AssayTensor *upper,
                           const AssayTensor *actual, double *margin, char **message);
/* |actual - expected| <= atol + rtol * |expected|, as ONNX's own runner (rtol 1e-3, atol 1e-7). */
AssayVerdict assay_compare_tolerance(const AssayTensor *expected, const AssayTensor *actual, double rtol, double atol,
                                     double *margin, char **message);
/* assay_compare() with what was evaluated for an output: by its interval if that is certified, else by ONNX's tolerance.
 * ASSAY_WRONG_SHAPE if there is no such output. */
AssayVerdict assay_compare_output(const AssayEvaluation *evaluation, size_t output, const AssayTensor *actual,
                                  double *margin, char **message);

#ifdef __cplusplus
}
#endif

#endif
