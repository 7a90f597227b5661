#include "reference/bounds/derivation.h"

#include "reference/bounds/rounding.h"

#include <math.h>
#include <string.h>

struct Derivation {
    GArray *entries; /* of DerivationEntry */
};

static _Thread_local Derivation *open_derivation;

void derivation_begin(void)
{
    derivation_free(open_derivation);
    open_derivation = g_new0(Derivation, 1);
    open_derivation->entries = g_array_new(FALSE, TRUE, sizeof(DerivationEntry));
}

static gint by_rule(gconstpointer a, gconstpointer b)
{
    return strcmp(((const DerivationEntry *)a)->rule, ((const DerivationEntry *)b)->rule);
}

Derivation *derivation_end(void)
{
    Derivation *d = g_steal_pointer(&open_derivation);
    if (d)
        g_array_sort(d->entries, by_rule);
    return d;
}

void derivation_free(Derivation *d)
{
    if (!d)
        return;
    g_array_unref(d->entries);
    g_free(d);
}

gsize derivation_count(const Derivation *d)
{
    return d->entries->len;
}

const DerivationEntry *derivation_entry(const Derivation *d, gsize i)
{
    return &g_array_index(d->entries, DerivationEntry, i);
}

static DerivationEntry *find(GArray *entries, const char *rule)
{
    for (guint i = 0; i < entries->len; i++)
        if (strcmp(g_array_index(entries, DerivationEntry, i).rule, rule) == 0)
            return &g_array_index(entries, DerivationEntry, i);
    g_array_append_val(entries, ((DerivationEntry){ .rule = rule, .unit = G_MININT }));
    return &g_array_index(entries, DerivationEntry, entries->len - 1);
}

void derivation_note(const char *rule, DType dtype, double terms, double error)
{
    if (!open_derivation)
        return;
    DerivationEntry *entry = find(open_derivation->entries, rule);
    entry->uses++;
    entry->exact += error == 0;
    entry->terms = MAX(entry->terms, terms);
    entry->unit = MAX(entry->unit, -bounds_precision(dtype));
    entry->error = MAX(entry->error, isnan(error) ? INFINITY : error);
}
