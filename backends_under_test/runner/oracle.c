#include "backends_under_test/runner/oracle.h"
#include "backends_under_test/runner/scratch.h"
#include "golden/write.h"

#include <math.h>
#include <string.h>

struct Oracle {
    const Subject    *subject;
    const Backend    *backend;
    const RunOptions *options;
    guint             budget, asked;
    gboolean          alone;
    char             *scratch, *outputs; /* folders */
    Worker           *worker;
    char             *kind, *why, *verdict;
    GError           *error;
};

/* ---- kinds of failure ------------------------------------------------------------------------------------------------ */

/* A message without what varies with a model's size and names: numbers, lists of them, quoted names. */
static char *skeleton(const char *message)
{
    static const char *const patterns[] = { "'[^']*'|\"[^\"]*\"", "[-+]?(0x)?[0-9][0-9a-fA-F]*([.][0-9]*)?([ep][-+]?[0-9]+)?",
                                            "[\\[({]#?([,x ]*#)*[,]?[\\])}]" };
    char *text = g_strdup(message ? message : "");
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autoptr(GRegex) regex = g_regex_new(patterns[i], 0, 0, NULL);
        g_autofree char  *old = text;
        text = g_regex_replace_literal(regex, old, -1, 0, i == 0 ? "''" : "#", 0, NULL);
        if (!text)
            text = g_strdup(old); /* not UTF-8 */
    }
    return text;
}

/* What was got: a number, or one of the values that are none. */
static const char *got_what(const char *message)
{
    const char *got = message ? strstr(message, "got ") : NULL;
    static const char *const specials[] = { "nan", "inf", "-inf" };
    for (gsize i = 0; got && i < G_N_ELEMENTS(specials); i++)
        if (g_str_has_prefix(got + strlen("got "), specials[i]))
            return specials[i];
    return "number";
}

static char *kind_of(const Judgement *j)
{
    if (j->verdict == VERDICT_WRONG_VALUE)
        return g_strdup_printf("%s %c %s", verdict_name(j->verdict), j->grade, got_what(j->message));
    if (j->verdict == VERDICT_ACCEPTED_INVALID)
        return g_strdup(verdict_name(j->verdict));
    g_autofree char *message = skeleton(j->message);
    return g_strchomp(g_strdup_printf("%s %s%s%s", verdict_name(j->verdict), j->stage ? j->stage : "", j->stage ? " " : "", message));
}

/* ---- asking ---------------------------------------------------------------------------------------------------------- */

static gboolean ensure_worker(Oracle *o, GError **error)
{
    const WorkerLimits limits = { o->options->seconds, o->options->output_bytes, NULL, 0 };
    if (o->worker && !worker_usable(o->worker))
        g_clear_pointer(&o->worker, worker_free);
    return o->worker || (o->worker = worker_start(o->backend, &limits, error));
}

static gboolean run_subject(Oracle *o, const Subject *s, Judgement *judgement, GError **error)
{
    Attempt attempt = { 0 };
    if (!ensure_worker(o, error))
        return FALSE;
    const CapabilityRule *rule = capability_match(o->backend->unsupported, s->c, &subject_model(s)->traits);
    if (!rule)
        rule = capability_match(worker_hello(o->worker)->unsupported, s->c, &subject_model(s)->traits);
    worker_run(o->worker, s->model, s->inputs, o->outputs, &attempt);
    gboolean good = judge(s, &attempt, rule, o->backend->profile, judgement, error);
    attempt_clear(&attempt);
    return scratch_empty(o->outputs, good ? error : NULL) && good;
}

static char *run_kind(Oracle *o, const char *folder, Verdict *verdict, GError **error)
{
    Judgement j = { .margin = NAN, .seconds = NAN };
    Subject  *s = subject_read(folder, error);
    char     *kind = s && run_subject(o, s, &j, error) ? kind_of(&j) : NULL;
    *verdict = j.verdict;
    judgement_clear(&j);
    subject_free(s);
    return kind;
}

/* ---- cases ----------------------------------------------------------------------------------------------------------- */

static void copy_strings(GPtrArray *into, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(into, g_strdup(from->pdata[i]));
}

/* The facts of the case that a specimen is written as. A function form whose functions are gone is decomposed. */
static Case *facts_of(const Oracle *o, const Specimen *specimen)
{
    const Case *from = o->subject->c;
    Case       *c = case_new();
    c->form = from->form == FORM_FUNCTION && specimen->model->functions.n == 0 ? FORM_DECOMPOSED : from->form;
    c->proposal = g_strdup(from->proposal);
    c->variant = g_strdup(from->variant);
    const char *form = strrchr(from->name, '-'); /* names end in their form, and one semantic case may have several */
    c->semantic = g_strdup_printf("%.*s-reduced", form ? MIN((int)(form - from->name), 90) : 90, from->name);
    c->name = g_strdup_printf("%s-%s", c->semantic, form_name(c->form));
    c->id = g_strdup_printf("%s/%s", c->proposal, c->name);
    c->summary = g_strdup_printf("%s (reduced)", from->summary);
    c->expectation = from->expectation;
    c->twin = g_strdup(from->twin);
    c->reduced_from = g_strdup(from->id);
    c->reduced_for = g_strdup_printf("%s: %s", o->backend->name, o->verdict);
    copy_strings(c->requirements, from->requirements);
    copy_strings(c->tags, from->tags);
    g_array_append_vals(c->comparisons, from->comparisons->data, from->comparisons->len);
    return c;
}

/* FALSE without an error: the specimen is no case. */
static gboolean write_specimen(const Oracle *o, const Specimen *specimen, const char *folder, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(Case)   c = facts_of(o, specimen);
    /* The types of outputs are set while writing. */
    g_autoptr(Specimen) copy = specimen_copy(specimen);
    if (!case_write(folder, c, copy->model, copy->inputs, &local)) {
        if (g_error_matches(local, CORPUS_ERROR, CORPUS_ERROR_IO) || g_error_matches(local, ONNX_ERROR, ONNX_ERROR_IO))
            g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_autofree char *why = skeleton(c->why);
    return c->expectation != EXPECT_REJECT || strcmp(why, o->why) == 0;
}

/* ---- the oracle ------------------------------------------------------------------------------------------------------- */

static gboolean may_be_reduced(const Oracle *o, Verdict verdict, GError **error)
{
    if (verdict_outcome(verdict) == OUTCOME_BAD || verdict == VERDICT_UNSUPPORTED)
        return TRUE;
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "%s ends in %s with %s: nothing to reduce", o->subject->c->id,
                verdict_name(verdict), o->backend->name);
    return FALSE;
}

Oracle *oracle_new(const Subject *subject, const Backend *backend, const RunOptions *options, guint budget, gboolean alone,
                   GError **error)
{
    g_autoptr(Oracle) o = g_new0(Oracle, 1);
    Verdict           verdict = VERDICT_NOT_RUN;
    o->subject = subject;
    o->backend = backend;
    o->options = options;
    o->budget = budget;
    o->alone = alone;
    o->why = skeleton(subject->c->why);
    if (!(o->scratch = scratch_make(error)) || !(o->outputs = scratch_make(error)) ||
        !(o->kind = run_kind(o, subject->folder, &verdict, error)) || !may_be_reduced(o, verdict, error))
        return NULL;
    o->verdict = g_strdup(verdict_name(verdict));
    return g_steal_pointer(&o);
}

void oracle_free(Oracle *o)
{
    if (!o)
        return;
    worker_free(o->worker);
    scratch_remove(o->scratch);
    scratch_remove(o->outputs);
    g_free(o->scratch);
    g_free(o->outputs);
    g_free(o->kind);
    g_free(o->why);
    g_free(o->verdict);
    g_clear_error(&o->error);
    g_free(o);
}

const char *oracle_kind(const Oracle *o)
{
    return o->kind;
}

guint oracle_asked(const Oracle *o)
{
    return o->asked;
}

gboolean oracle_tired(const Oracle *o)
{
    return o->error || o->asked >= o->budget;
}

gboolean oracle_confirms(Oracle *o, const Specimen *specimen)
{
    Verdict          verdict;
    g_autofree char *folder = g_build_filename(o->scratch, "case", NULL), *kind = NULL;
    if (oracle_tired(o))
        return FALSE;
    o->asked++;
    if (o->alone)
        g_clear_pointer(&o->worker, worker_free);
    if (write_specimen(o, specimen, folder, &o->error))
        kind = run_kind(o, folder, &verdict, &o->error);
    if (!scratch_empty(o->scratch, o->error ? NULL : &o->error))
        return FALSE;
    return kind && strcmp(kind, o->kind) == 0;
}

gboolean oracle_write(Oracle *o, const Specimen *specimen, const char *folder, GError **error)
{
    Verdict verdict;
    g_autoptr(GError) local = NULL;
    if (o->error) {
        g_propagate_error(error, g_steal_pointer(&o->error));
        return FALSE;
    }
    g_clear_pointer(&o->worker, worker_free);
    gboolean         written = write_specimen(o, specimen, folder, &local);
    g_autofree char *kind = written ? run_kind(o, folder, &verdict, &local) : NULL;
    if (kind && strcmp(kind, o->kind) == 0)
        return TRUE;
    if (local)
        g_propagate_error(error, g_steal_pointer(&local));
    else
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN,
                    "the reduced case does not fail the same way alone (%s): the failure depends on what ran before it (try --alone), or on chance",
                    kind ? kind : "the reference does not take it");
    return FALSE;
}
