#include "golden/mutants/score_json.h"

#include <cJSON.h>
#include <math.h>

/* JSON has no infinity: left out where every error was on an exact value. */
static void add_finite(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
}

static void add_totals(cJSON *object, const Totals *t)
{
    cJSON_AddNumberToObject(object, "must_die", t->must_die);
    cJSON_AddNumberToObject(object, "must_die_killed", t->killed);
    cJSON_AddNumberToObject(object, "killed_twice", t->killed_twice);
    cJSON_AddNumberToObject(object, "explained", t->explained);
    cJSON_AddNumberToObject(object, "must_live", t->must_live);
    cJSON_AddNumberToObject(object, "must_live_killed", t->must_live_killed);
    cJSON_AddNumberToObject(object, "equivalent", t->equivalent);
    cJSON_AddNumberToObject(object, "equivalent_killed", t->equivalent_killed);
    add_finite(object, "margin", t->margin);
    cJSON_AddNumberToObject(object, "redundancy", t->redundancy);
}

static void add_counts(cJSON *object, const Scores *scores)
{
    const Totals t = scores_total(scores, -1);
    add_totals(object, &t);
    cJSON_AddNumberToObject(object, "cases", scores->cases);
    cJSON_AddNumberToObject(object, "in_play", scores->in_play);
    cJSON *list = cJSON_AddArrayToObject(object, "disagreements");
    for (guint i = 0; i < scores->disagreements->len; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(g_ptr_array_index(scores->disagreements, i)));
}

static cJSON *score_to_json(const Scores *scores, const Score *s)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", s->mutant->name);
    cJSON_AddStringToObject(item, "class", mutant_class_name(s->mutant->class));
    cJSON_AddNumberToObject(item, "catalogue", s->mutant->catalogue);
    cJSON_AddStringToObject(item, "description", s->mutant->description);
    cJSON_AddNumberToObject(item, "reached", s->reached);
    cJSON_AddNumberToObject(item, "killers", s->killers);
    if (s->killer) {
        cJSON_AddStringToObject(item, "killer", s->killer);
        cJSON_AddStringToObject(item, "message", s->message ? s->message : "");
        if (s->signature)
            cJSON_AddStringToObject(item, "signature", s->signature);
    }
    cJSON *by = cJSON_AddObjectToObject(item, "proposals");
    for (guint p = 0; p < scores->proposals->len; p++)
        if (s->proposals[p].reached)
            cJSON_AddNumberToObject(by, g_ptr_array_index(scores->proposals, p), s->proposals[p].killers);
    return item;
}

char *scores_to_json(const Scores *scores, const Scores *beside)
{
    cJSON *root = cJSON_CreateObject();
    add_counts(root, scores);
    cJSON *proposals = cJSON_AddObjectToObject(root, "proposals");
    for (guint p = 0; p < scores->proposals->len; p++) {
        const Totals t = scores_total(scores, (int)p);
        add_totals(cJSON_AddObjectToObject(proposals, g_ptr_array_index(scores->proposals, p)), &t);
    }
    if (beside)
        add_counts(cJSON_AddObjectToObject(root, "beside"), beside);
    cJSON *without = cJSON_AddArrayToObject(root, "without_naive_kernel");
    for (guint i = 0; i < scores->without->len; i++)
        cJSON_AddItemToArray(without, cJSON_CreateString(g_ptr_array_index(scores->without, i)));
    cJSON *mutants = cJSON_AddArrayToObject(root, "mutants");
    for (guint i = 0; i < scores->n_scores; i++)
        cJSON_AddItemToArray(mutants, score_to_json(scores, &scores->scores[i]));
    char *printed = cJSON_Print(root), *text = g_strdup(printed);
    cJSON_free(printed);
    cJSON_Delete(root);
    return text;
}
