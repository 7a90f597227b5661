#include "reference/eval/operator.h"

#define ENTRY(id) extern const Operator operator_##id;
#include "operators.inc"
#undef ENTRY

static const Operator *const operators[] = {
#define ENTRY(id) &operator_##id,
#include "operators.inc"
#undef ENTRY
};

const Operator *const *operator_all(gsize *count)
{
    *count = G_N_ELEMENTS(operators);
    return operators;
}

static char *key(const char *domain, const char *name)
{
    return g_strconcat(domain_canonical(domain), "::", name, NULL);
}

const Operator *operator_find(const char *domain, const char *name)
{
    static GHashTable *table;
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(operators); i++)
            g_hash_table_insert(table, key(operators[i]->domain, operators[i]->name), (gpointer)operators[i]);
        g_once_init_leave(&ready, 1);
    }
    g_autofree char *wanted = key(domain, name);
    return g_hash_table_lookup(table, wanted);
}

const OpVersion *operator_version(const Operator *op, int64_t opset)
{
    const OpVersion *best = NULL;
    for (gsize i = 0; i < op->n_versions && op->versions[i].since <= opset; i++)
        best = &op->versions[i];
    return best;
}
