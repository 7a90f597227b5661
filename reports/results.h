/* Results: one SQLite file that holds every verdict of a run together with whatever a report needs to explain it. It is
 * the only vocabulary shared by the runner, which writes it, and the reports, which never see a tensor or the corpus.
 *
 * Durability: a put returns after its transaction is committed. The file is written through a write-ahead log with
 * synchronous=NORMAL: a commit is one append, so that a verdict costs microseconds; SIGKILL loses nothing committed,
 * and a power cut loses at most the last verdicts but never corrupts the file. results_close() folds the log in and
 * leaves one plain file; after a kill, or where folding fails, "<file>-wal" stands beside it until the next open for
 * writing, and is part of the results: such a file is not moved without it.
 *
 * What differs between two runs that reach the same verdicts (durations, clock times, logs) is kept apart as
 * observations, so that a report without them is byte-identical however the work was sharded or interrupted.
 *
 * One writer at a time: a file that is open for writing is refused to a second writer for as long as the first one's process
 * lives, killed or not. Readers may come at any time, and see what is committed.
 *
 * A file from a stranger is hostile: it is opened with SQLite's defensive settings, its integrity and its schema must
 * be exactly ours, every value is checked for type and range. All text, going in or out, is cut to the limits below and
 * made valid UTF-8 without control characters.
 *
 * A Results may be used from several threads. Strings passed in are borrowed and copied; strings handed to a visitor
 * live until it returns. Errors are RESULTS_ERROR, one line that names the file. */
#ifndef ASSAY_REPORTS_RESULTS_H
#define ASSAY_REPORTS_RESULTS_H

#include <glib.h>

#define RESULTS_ERROR (results_error_quark())
GQuark results_error_quark(void);
typedef enum {
    RESULTS_ERROR_IO,      /* cannot be opened, read or written */
    RESULTS_ERROR_FORMAT,  /* not a results file, damaged, or made by a newer program */
    RESULTS_ERROR_CONFLICT /* contradicts what the file already says */
} ResultsError;

/* ---- verdicts ---------------------------------------------------------------------------------------------------- */

typedef enum {
    OUTCOME_GOOD,   /* counts as passed */
    OUTCOME_BAD,    /* the backend fell short: a run that holds one exits with 1 */
    OUTCOME_NEUTRAL /* proves nothing about the backend either way */
} Outcome;

/* X(enumerator, name, outcome, meaning). The order is that of reports. */
#define VERDICTS(X)                                                                                                    \
    X(PASS, "pass", GOOD, "every output is what the case asks for")                                                    \
    X(REJECTED_INVALID, "rejected_invalid", GOOD, "an invalid model was refused cleanly")                              \
    X(WRONG_VALUE, "wrong_value", BAD, "an element is outside its acceptance interval")                                \
    X(WRONG_SHAPE, "wrong_shape", BAD, "an output has the wrong shape")                                                \
    X(WRONG_TYPE, "wrong_type", BAD, "an output has the wrong element type")                                           \
    X(ACCEPTED_INVALID, "accepted_invalid", BAD, "an invalid model was run")                                           \
    X(REFUSED, "refused", BAD, "a valid model was refused, and the backend never declared that it would")              \
    X(CRASHED, "crashed", BAD, "the backend's process died")                                                           \
    X(TIMED_OUT, "timed_out", BAD, "no answer before the deadline")                                                    \
    X(ADAPTER_ERROR, "adapter_error", BAD, "the adapter failed, or broke the protocol")                                \
    X(VACUOUS, "vacuous", NEUTRAL, "an invalid model was refused, but so was its valid twin: nothing is proved")       \
    X(UNSUPPORTED, "unsupported", NEUTRAL, "refused, as the backend's capability manifest declares")                   \
    X(WAIVED, "waived", NEUTRAL, "falls short, under a waiver that names owner, reason and expiry")                    \
    X(NOT_RUN, "not_run", NEUTRAL, "selected, but never judged")

typedef enum {
#define X(id, name, outcome, meaning) VERDICT_##id,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
} Verdict;

const char *verdict_name(Verdict verdict); /* "wrong_value" */
gboolean verdict_from_name(const char *name, Verdict *verdict);
Outcome verdict_outcome(Verdict verdict);
const char *verdict_meaning(Verdict verdict);

/* Grades, best first; 0 where none applies. */
#define RESULTS_GRADES "RABCFV"
/* R bit-equal to the golden; A inside the strict interval; B inside a relaxed profile's only, or
 * inside the strict one with the errors of less precision; C only ONNX's legacy
 * tolerance would take it; F wrong; V void, no certificate applied. */
const char *grade_meaning(char grade); /* NULL for an unknown grade */

/* ---- what is stored ---------------------------------------------------------------------------------------------- */

/* Longer text is cut, with a note that says how long it was; longer names and JSON documents are refused. */
enum {
    RESULTS_MAX_NAME = 512,           /* ids and names */
    RESULTS_MAX_TEXT = 16 * 1024,     /* messages, summaries, logs */
    RESULTS_MAX_DOCUMENT = 256 * 1024, /* models as text; JSON */
    RESULTS_MAX_OUTPUT = 32 * 1024 * 1024 /* an output file; larger ones are refused */
};

typedef struct {
    const char *corpus;      /* the folder as the user named it */
    const char *corpus_hash; /* identity of the corpus: results of two corpora never share a file. NULL if unknown */
    const char *assay;       /* version of this program */
} RunFacts;

/* The bytes of spec/proposals/<id>/proposal.json, of which reports use: {"title", "summary", "requirements": [{"id",
 * "level", "text", "source"}], "variants": [{"id", "title", "text"}], "questions": [{"id", "title", "text"}]}. Without
 * it no report could name an untested requirement. */
typedef struct {
    const char *id;
    const char *json;
} ProposalFacts;

typedef struct {
    const char *name;         /* "ort": the key */
    const char *version;      /* "1.20.1"; NULL: it never said who it is, and gives way to facts of when it did */
    const char *device;       /* "cpu" */
    const char *environment;  /* compiler, operating system ... one line */
    const char *capabilities; /* the capability manifest, JSON */
} BackendFacts;

typedef struct {
    const char *id;                                   /* "<proposal>/<name>": the key */
    const char *proposal, *variant, *semantic, *form; /* form: native, function, decomposed */
    const char *expectation;                          /* "outputs" or "reject" */
    const char *twin;    /* of a reject case: the valid case it differs from in one thing. NULL */
    const char *summary; /* one sentence */
    const GPtrArray *requirements, *dtypes, *tags; /* of char*; NULL is empty */
    const char *model;                             /* as readable text */
    /* How the outputs are judged: a line each, below it two spaces and a rule for each that its allowance comes from. */
    const char *comparison;
    const char *graph;      /* the model's graph in Graphviz's DOT language. NULL */
    /* The first values, JSON: {"inputs": [{"name", "type", "elements": N, "values": [text]}], "outputs": [the same with
     * "lower": [text] and "upper": [text] where the interval is not a point]}. NULL */
    const char *data;
} CaseFacts;

typedef struct {
    const char *case_id, *backend; /* both put before */
    Verdict verdict;
    char grade;             /* of RESULTS_GRADES, or 0 */
    const char *profile;    /* of grade B: the relaxed profile that takes it. NULL */
    double margin;          /* largest error as a share of what was allowed; INFINITY where nothing was; NAN if none */
    const char *stage;      /* "load" or "run" where the backend refused, or died or hung and says how far it was; or NULL */
    const char *message;    /* one line for a person, the same in every run; NULL if there is nothing to say */
    const char *difference; /* expected and got, side by side, text; NULL */
    const char *signature;  /* what the wrong values look like, "kind: detail" (golden/compare/signature.h); NULL */
    const char *statistics; /* JSON: one object an output (golden/statistics_json.h); NULL if every output equals the golden
                               bit for bit, or there is no output */
    const char *waiver;     /* owner, reason, link, expiry; NULL */
    /* What it answered where that is not the golden bit for bit, JSON: {"outputs": [{"type", "values": [text],
     * "strip": text}]}; a strip has one character for each part of the elements, in order: '.' exact, '1' to '9' the
     * largest error in tenths of what was allowed, '#' wrong. NULL */
    const char *answer;
    gboolean flaky;         /* a repetition came out differently */
    gboolean contradicts_manifest; /* declared unsupported, but it worked */
    /* Observations: they differ between runs. */
    double seconds;  /* NAN if unknown */
    const char *log; /* the adapter's stderr; NULL */
    const GPtrArray *outputs; /* of GBytes: the output files, where the run keeps them; NULL. Not filled for a VerdictVisitor */
} VerdictFacts;

/* ---- writing ----------------------------------------------------------------------------------------------------- */

typedef struct Results Results;

typedef enum {
    RESULTS_READ,  /* an existing results file, never changed; but a write that was cut off is undone first */
    RESULTS_NEW,   /* a new file, or an existing results file, emptied; any other file is refused */
    RESULTS_APPEND /* an existing results file, or a new one */
} ResultsMode;

Results *results_open(const char *path, ResultsMode mode, GError **error);
void results_close(Results *results); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Results, results_close)
/* Closes; FALSE if the file does not hold everything by itself now, because the disk is full or another reads it. */
gboolean results_finish(Results *results, GError **error);

/* Moves a finished results file to `path`, in place of what was there, or leaves both as they were. What a killed run left
 * beside `path` would be taken for the new file's log: it is folded in before. IO; FORMAT if `path` is no results file. */
gboolean results_replace(const char *path, const char *finished, GError **error);
void results_delete(const char *path); /* with what stands beside it */

/* First thing in a run: CONFLICT if the file holds another corpus. */
gboolean results_begin_run(Results *results, const RunFacts *run, GError **error);

/* Putting the same again is fine, so that a resumed run needs no second path. CONFLICT if the key is known with other
 * facts (a case's facts, a backend's version, device or capabilities; its environment may differ). */
gboolean results_put_proposal(Results *results, const ProposalFacts *proposal, GError **error);
gboolean results_put_backend(Results *results, const BackendFacts *backend, GError **error);
gboolean results_put_case(Results *results, const CaseFacts *facts, GError **error);
/* Several in one transaction, in which nothing of other threads is: all of them, or none. */
gboolean results_put_cases(Results *results, const CaseFacts *const *facts, gsize n, GError **error);

/* Groups puts into one transaction. Not nested. Puts of other threads join the batch. Verdicts need none. */
gboolean results_begin_batch(Results *results, GError **error);
gboolean results_end_batch(Results *results, GError **error);

/* Replaces an earlier verdict of the same case and backend. Committed when it returns. */
gboolean results_put_verdict(Results *results, const VerdictFacts *verdict, GError **error);

/* Adds everything of `from` to `into`, in one transaction. Two different verdicts for one case and backend are a
 * CONFLICT (a missing or not_run one gives way, the reason of a not_run one is kept); of equal ones the first in text order
 * is kept, so that the order of merging does not matter. */
gboolean results_merge(Results *into, Results *from, GError **error);

/* ---- reading: always in the same order ----------------------------------------------------------------------------
 */

/* TRUE if the case has a verdict other than not_run. */
gboolean results_has_verdict(Results *results, const char *case_id, const char *backend);

/* A visitor returns FALSE with an error to stop; it must not use the Results it visits. */
typedef gboolean (*ProposalVisitor)(const ProposalFacts *proposal, gpointer data, GError **error);
typedef gboolean (*BackendVisitor)(const BackendFacts *backend, gpointer data, GError **error);
typedef gboolean (*CaseVisitor)(const CaseFacts *facts, gpointer data, GError **error);
typedef gboolean (*VerdictVisitor)(const VerdictFacts *verdict, gpointer data, GError **error);

/* What several calls below read belongs together, from results_hold() to results_release(), though a run may be writing at the time.
 * For a moment only: the writer cannot fold its log in meanwhile. Nothing for a file that this process writes. */
gboolean results_hold(Results *results, GError **error);
void     results_release(Results *results);

/* Fields never put are NULL. */
gboolean results_run(Results *results, void (*visit)(const RunFacts *run, gpointer data), gpointer data,
                     GError **error);
gboolean results_each_proposal(Results *results, ProposalVisitor visit, gpointer data, GError **error); /* by id */
gboolean results_each_backend(Results *results, BackendVisitor visit, gpointer data, GError **error);   /* by name */
/* By id; `id` NULL for all cases. */
gboolean results_each_case(Results *results, const char *id, CaseVisitor visit, gpointer data, GError **error);
/* Every case with every backend, by case id, then backend: a pair without a verdict is visited as not_run, so that
 * totals always add up. case_id and backend NULL for all. */
gboolean results_each_verdict(Results *results, const char *case_id, const char *backend, VerdictVisitor visit,
                              gpointer data, GError **error);

/* The outputs kept of one case, in order; NULL with an error, an empty array if none were kept. Of GBytes; free with
 * g_ptr_array_unref. */
GPtrArray *results_outputs(Results *results, const char *case_id, const char *backend, GError **error);

/* How many cases ended in each verdict with this backend; the sum is the number of cases. */
gboolean results_counts(Results *results, const char *backend, gint64 counts[VERDICT_COUNT], GError **error);

#endif
