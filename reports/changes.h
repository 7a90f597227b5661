/* Two sets of verdicts held against each other: two results files, or two runs of a history. */
#ifndef ASSAY_REPORTS_CHANGES_H
#define ASSAY_REPORTS_CHANGES_H

#include "reports/results.h"

/* A set owns what it points to. */
typedef struct {
    GHashTable *verdicts; /* "case\x1fbackend" -> Verdict + 1 */
    GHashTable *backends; /* name -> version */
    GHashTable *cases;    /* case id -> itself */
    char *corpus_hash;    /* "" where unknown */
} VerdictSet;

VerdictSet *verdict_set_load(Results *results, GError **error);
/* After run `id` of a history (history.h); 0 for its last run. */
VerdictSet *verdict_set_load_past(Results *history, guint id, GError **error);
void verdict_set_free(VerdictSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerdictSet, verdict_set_free)

/* X(enumerator, name, meaning). The order is that of reports: what needs a person first. */
#define CHANGES(X)                                                                                                     \
    X(REGRESSED, "regressed", "was good and is not any more")                                                          \
    X(CHANGED, "changed", "falls short or proves nothing as before, in another way")                                   \
    X(FIXED, "fixed", "is good and was not")                                                                           \
    X(NEW, "new", "the case or the backend was not there before")                                                      \
    X(GONE, "gone", "the case or the backend is not there any more")

typedef enum {
#define X(id, name, meaning) CHANGE_##id,
    CHANGES(X)
#undef X
        CHANGE_COUNT
} ChangeKind;

const char *change_name(ChangeKind kind);
const char *change_meaning(ChangeKind kind);

typedef struct {
    ChangeKind kind;
    const char *case_id, *backend; /* owned */
    Verdict before, after;         /* VERDICT_COUNT: none */
} Change;

/* By kind, backend and case: array of Change*, freed with g_ptr_array_unref().
 *
 * A good verdict that is missing now is a regression, not merely gone: where the corpus is the same, and where the whole
 * backend is missing. A run that lost cases or a backend must not look better than one that failed them. */
GPtrArray *changes_between(const VerdictSet *old, const VerdictSet *now);

/* ---- the gate ---------------------------------------------------------------------------------------------------- */

/* What --fail-on asks for. */
typedef enum {
    GATE_NONE,
    GATE_REGRESSION, /* a change of kind regressed */
    GATE_ANY,        /* a bad verdict, or a case never judged: whatever JUnit calls a failure or an error */
    GATE_WRONG       /* the same but refused: what is not there is not wrong */
} Gate;

gboolean gate_from_name(const char *name, Gate *gate); /* "regression", "any", "wrong" */

/* NULL if the gate lets it through, else one line that says why not; free with g_free(). `changes` is needed for
 * regressions only. A set without a good or bad verdict never passes a gate: nothing was proved. */
char *gate_holds_back(Gate gate, const VerdictSet *now, const GPtrArray *changes);

#endif
