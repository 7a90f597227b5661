/* What a report is written from: the neutral rows of one results file, with what can be derived from them (requirements
 * and who tests them, totals, groups of failures). Writers read it and nothing else.
 *
 * A Report owns everything it points to; all text is valid UTF-8 of bounded length but otherwise as hostile as its
 * origin: escaping is the writer's business. Everything is in a fixed order: proposals, backends and cases by id. */
#ifndef ASSAY_REPORTS_REPORT_H
#define ASSAY_REPORTS_REPORT_H

#include "reports/changes.h"
#include "reports/history.h"

#include <cjson/cJSON.h>

typedef struct {
    Verdict verdict;
    char grade; /* or 0 */
    gboolean flaky, contradicts_manifest;
    double margin;                                  /* NAN if none */
    const char *stage, *profile, *message, *waiver; /* NULL if none */
    const char *signature;                          /* VerdictFacts.signature; NULL if none */
    double seconds;                                 /* NAN unless observations are asked for */
} ReportVerdict;

typedef struct {
    const char *id, *proposal, *variant, *semantic, *form, *expectation, *summary; /* "" where unknown */
    const char *twin, *graph; /* NULL if none; one graph in several cases is one text */
    GPtrArray *requirements, *dtypes, *tags;                                       /* of const char* */
    ReportVerdict *verdicts; /* one for each backend of the report */
} ReportCase;

/* How the cases of a group ended on one backend. */
typedef struct {
    guint verdicts[VERDICT_COUNT];
    guint grades[128]; /* by letter */
    guint good, bad, neutral, total;
    double worst_margin; /* of passing cases: how close to failing; NAN if none has a margin */
} Tally;

typedef struct {
    const char *id;                    /* with its proposal: "block-qdq/R7" */
    const char *level, *text, *source; /* where the rule comes from; "", NULL and "" if the proposal does not have it */
    GPtrArray *cases;                  /* of ReportCase* */
    guint rejects;                     /* how many of them are invalid models */
} ReportRequirement;

/* A variant or an open question of a proposal. */
typedef struct {
    const char *id, *title, *text; /* "" where unknown */
} ReportNote;

/* What an experiment found (assay experiment): sentences, a table, two drawings. */
typedef struct {
    const char *id, *title, *question, *answer;
    const char *open_question; /* id of the proposal's question that it helps to decide; NULL: none */
    const char *table, *load_svg, *run_svg;
} ReportEvidence;

typedef struct {
    const char *id, *title, *summary; /* title is the id where unknown; summary NULL where unknown */
    GPtrArray *requirements;          /* of ReportRequirement*, in the proposal's order, unlisted ones last */
    GPtrArray *variants, *questions;  /* of ReportNote* */
    GPtrArray *cases;                 /* of ReportCase* */
    GPtrArray *evidence;              /* of ReportEvidence*, in the order added */
} ReportProposal;

/* A row of a backend's FINDINGS.md: a cause of failures that somebody looked into. Cells keep their `marks of code`. */
typedef struct {
    const char *heading, *what, *shown_by, *requirement, *whose; /* "" where the table has no such column */
    GPtrArray *cases;                                            /* of ReportCase*: those of the report that it names */
} ReportFinding;

/* What a certificate says of itself (assay certify); whether that is true, only assay certify --check knows. */
typedef struct {
    const char *file, *profile, *version, *corpus; /* file: a plain name */
    gboolean granted;
    const char *reason; /* what its corpus lacks of the frozen one; "" */
    guint counted, accepted, waived, missed;
    GBytes *bytes; /* the whole file */
} ReportCertificate;

typedef struct {
    const char *name, *version, *device, *environment, *capabilities; /* "" where unknown */
    const char *findings_title;                                       /* NULL without findings */
    GPtrArray *findings;                                              /* of ReportFinding*, in the file's order */
    GPtrArray *certificates;                                          /* of ReportCertificate*, in the order added */
} ReportBackend;

typedef struct {
    RunFacts run; /* fields may be NULL */
    GPtrArray *backends, *proposals, *cases;
    gboolean observations;
    const char *baseline; /* what `changes` are since: a file's name. NULL if there is none */
    GPtrArray *changes;   /* of Change*; NULL without a baseline */
    GPtrArray *past;      /* of PastRun*, oldest first; NULL without a history */
    GPtrArray *past_changes; /* of PastChange*; NULL without a history */
    const char *corpus;      /* the folder from which report_case_files() hands on; NULL */
    /* private */
    Results *results;
    GStringChunk *strings;
} Report;

/* Loads everything but the long texts. `results` must outlive the report. With observations, durations and logs are
 * shown and two reports of the same verdicts differ. */
Report *report_load(Results *results, gboolean observations, GError **error);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Adds an experiment's folder (evidence.json, table.txt, load.svg, run.svg) to its proposal. FALSE if the folder is not
 * one, or the results have nothing of that proposal. */
gboolean report_add_evidence(Report *report, const char *folder, GError **error);

/* Adds what is known of the backends: <folder>/<backend>/FINDINGS.md, where there is one (the options of a name left out).
 * A row is a line of one of its tables, whose heads are among: what, case, shown by, requirement, whose. */
gboolean report_add_findings(Report *report, const char *folder, GError **error);

/* Adds a certificate to its backend. FALSE if it is none, or the results have nothing of that backend. */
gboolean report_add_certificate(Report *report, const char *path, GError **error);

/* Where the cases' files are; FALSE if that is not the corpus of the results. Given once. */
gboolean report_set_corpus(Report *report, const char *folder, GError **error);

/* The files of a case for somebody who has not the corpus: those of the corpus, and as answers/<backend>/output_<i>.pb what
 * the results kept. Array of ReportFile*, freed with g_ptr_array_unref(); empty without a corpus, of a case that is not in
 * it, and of more than 64 MiB. NULL with an error. */
typedef struct {
    char *name; /* relative, of letters, digits and "._-/" */
    GBytes *bytes;
} ReportFile;
GPtrArray *report_case_files(const Report *report, const ReportCase *c, GError **error);

/* What the report is held against. Both may be given once. */
gboolean report_set_baseline(Report *report, Results *baseline, const char *name, GError **error);
gboolean report_set_history(Report *report, Results *history, GError **error);

/* Assay's own evaluator, run as a backend: no independent witness. */
gboolean report_is_own(const ReportBackend *backend);

/* The long texts of one case, read when needed: thousands of models never stand in memory together. */
typedef struct {
    char *model, *comparison; /* "" where unknown */
    char *data;               /* CaseFacts.data; NULL */
    char **differences, **answers, **logs; /* one for each backend; NULL where none; logs only with observations */
    char **statistics;        /* JSON, VerdictFacts.statistics; one for each backend; NULL where none */
    gsize n;
} ReportDetail;

ReportDetail *report_detail(const Report *report, const ReportCase *c, GError **error);
void report_detail_free(ReportDetail *detail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReportDetail, report_detail_free)

/* Of the cases that `accept` takes (NULL: all). */
typedef gboolean (*CaseFilter)(const ReportCase *c, gconstpointer data);
Tally report_tally(const GPtrArray *cases, guint backend, CaseFilter accept, gconstpointer data);

/* Bad verdicts, and cases that a run says why it never judged, with the same cause: same backend, verdict, stage, and
 * signature (else message) up to its numbers. */
typedef struct {
    guint backend;
    Verdict verdict;
    const char *stage, *message, *signature; /* of the first case */
    GPtrArray *cases;            /* of ReportCase*, first by id first */
} FailureGroup;

/* Largest first. Array of FailureGroup*, freed with g_ptr_array_unref(). */
GPtrArray *report_failures(const GPtrArray *cases, const Report *report);

/* Where independent backends contradict each other: the text may be read in several ways, or a backend is wrong. */
typedef enum {
    AMBIGUITY_ANSWERS,  /* some give the golden, some another answer */
    AMBIGUITY_REFUSALS, /* some refuse the invalid model, some run it */
} AmbiguityKind;

typedef struct {
    AmbiguityKind kind;
    const char *requirement; /* full id; "" of cases that name none */
    GPtrArray *cases;        /* of const ReportCase*, smallest model first */
} Ambiguity;

/* By requirement and kind: array of Ambiguity*, freed with g_ptr_array_unref(). */
GPtrArray *report_ambiguities(const GPtrArray *cases, const Report *report);

/* JSON whose strings are as harmless as all other text of a report; NULL if it is none. Free with cJSON_Delete(). */
cJSON *report_parse(const char *text);
/* The same of what is parsed already, in place; returns it. */
cJSON *report_clean(cJSON *json);

/* The command that repeats one verdict, quoted for a shell; free with g_free(). */
char *report_replay(const Report *report, const ReportCase *c, const ReportBackend *backend);

/* ---- writers ------------------------------------------------------------------------------------------------------
 *
 *     static gboolean write_junit(const Report *report, const char *folder, GError **error) { ... }
 *     WRITER_DEFINE(junit, .description = "JUnit XML for CI systems", .file = "junit.xml", .write = write_junit)
 *
 * The Makefile collects WRITER_DEFINE lines of reports/writers/. `file` is what a person opens, inside the folder. */

typedef struct {
    const char *name, *description, *file;
    gboolean (*write)(const Report *report, const char *folder, GError **error);
} Writer;

#define WRITER_DEFINE(id, ...)                                                                                         \
    extern const Writer writer_##id;                                                                                   \
    const Writer writer_##id = { .name = #id, __VA_ARGS__ };

/* A plain file name for any name, told apart by a hash where it has to be changed; free with g_free(). */
char *report_file_part(const char *name);

/* Writes `text` to a file in the folder; subfolders of `name` are made. */
gboolean report_write_file(const char *folder, const char *name, const GString *text, GError **error);

const Writer *const *writer_all(gsize *count);
const Writer *writer_find(const char *name); /* NULL if there is none */

/* Writes every format into `folder`, which appears complete or not at all: it is written beside and renamed. An
 * existing folder is replaced only if it is empty or holds a report (the mark is a file named ".assay-report"), else
 * CONFLICT. */
gboolean report_write(const Report *report, const char *folder, const Writer *const *writers, gsize n, GError **error);

#endif
