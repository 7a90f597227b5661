#include "golden/mutants/mutant.h"

#include <string.h>

#define ENTRY(id) extern Mutant mutant_##id;
#include "mutants.inc"
#undef ENTRY

static Mutant *all[] = {
#define ENTRY(id) &mutant_##id,
#include "mutants.inc"
#undef ENTRY
};

G_STATIC_ASSERT(G_N_ELEMENTS(all) <= MUTANT_SET_WORDS * 64);

static const char *const class_names[] = { "must-die", "must-live", "equivalent" };

const char *mutant_class_name(MutantClass class)
{
    return class_names[class];
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(Mutant *const *)a)->name, (*(Mutant *const *)b)->name);
}

Mutant *const *mutant_all(guint *count)
{
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        qsort(all, G_N_ELEMENTS(all), sizeof *all, by_name);
        for (guint i = 0; i < G_N_ELEMENTS(all); i++)
            all[i]->index = i;
        g_once_init_leave(&ready, 1);
    }
    *count = G_N_ELEMENTS(all);
    return all;
}

Mutant *mutant_find(const char *name)
{
    guint n;
    Mutant *const *mutants = mutant_all(&n);
    for (guint i = 0; i < n; i++)
        if (strcmp(mutants[i]->name, name) == 0)
            return mutants[i];
    return NULL;
}

gboolean mutant_set_has(const MutantSet *set, const Mutant *mutant)
{
    return (set->words[mutant->index / 64] >> mutant->index % 64 & 1) != 0;
}

static _Thread_local struct {
    const Mutant *active;
    MutantSet     reached;
} current;

void mutant_begin(const Mutant *active)
{
    guint n;
    mutant_all(&n); /* indices are set before any is used */
    current.active = active;
    current.reached = (MutantSet){ { 0 } };
}

MutantSet mutant_reached(void)
{
    return current.reached;
}

gboolean mutant_is_on(const Mutant *mutant)
{
    current.reached.words[mutant->index / 64] |= (guint64)1 << mutant->index % 64;
    return current.active == mutant;
}
