#include "backends_under_test/runner/capability.h"
#include "backends_under_test/runner/backend.h"

#include <string.h>

/* ---- what a model uses --------------------------------------------------------------------------------------------- */

static void collect_graph(const Graph *graph, GHashTable *seen, guint depth);

static void collect_node(const Node *node, GHashTable *seen, guint depth)
{
    const char *domain = domain_canonical(node->domain);
    g_hash_table_add(seen, *domain ? g_strdup_printf("%s::%s", domain, node->op_type) : g_strdup(node->op_type));
    for (gsize i = 0; i < node->attributes.n; i++) {
        const Attribute *a = LIST_AT(&node->attributes, const Attribute, i);
        if (a->graph)
            collect_graph(a->graph, seen, depth + 1);
        for (gsize k = 0; a->type == ATTRIBUTE_GRAPHS && k < a->n; k++)
            collect_graph(a->graphs[k], seen, depth + 1);
    }
}

static void collect_graph(const Graph *graph, GHashTable *seen, guint depth)
{
    if (depth > 100) /* the loader's own limit on nesting; only a backstop */
        return;
    for (gsize i = 0; i < graph->nodes.n; i++)
        collect_node(LIST_AT(&graph->nodes, const Node, i), seen, depth);
}

static gint compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void model_traits_read(const Model *model, ModelTraits *traits)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    collect_graph(model->graph, seen, 0);
    for (gsize i = 0; i < model->functions.n; i++)
        collect_graph(LIST_AT(&model->functions, const Function, i)->body, seen, 0);
    traits->ops = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer       name;
    g_hash_table_iter_init(&iter, seen);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(traits->ops, g_strdup(name));
    g_ptr_array_sort(traits->ops, compare_strings);
    traits->opset = opset_version(&model->opset_imports, "");
}

void model_traits_clear(ModelTraits *traits)
{
    g_clear_pointer(&traits->ops, g_ptr_array_unref);
    traits->opset = 0;
}

/* ---- rules --------------------------------------------------------------------------------------------------------- */

void capability_rule_free(CapabilityRule *rule)
{
    if (!rule)
        return;
    g_free(rule->id);
    g_free(rule->proposal);
    g_free(rule->variant);
    g_free(rule->form);
    g_free(rule->dtype);
    g_free(rule->tag);
    g_free(rule->op);
    g_free(rule->reason);
    g_free(rule);
}

/* The text fields of a rule by their JSON names. */
static char **rule_text(CapabilityRule *rule, const char *key)
{
    const struct {
        const char *key;
        char      **field;
    } fields[] = { { "id", &rule->id },           { "proposal", &rule->proposal }, { "variant", &rule->variant },
                   { "form", &rule->form },       { "dtype", &rule->dtype },       { "tag", &rule->tag },
                   { "op", &rule->op },           { "reason", &rule->reason } };
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if (strcmp(key, fields[i].key) == 0)
            return fields[i].field;
    return NULL;
}

static gboolean rule_read_field(CapabilityRule *rule, const cJSON *field, const char *where, GError **error)
{
    char **text = rule_text(rule, field->string);
    gboolean minimum = strcmp(field->string, "min_opset") == 0, maximum = strcmp(field->string, "max_opset") == 0;
    if (text && cJSON_IsString(field)) {
        g_free(*text);
        *text = message_line(field->valuestring); /* an adapter's hello may bring it, and it is printed */
        return TRUE;
    }
    if ((minimum || maximum) && cJSON_IsNumber(field) && field->valuedouble >= 1 && field->valuedouble < 1e6) {
        *(minimum ? &rule->min_opset : &rule->max_opset) = (gint64)field->valuedouble;
        return TRUE;
    }
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT,
                "%s: '%s': expected a text for id, proposal, variant, form, dtype, tag, op or reason, or a "
                "number for min_opset or max_opset",
                where, field->string);
    return FALSE;
}

static gboolean rule_narrows(const CapabilityRule *rule)
{
    return rule->id || rule->proposal || rule->variant || rule->form || rule->dtype || rule->tag || rule->op ||
           rule->min_opset > 0 || rule->max_opset < G_MAXINT64;
}

static gboolean glob(const char *pattern, const char *text)
{
    return !pattern || g_pattern_match_simple(pattern, text ? text : "");
}

static gboolean some_dtype(const char *pattern)
{
    gsize                   n;
    const DTypeInfo *const *all = dtype_all(&n);
    for (gsize i = 0; i < n; i++)
        if (glob(pattern, all[i]->name))
            return TRUE;
    return FALSE;
}

static gboolean some_form(const char *pattern)
{
    return glob(pattern, form_name(FORM_NATIVE)) || glob(pattern, form_name(FORM_FUNCTION)) || glob(pattern, form_name(FORM_DECOMPOSED));
}

/* Element types and forms are known; what else there is depends on the corpus. */
static gboolean rule_can_apply(const CapabilityRule *rule, const char *where, GError **error)
{
    if (!some_dtype(rule->dtype))
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: 'dtype' is '%s': no element type is called so", where, rule->dtype);
    else if (!some_form(rule->form))
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: 'form' is '%s': expected native, function or decomposed", where,
                    rule->form);
    else
        return TRUE;
    return FALSE;
}

static gboolean rule_read(CapabilityRule *rule, const cJSON *json, const char *where, GError **error)
{
    const cJSON *field;
    if (!cJSON_IsObject(json)) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: a rule must be an object", where);
        return FALSE;
    }
    cJSON_ArrayForEach(field, json) if (!rule_read_field(rule, field, where, error)) return FALSE;
    if (rule_narrows(rule) && rule->reason && *rule->reason)
        return rule_can_apply(rule, where, error);
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: %s", where,
                rule_narrows(rule) ? "gives no reason"
                                   : "names nothing, so it would apply to every case: expected id, proposal, variant, form, "
                                     "dtype, tag, op, min_opset or max_opset");
    return FALSE;
}

CapabilityRule *capability_rule_read(const cJSON *json, const char *where, GError **error)
{
    CapabilityRule *rule = g_new0(CapabilityRule, 1);
    rule->max_opset = G_MAXINT64;
    if (rule_read(rule, json, where, error))
        return rule;
    capability_rule_free(rule);
    return NULL;
}

GPtrArray *capability_rules_read(const cJSON *json, const char *where, GError **error)
{
    g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func((GDestroyNotify)capability_rule_free);
    if (json && !cJSON_IsArray(json)) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: 'unsupported' must be an array of rules", where);
        return NULL;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        g_autofree char *place = g_strdup_printf("%s: rule %u", where, rules->len + 1);
        CapabilityRule  *rule = capability_rule_read(item, place, error);
        if (!rule)
            return NULL;
        g_ptr_array_add(rules, rule);
    }
    return g_steal_pointer(&rules);
}

static gboolean glob_any(const char *pattern, const GPtrArray *texts)
{
    if (!pattern)
        return TRUE;
    for (guint i = 0; texts && i < texts->len; i++)
        if (g_pattern_match_simple(pattern, texts->pdata[i]))
            return TRUE;
    return FALSE;
}

static gboolean opset_applies(const CapabilityRule *rule, gint64 opset)
{
    gboolean asked = rule->min_opset > 0 || rule->max_opset < G_MAXINT64;
    return !asked || (opset > 0 && rule->min_opset <= opset && opset <= rule->max_opset);
}

gboolean capability_rule_applies(const CapabilityRule *rule, const Case *c, const ModelTraits *traits)
{
    return glob(rule->id, c->id) && glob(rule->proposal, c->proposal) && glob(rule->variant, c->variant) &&
           glob(rule->form, form_name(c->form)) && glob_any(rule->dtype, c->dtypes) && glob_any(rule->tag, c->tags) &&
           glob_any(rule->op, traits->ops) && opset_applies(rule, traits->opset);
}

const CapabilityRule *capability_match(const GPtrArray *rules, const Case *c, const ModelTraits *traits)
{
    for (guint i = 0; i < rules->len; i++)
        if (capability_rule_applies(rules->pdata[i], c, traits))
            return rules->pdata[i];
    return NULL;
}

cJSON *capability_rules_to_json(const GPtrArray *rules)
{
    static const char *const keys[] = { "id", "proposal", "variant", "form", "dtype", "tag", "op" };
    cJSON *array = cJSON_CreateArray();
    for (guint i = 0; i < rules->len; i++) {
        CapabilityRule *rule = rules->pdata[i];
        cJSON *object = cJSON_CreateObject();
        for (gsize k = 0; k < G_N_ELEMENTS(keys); k++)
            if (*rule_text(rule, keys[k]))
                cJSON_AddStringToObject(object, keys[k], *rule_text(rule, keys[k]));
        if (rule->min_opset > 0)
            cJSON_AddNumberToObject(object, "min_opset", (double)rule->min_opset);
        if (rule->max_opset < G_MAXINT64)
            cJSON_AddNumberToObject(object, "max_opset", (double)rule->max_opset);
        cJSON_AddStringToObject(object, "reason", rule->reason);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}
