/* From an attempt to a verdict: the rules of README.md, in one place. Thread-safe; nothing is run here. */
#ifndef ASSAY_RUNNER_JUDGE_H
#define ASSAY_RUNNER_JUDGE_H

#include "backends_under_test/runner/worker.h"
#include "reports/results.h"

/* What judging needs to know of a case's model; read when it is first asked for. */
typedef struct {
    gsize       read; /* for g_once_init_enter() */
    ModelTraits traits;
    Type       *inputs, *outputs; /* of the graph's, nothing but their kinds: what their files hold */
    guint       n_inputs, n_outputs;
    char       *unreadable; /* its path and why it cannot be read, as many that must be refused cannot; NULL */
} ModelFacts;

/* A case as the runner uses it: read once, shared by all workers. */
typedef struct {
    char       *folder; /* absolute */
    char       *state;  /* of the folder when it was read: witness.h */
    Case       *c;
    GPtrArray  *inputs; /* of char*: the input files */
    char       *model;
    guint       place;  /* among the cases selected for a run */
    ModelFacts *facts;  /* by subject_model() only */
} Subject;

/* Thread-safe. */
const ModelFacts *subject_model(const Subject *subject);

Subject *subject_read(const char *folder, GError **error);
void     subject_free(gpointer subject);

/* What the case's results are, owned; verdict_facts() lends it to results.h. */
typedef struct {
    Verdict  verdict;
    char     grade;
    double   margin;
    char    *stage, *message, *difference, *log, *answer;
    char    *signature, *statistics, *profile; /* as VerdictFacts */
    char      *waiver;  /* waiver.h; NULL */
    GPtrArray *outputs; /* of GBytes: the output files, where the run keeps them; NULL */
    gboolean flaky, contradicts_manifest;
    gboolean plain; /* every output equals alternative 0 */
    double   seconds;
} Judgement;

void judgement_clear(Judgement *judgement);

/* Judges an attempt at a case. `rule` is the manifest rule that applies to it, or NULL. For a reject case that was refused
 * the verdict is REJECTED_INVALID until judge_twin() has looked at the twin. A case whose files changed since it was read
 * is an ADAPTER_ERROR whatever the attempt. `profile` is the relaxed profile that the backend declares, or NULL: an answer
 * outside the strict intervals but inside one of its relaxed profile passes with grade B. FALSE with CORPUS_ERROR if the case's own
 * files are damaged (damage.h) or cannot be read: then nothing can be said about the backend. */
gboolean judge(const Subject *subject, const Attempt *attempt, const CapabilityRule *rule, const char *profile,
               Judgement *judgement, GError **error);

/* Keeps the attempt's output files with the judgement. BOUNDARY: those of failures with an answer, and of passes whose largest
 * error is over half of what was allowed; ALL: of passes too. Files over RESULTS_MAX_OUTPUT are not kept. */
typedef enum { KEEP_NOTHING, KEEP_BOUNDARY, KEEP_ALL } Keep;
#define BOUNDARY_MARGIN 0.5
/* Whether the outputs decided such a verdict, so that nobody can judge it again without them. The answer to a model that must
 * be refused decides by being there, and may well have no output: it is kept, and not missed. */
gboolean judge_is_boundary(Verdict verdict, double margin);
void     judge_keep(const Attempt *attempt, Keep keep, Judgement *judgement);

/* Whether that verdict needs judge_twin(). */
gboolean judge_needs_twin(const Judgement *judgement);

/* A refusal of an invalid model proves something only if the backend takes its valid twin. `twin` NULL: not in the
 * corpus. */
void judge_twin(Judgement *judgement, const char *twin_id, const Judgement *twin, const CapabilityRule *rule);

#endif
