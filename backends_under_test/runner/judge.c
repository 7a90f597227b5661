#include "backends_under_test/runner/judge.h"
#include "backends_under_test/runner/damage.h"
#include "backends_under_test/runner/difference.h"
#include "backends_under_test/runner/pair.h"
#include "backends_under_test/runner/preview.h"
#include "backends_under_test/runner/witness.h"
#include "golden/relaxed.h"
#include "reference/context/context.h"

#include <cjson/cJSON.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

enum { SMALL_ANSWER = 16 << 20 }; /* bytes: what a machine that runs this has */

/* ---- cases --------------------------------------------------------------------------------------------------------- */

void subject_free(gpointer data)
{
    Subject *s = data;
    if (!s)
        return;
    g_free(s->folder);
    g_free(s->state);
    g_free(s->model);
    case_free(s->c);
    if (s->inputs)
        g_ptr_array_unref(s->inputs);
    model_traits_clear(&s->facts->traits);
    g_free(s->facts->inputs);
    g_free(s->facts->outputs);
    g_free(s->facts->unreadable);
    g_free(s->facts);
    g_free(s);
}

static Type *kinds_of(const List *values, guint *n)
{
    Type *kinds = g_new0(Type, values->n + 1);
    *n = (guint)values->n;
    for (guint i = 0; i < *n; i++) {
        const Type *type = LIST_AT(values, ValueInfo, i)->type;
        kinds[i].kind = type ? type->kind : TYPE_TENSOR;
    }
    return kinds;
}

static void read_facts(const Model *model, ModelFacts *facts)
{
    model_traits_read(model, &facts->traits);
    facts->inputs = kinds_of(&model->graph->inputs, &facts->n_inputs);
    facts->outputs = kinds_of(&model->graph->outputs, &facts->n_outputs);
}

const ModelFacts *subject_model(const Subject *s)
{
    if (g_once_init_enter(&s->facts->read)) {
        g_autoptr(GError) unreadable = NULL;
        g_autoptr(Model)  model = container_original(s->model, &unreadable); /* whatever payloads it carries */
        if (model)
            read_facts(model, s->facts);
        else
            s->facts->unreadable = g_str_has_prefix(unreadable->message, s->model)
                                       ? g_strdup(unreadable->message)
                                       : g_strdup_printf("%s: %s", s->model, unreadable->message);
        g_once_init_leave(&s->facts->read, 1);
    }
    return s->facts;
}

Subject *subject_read(const char *folder, GError **error)
{
    Subject *s = g_new0(Subject, 1);
    s->facts = g_new0(ModelFacts, 1);
    s->folder = g_canonicalize_filename(folder, NULL);
    s->state = witness_take(s->folder);
    if (!(s->c = case_read(s->folder, error))) {
        subject_free(s);
        return NULL;
    }
    s->model = case_model_path(s->folder);
    s->inputs = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < s->c->n_inputs; i++)
        g_ptr_array_add(s->inputs, case_data_path(s->folder, "input", i));
    return s;
}

void judgement_clear(Judgement *j)
{
    g_free(j->stage);
    g_free(j->message);
    g_free(j->difference);
    g_free(j->signature);
    g_free(j->statistics);
    g_free(j->profile);
    g_free(j->log);
    g_free(j->answer);
    g_free(j->waiver);
    g_clear_pointer(&j->outputs, g_ptr_array_unref);
    *j = (Judgement){ .margin = NAN, .seconds = NAN };
}

/* ---- outputs ------------------------------------------------------------------------------------------------------- */

static void set(Judgement *j, Verdict verdict, char *message)
{
    j->verdict = verdict;
    g_free(j->message);
    j->message = message;
}

/* Types of the graph's outputs say whether a file holds a tensor or a sequence. */
static const Type *output_type(const Subject *s, guint i)
{
    const ModelFacts *facts = subject_model(s);
    return i < facts->n_outputs ? &facts->outputs[i] : NULL;
}

static Verdict verdict_of(Compared result)
{
    switch (result) {
    case COMPARED_RIGHT:
        return VERDICT_PASS;
    case COMPARED_WRONG_SHAPE:
        return VERDICT_WRONG_SHAPE;
    case COMPARED_WRONG_TYPE:
        return VERDICT_WRONG_TYPE;
    default:
        return VERDICT_WRONG_VALUE;
    }
}

/* Sets *match to the recorded other answer that the output equals bit for bit, for texts that are ambiguous; -1 if none. */
static gboolean find_alternative(const Subject *s, const Type *type, guint i, const Value *actual, int *match, GError **error)
{
    *match = -1;
    for (guint k = 0; k < s->c->alternatives->len && *match < 0; k++) {
        g_autofree char *path = case_alternative_path(s->folder, k, i);
        g_autoptr(Value) other = value_load(path, type, NULL, error);
        CompareSpec bits = { .mode = COMPARE_VALUE };
        Comparison  c = { 0 };
        if (!other)
            return FALSE;
        if (compare_values(&bits, other, NULL, NULL, actual, &c))
            *match = (int)k;
        comparison_clear(&c);
    }
    return TRUE;
}

/* Whether it is not the adapter's fault that its answer cannot be read: where there is no memory even for a small file, the
 * harness has none. A large one may be all that is wrong. */
static gboolean harness_is_short(const char *path, const GError *cause)
{
    GStatBuf about;
    return g_error_matches(cause, ONNX_ERROR, ONNX_ERROR_MEMORY) && g_stat(path, &about) == 0 &&
           about.st_size <= (off_t)SMALL_ANSWER;
}

/* The worse of two grades stays: R, A, C, F in that order. */
static char worse_grade(char a, char b)
{
    static const char order[] = "RABCF";
    if (!a || !b)
        return a ? a : b;
    return strchr(order, a) > strchr(order, b) ? a : b;
}

static gboolean take_comparison(const Subject *s, const Type *type, guint i, const Pair *pair, const Comparison *c, Judgement *j,
                                GError **error)
{
    int k = -1;
    if ((c->result != COMPARED_RIGHT || s->c->aware) && !find_alternative(s, type, i, pair->actual, &k, error))
        return FALSE;
    j->grade = worse_grade(j->grade, c->grade);
    j->margin = isnan(j->margin) ? c->margin : MAX(j->margin, c->margin);
    j->plain &= k == 0;
    if (c->result == COMPARED_RIGHT || j->verdict != VERDICT_PASS)
        return TRUE;
    set(j, verdict_of(c->result),
        g_strdup_printf("output %u: %s%s%s", i, c->message ? c->message : "wrong",
                        k >= 0 ? "; equals the recorded alternative: " : "",
                        k >= 0 ? (const char *)s->c->alternatives->pdata[k] : ""));
    if (c->result != COMPARED_WRONG_VALUE || pair->golden->kind != VALUE_TENSOR)
        return TRUE;
    j->difference = difference_table(pair->golden->tensor, pair->actual->tensor, c->first, s->inputs);
    /* What it is needs no guess what it looks like. */
    j->signature = k < 0 ? pair_signature(pair)
                         : g_strdup_printf("the recorded alternative: %s", (const char *)s->c->alternatives->pdata[k]);
    return TRUE;
}

/* Without the place where outputs are written, which differs from run to run. */
static char *unreadable(guint i, const char *path, const char *message)
{
    g_autofree char   *folder = g_path_get_dirname(path), *prefix = g_strconcat(folder, "/", NULL);
    g_autoptr(GString) text = g_string_new(message);
    g_string_replace(text, prefix, "", 0);
    return g_strdup_printf("output %u cannot be read: %s", i, text->str);
}

static gboolean judge_output(const Subject *s, const Type *type, guint i, const char *path, Judgement *j, cJSON *answers,
                             cJSON *statistics, gboolean *full_precision, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(Pair)      pair = { 0 };
    if (!pair_read(s->folder, s->c, i, type, &pair, error))
        return FALSE;
    if (!(pair.actual = value_load(path, type, NULL, &local))) {
        if (harness_is_short(path, local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        preview_answer(answers, &pair);
        if (j->verdict == VERDICT_PASS)
            set(j, VERDICT_ADAPTER_ERROR, unreadable(i, path, local->message));
        cJSON_AddItemToArray(statistics, cJSON_CreateNull());
        return TRUE;
    }
    Comparison c = { 0 };
    compare_values(pair.spec, pair.golden, pair.lower, pair.upper, pair.actual, &c);
    const gboolean good = take_comparison(s, type, i, &pair, &c, j, error);
    preview_answer(answers, &pair);
    comparison_clear(&c);
    cJSON_AddItemToArray(statistics, pair_statistics(&pair, full_precision));
    return good;
}

/* NULL for what results cannot hold. */
static char *json_text(const cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json), *copy = strlen(text) <= RESULTS_MAX_DOCUMENT ? g_strdup(text) : NULL;
    cJSON_free(text);
    return copy;
}

/* NULL if an output cannot be read; with an error if that is not the adapter's fault. */
static GPtrArray *load_answer(const Subject *s, const Attempt *attempt, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (guint i = 0; i < attempt->outputs->len; i++) {
        g_autoptr(GError) local = NULL;
        Value            *value = value_load(attempt->outputs->pdata[i], output_type(s, i), NULL, &local);
        if (!value && harness_is_short(attempt->outputs->pdata[i], local))
            g_propagate_error(error, g_steal_pointer(&local));
        if (!value)
            return NULL;
        g_ptr_array_add(values, value);
    }
    return g_steal_pointer(&values);
}

/* What is wrong by the strict intervals may be inside those of a relaxed profile: grade B. It passes if the backend has
 * declared a profile that takes it; else it stays wrong, but the report can say what the backend behaves like. */
static gboolean relax(const Subject *s, const Attempt *attempt, const char *declared, Judgement *j, GError **error)
{
    gboolean declared_holds;
    GError  *local = NULL;
    g_autoptr(GPtrArray) answer = load_answer(s, attempt, &local);
    if (local) {
        g_propagate_error(error, local);
        return FALSE;
    }
    const char *profile = answer ? relaxed_profile(s->c, s->folder, (Value *const *)answer->pdata, declared, &declared_holds) : NULL;
    if (!profile)
        return TRUE;
    j->grade = 'B';
    j->profile = g_strdup(profile);
    if (declared_holds) {
        set(j, VERDICT_PASS, NULL);
        return TRUE;
    }
    g_autofree char *strict = g_steal_pointer(&j->message);
    j->message = g_strdup_printf("%s; inside profile %s, which is not declared", strict, profile);
    return TRUE;
}

static gboolean judge_outputs(const Subject *s, const Attempt *attempt, const char *declared, Judgement *j, GError **error)
{
    if (attempt->outputs->len != s->c->n_outputs) {
        set(j, VERDICT_ADAPTER_ERROR,
            g_strdup_printf("answered %u output files: expected %u", attempt->outputs->len, s->c->n_outputs));
        return TRUE;
    }
    const char *unreadable = subject_model(s)->unreadable;
    if (unreadable) {
        g_set_error_literal(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, unreadable);
        return FALSE;
    }
    set(j, VERDICT_PASS, NULL);
    j->plain = TRUE;
    cJSON   *answer = cJSON_CreateObject(), *answers = cJSON_AddArrayToObject(answer, "outputs");
    cJSON   *statistics = cJSON_CreateArray();
    gboolean good = TRUE, full_precision = TRUE;
    for (guint i = 0; i < attempt->outputs->len && good; i++)
        good = judge_output(s, output_type(s, i), i, attempt->outputs->pdata[i], j, answers, statistics, &full_precision, error);
    if (good && j->verdict == VERDICT_WRONG_VALUE)
        good = relax(s, attempt, declared, j, error);
    if (j->grade == 'A' && !full_precision) /* of no profile, and no reason to fail */
        j->grade = 'B';
    if (good && j->grade != 'R') { /* else it is the golden */
        j->answer = json_text(answer);
        j->statistics = j->grade ? json_text(statistics) : NULL;
    }
    cJSON_Delete(answer);
    cJSON_Delete(statistics);
    return good;
}

/* ---- verdicts ------------------------------------------------------------------------------------------------------ */

static void judge_refusal(const Subject *s, const Attempt *attempt, const CapabilityRule *rule, Judgement *j)
{
    j->stage = g_strdup(attempt->stage);
    if (s->c->expectation == EXPECT_REJECT)
        set(j, VERDICT_REJECTED_INVALID, g_strdup(attempt->message));
    else if (rule)
        set(j, VERDICT_UNSUPPORTED, g_strdup_printf("declared: %s; refused: %s", rule->reason, attempt->message));
    else
        set(j, VERDICT_REFUSED, g_strdup(attempt->message));
}

/* A backend's words as results keep them: on one line, and without the corpus's place on this machine, so that the same
 * cause reads the same everywhere. */
static char *tidy(const Subject *s, const char *message)
{
    g_autofree char   *prefix = g_strconcat(s->folder, "/", NULL);
    g_autoptr(GString) text = g_string_new(message);
    g_string_replace(text, prefix, "", 0);
    for (gsize i = 0; i < text->len; i++)
        if ((guchar)text->str[i] < 0x20)
            text->str[i] = ' ';
    return g_strstrip(g_strdup(text->str));
}

/* Nothing can be judged by files that the backend may have written. */
static gboolean judge_tampering(const Subject *s, Judgement *j)
{
    g_autofree char *changed = witness_difference(s->folder, s->state);
    if (changed)
        set(j, VERDICT_ADAPTER_ERROR,
            g_strdup_printf("the case's files changed during the run (%s): regenerate the corpus", changed));
    return changed != NULL;
}

/* An answer to a valid case is held against its files anyway. */
static gboolean check_files(const Subject *s, const Attempt *attempt, GError **error)
{
    return damage_check_presence(s, error) &&
           ((attempt->kind == ATTEMPT_ANSWERED && s->c->expectation == EXPECT_OUTPUTS) || damage_check_content(s, error));
}

static gboolean judge_attempt(const Subject *s, const Attempt *attempt, const CapabilityRule *rule, const char *declared,
                              Judgement *j, GError **error)
{
    if (!check_files(s, attempt, error))
        return FALSE;
    switch (attempt->kind) {
    case ATTEMPT_CRASHED:
        set(j, VERDICT_CRASHED, g_strdup(attempt->message));
        j->stage = g_strdup(attempt->stage);
        break;
    case ATTEMPT_TIMED_OUT:
        set(j, VERDICT_TIMED_OUT, g_strdup(attempt->message));
        j->stage = g_strdup(attempt->stage);
        break;
    case ATTEMPT_VIOLATION:
        set(j, VERDICT_ADAPTER_ERROR, g_strdup(attempt->message));
        break;
    case ATTEMPT_REFUSED:
        judge_refusal(s, attempt, rule, j);
        break;
    case ATTEMPT_ANSWERED:
        if (s->c->expectation == EXPECT_REJECT)
            set(j, VERDICT_ACCEPTED_INVALID,
                g_strdup_printf("ran a model that must be refused: %s", s->c->why ? s->c->why : s->c->summary));
        else if (!judge_outputs(s, attempt, declared, j, error))
            return FALSE;
        break;
    }
    return TRUE;
}

/* Where a file is also a valid model of another meaning, a backend that declares that it does not know of the proposal is
 * held to that meaning: it may take what should be refused, and give what alternative 0 says, but nothing else. */
static void judge_unaware(const Subject *s, const CapabilityRule *rule, Judgement *j)
{
    const gboolean wrong = j->verdict == VERDICT_WRONG_VALUE && j->plain;
    if (!s->c->aware || !rule || !(wrong || j->verdict == VERDICT_ACCEPTED_INVALID))
        return;
    set(j, VERDICT_UNSUPPORTED, g_strdup_printf("declared: %s; took the file as an ordinary model", rule->reason));
    g_clear_pointer(&j->difference, g_free);
    g_clear_pointer(&j->signature, g_free);
}

gboolean judge(const Subject *s, const Attempt *attempt, const CapabilityRule *rule, const char *profile, Judgement *j,
               GError **error)
{
    *j = (Judgement){ .verdict = VERDICT_NOT_RUN, .margin = NAN, .seconds = attempt->seconds };
    if (!judge_tampering(s, j) && !judge_attempt(s, attempt, rule, profile, j, error))
        return FALSE;
    judge_unaware(s, rule, j);
    if (rule && j->verdict == VERDICT_PASS) {
        j->contradicts_manifest = TRUE;
        set(j, VERDICT_PASS, g_strdup_printf("declared unsupported (%s), yet it works", rule->reason));
    }
    if (j->message) {
        g_autofree char *message = g_steal_pointer(&j->message);
        j->message = tidy(s, message);
    }
    if (verdict_outcome(j->verdict) != OUTCOME_GOOD && attempt->log && *attempt->log)
        j->log = g_strdup(attempt->log);
    return TRUE;
}

gboolean judge_is_boundary(Verdict verdict, double margin)
{
    return verdict == VERDICT_WRONG_VALUE || verdict == VERDICT_WRONG_SHAPE || verdict == VERDICT_WRONG_TYPE ||
           (verdict == VERDICT_PASS && margin > BOUNDARY_MARGIN);
}

void judge_keep(const Attempt *attempt, Keep keep, Judgement *j)
{
    const gboolean boundary = judge_is_boundary(j->verdict, j->margin) || j->verdict == VERDICT_ACCEPTED_INVALID;
    const gboolean wanted = boundary ? keep != KEEP_NOTHING : keep == KEEP_ALL && j->verdict == VERDICT_PASS;
    if (attempt->kind != ATTEMPT_ANSWERED || !wanted)
        return;
    g_autoptr(GPtrArray) outputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < attempt->outputs->len; i++) {
        char *data = NULL;
        gsize size;
        if (!g_file_get_contents(attempt->outputs->pdata[i], &data, &size, NULL))
            return;
        g_ptr_array_add(outputs, g_bytes_new_take(data, size));
        if (size > RESULTS_MAX_OUTPUT)
            return;
    }
    j->outputs = g_steal_pointer(&outputs);
}

gboolean judge_needs_twin(const Judgement *j)
{
    return j->verdict == VERDICT_REJECTED_INVALID;
}

void judge_twin(Judgement *j, const char *twin_id, const Judgement *twin, const CapabilityRule *rule)
{
    if (twin && twin->verdict == VERDICT_PASS)
        return;
    Verdict verdict = rule ? VERDICT_UNSUPPORTED : VERDICT_VACUOUS;
    set(j, verdict,
        g_strdup_printf("refused (%s), but the valid twin %s %s%s", j->message, twin_id ? twin_id : "is not named and",
                        twin ? "ends in " : "is not in the corpus", twin ? verdict_name(twin->verdict) : ""));
}
