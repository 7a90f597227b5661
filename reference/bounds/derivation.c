#include "reference/bounds/derivation.h"

#include "reference/bounds/rounding.h"

#include <math.h>
#include <string.h>

struct Derivation {
    int references;
    GArray *entries; /* of DerivationEntry, sorted by rule */
    GStringChunk *names; /* that are its own; NULL: none */
};

static _Thread_local Derivation *collecting;

Derivation *derivation_new(void)
{
    Derivation *d = g_new0(Derivation, 1);
    d->references = 1;
    d->entries = g_array_new(FALSE, TRUE, sizeof(DerivationEntry));
    return d;
}

Derivation *derivation_ref(Derivation *d)
{
    d->references++;
    return d;
}

void derivation_unref(Derivation *d)
{
    if (!d || --d->references > 0)
        return;
    g_array_unref(d->entries);
    g_clear_pointer(&d->names, g_string_chunk_free);
    g_free(d);
}

const char *derivation_own(Derivation *d, const char *name)
{
    if (!d->names)
        d->names = g_string_chunk_new(64);
    return g_string_chunk_insert_const(d->names, name);
}

gsize derivation_count(const Derivation *d)
{
    return d ? d->entries->len : 0;
}

const DerivationEntry *derivation_entry(const Derivation *d, gsize i)
{
    return &g_array_index(d->entries, DerivationEntry, i);
}

gboolean derivation_allows_nothing(const Derivation *d)
{
    for (gsize i = 0; i < derivation_count(d); i++)
        if (derivation_entry(d, i)->error > 0)
            return FALSE;
    return TRUE;
}

/* A rule has one literal, so that its address nearly always tells. */
static DerivationEntry *find(GArray *entries, const char *rule)
{
    for (guint i = 0; i < entries->len; i++)
        if (g_array_index(entries, DerivationEntry, i).rule == rule)
            return &g_array_index(entries, DerivationEntry, i);
    guint at = 0;
    while (at < entries->len && strcmp(g_array_index(entries, DerivationEntry, at).rule, rule) < 0)
        at++;
    if (at == entries->len || strcmp(g_array_index(entries, DerivationEntry, at).rule, rule) != 0)
        g_array_insert_val(entries, at, ((DerivationEntry){ .rule = rule, .unit = G_MININT }));
    return &g_array_index(entries, DerivationEntry, at);
}

void derivation_add(Derivation *to, const DerivationEntry *use)
{
    DerivationEntry *entry = find(to->entries, use->rule);
    entry->terms = MAX(entry->terms, use->terms);
    entry->unit = MAX(entry->unit, use->unit);
    entry->error = MAX(entry->error, isnan(use->error) ? INFINITY : use->error);
}

void derivation_join(Derivation *to, const Derivation *from)
{
    for (gsize i = 0; i < derivation_count(from); i++)
        derivation_add(to, derivation_entry(from, i));
}

Derivation *derivation_collect(Derivation *into)
{
    Derivation *before = collecting;
    collecting = into;
    return before;
}

void derivation_note(const char *rule, DType dtype, double terms, double error)
{
    if (collecting)
        derivation_add(collecting, &(DerivationEntry){ rule, terms, -bounds_precision(dtype), error });
}
