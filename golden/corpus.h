/* A case on disk, in ONNX's own backend-test layout so that existing runners can use it unchanged:
 *
 *     <corpus>/<proposal>/<case>/model.onnx
 *                               /test_data_set_0/input_<i>.pb  output_<i>.pb
 *                               /test_data_set_0/lower_<i>.pb  upper_<i>.pb      where the interval is not a point
 *                               /test_data_set_0/alternative_<k>_<i>.pb          other recorded answers (ambiguities)
 *                               /case.json
 *
 * spec/schemas/case.schema.json describes case.json. A Case owns everything it points to; errors are CORPUS_ERROR, one
 * line that names the file. */
#ifndef ASSAY_GOLDEN_CORPUS_H
#define ASSAY_GOLDEN_CORPUS_H

#include "golden/certified.h"
#include "golden/compare/compare.h"
#include "reference/onnx/load.h"

#define CORPUS_ERROR (corpus_error_quark())
GQuark corpus_error_quark(void);
typedef enum {
    CORPUS_ERROR_IO,
    CORPUS_ERROR_FORMAT,
    CORPUS_ERROR_DAMAGED /* a file of a case is not what it was when the case was written */
} CorpusError;

/* How a feature reaches the backend: the operator alone, the operator with a model-local function that defines it, or
 * published operators only. */
typedef enum { FORM_NATIVE, FORM_FUNCTION, FORM_DECOMPOSED } Form;
const char *form_name(Form form); /* "native" ... */

/* What a conforming backend does. */
typedef enum { EXPECT_OUTPUTS, EXPECT_REJECT } Expectation;

typedef struct {
    char       *id;           /* "<proposal>/<name>" */
    char       *proposal, *name;
    char       *variant;      /* of the proposal (proposal.json), e.g. "block_shape" */
    char       *semantic;     /* name shared by the forms of one semantic case */
    Form        form;
    char       *summary;      /* one sentence: what this case asks */
    GPtrArray  *requirements; /* of char*: "subbyte-types/R7" */
    GPtrArray  *dtypes, *tags; /* of char*, sorted */
    Expectation expectation;
    char       *twin;         /* reject: the id of the valid case that this one differs from in one thing */
    char       *why;          /* reject: the reference's own message */
    GArray     *comparisons;  /* of CompareSpec, one per output */
    GArray     *certificates; /* of GoldenCertificate, one per output; empty: none is recorded (an earlier version's case) */
    GPtrArray  *alternatives; /* of char*: for each recorded other answer, who gives it and why */
    char       *reduced_from, *reduced_for; /* made by 'assay reduce': from which case, and what it must end in: "ort:
                                               wrong_value"; NULL */
    guint       n_inputs, n_outputs;
    gboolean    aware;        /* only a runtime that knows of the proposal can be right: the file is also a valid model of
                                 another meaning, which alternative 0 of a valid case records */
} Case;

Case    *case_new(void);
void     case_free(Case *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Case, case_free)

/* `folder` is the case's own folder. */
Case    *case_read(const char *folder, GError **error);
/* The bytes of a case.json; `what` names them in messages. */
Case    *case_parse(const char *text, gsize length, const char *what, GError **error);
char    *case_to_json(const Case *c); /* the bytes of case.json; free with g_free */

/* Paths inside a case's folder; free with g_free. kind: "input", "output", "lower", "upper". */
char    *case_model_path(const char *folder);
char    *case_data_path(const char *folder, const char *kind, guint index);
char    *case_alternative_path(const char *folder, guint alternative, guint index);

/* The folders of all cases under `corpus` (folders that hold case.json), sorted by id; an empty corpus is an error.
 * Array of char*, free with g_ptr_array_unref. */
GPtrArray *corpus_list(const char *corpus, GError **error);

#endif
