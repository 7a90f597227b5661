#include "golden/coverage_data.h"

#include "golden/observe.h"

#include <stdio.h>
#include <string.h>

/* A case, and what was found; printed in the order of ids whoever was ready first. */
typedef struct {
    char      *folder;
    Case      *c;
    GPtrArray *observations;
    char      *failure; /* why there is nothing; NULL */
} Item;

static void item_free(gpointer data)
{
    Item *item = data;
    g_free(item->folder);
    case_free(item->c);
    if (item->observations)
        g_ptr_array_unref(item->observations);
    g_free(item->failure);
    g_free(item);
}

static GPtrArray *native_cases(const char *corpus, GError **error)
{
    g_autoptr(GPtrArray) folders = corpus_list(corpus, error);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
    for (guint i = 0; folders && i < folders->len; i++) {
        g_autoptr(Case) c = case_read(folders->pdata[i], error);
        if (!c)
            return NULL;
        if (c->form != FORM_NATIVE || c->expectation != EXPECT_OUTPUTS)
            continue;
        Item *item = g_new0(Item, 1);
        item->folder = g_strdup(folders->pdata[i]);
        item->c = g_steal_pointer(&c);
        g_ptr_array_add(items, item);
    }
    return folders ? g_steal_pointer(&items) : NULL;
}

static gboolean run_all(GPtrArray *items, GFunc work, gpointer data, guint jobs, GError **error)
{
    GThreadPool *pool = g_thread_pool_new(work, data, (gint)jobs, TRUE, error);
    if (!pool)
        return FALSE;
    for (guint i = 0; i < items->len; i++)
        g_thread_pool_push(pool, items->pdata[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    return TRUE;
}

/* ---- observability ----------------------------------------------------------------------------------------------------- */

static void observe_item(gpointer data, gpointer most)
{
    Item *item = data;
    g_autoptr(GError) error = NULL;
    item->observations = observe_case(item->c, item->folder, GPOINTER_TO_UINT(most), &error);
    item->failure = error ? g_strdup(error->message) : NULL;
}

typedef struct {
    guint64 cases, units, visible, inside, blind; /* blind: tensors of which nothing is visible */
} Sight;

static void print_sight(const char *name, const Sight *s)
{
    printf("%-24s %7" G_GUINT64_FORMAT " cases %8" G_GUINT64_FORMAT " units %8" G_GUINT64_FORMAT " visible %7" G_GUINT64_FORMAT
           " without effect %5" G_GUINT64_FORMAT " inside the interval, %" G_GUINT64_FORMAT " tensors wholly unseen\n",
           name, s->cases, s->units, s->visible, s->units - s->visible - s->inside, s->inside, s->blind);
}

/* A tensor of one name in all cases of a proposal: a probe that is blind for it does no harm if another case sees it. */
typedef struct {
    guint   cases, whole; /* with it; in which all elements tried are visible */
    double  most;         /* the largest visible share of one case */
} Named;

static void count_named(GHashTable *names, const Observation *o)
{
    Named *named = g_hash_table_lookup(names, o->name);
    if (!named)
        g_hash_table_insert(names, g_strdup(o->name), named = g_new0(Named, 1));
    named->cases++;
    named->whole += o->visible == o->units;
    named->most = MAX(named->most, (double)o->visible / o->units);
}

/* Those that no case sees wholly; empties the table. */
static void print_named(const char *proposal, GHashTable *names)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)strcmp);
    for (const GList *key = keys; key; key = key->next) {
        const Named *named = g_hash_table_lookup(names, key->data);
        if (named->whole == 0)
            printf("%s: %s: no case of %u shows all of it; the best shows %.0f %%\n", proposal, (const char *)key->data,
                   named->cases, 100 * named->most);
    }
    g_hash_table_remove_all(names);
}

static void print_item(const Item *item, Sight *sight, GHashTable *names)
{
    if (item->failure)
        printf("%s: not evaluated: %s\n", item->c->id, item->failure);
    for (guint i = 0; item->observations && i < item->observations->len; i++) {
        const Observation *o = item->observations->pdata[i];
        sight->units += o->units;
        sight->visible += o->visible;
        sight->inside += o->inside;
        sight->blind += o->visible == 0;
        count_named(names, o);
        if (o->visible < o->units)
            printf("%s: %s: %u of %u not visible (%u inside the interval): %s\n", item->c->id, o->name, o->units - o->visible,
                   o->units, o->inside, o->hidden->str);
    }
    sight->cases += item->observations != NULL;
}

static void add_sight(Sight *to, const Sight *from)
{
    to->cases += from->cases;
    to->units += from->units;
    to->visible += from->visible;
    to->inside += from->inside;
    to->blind += from->blind;
}

gboolean coverage_observability(const char *corpus, guint most, guint jobs, GError **error)
{
    g_autoptr(GPtrArray) items = native_cases(corpus, error);
    Sight total = { 0 }, sight = { 0 };
    if (!items || !run_all(items, observe_item, GUINT_TO_POINTER(most), jobs, error))
        return FALSE;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GArray) sights = g_array_new(FALSE, FALSE, sizeof(Sight));
    g_autoptr(GHashTable) tensors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i];
        print_item(item, &sight, tensors);
        const Item *next = i + 1 < items->len ? items->pdata[i + 1] : NULL;
        if (next && strcmp(next->c->proposal, item->c->proposal) == 0)
            continue;
        print_named(item->c->proposal, tensors);
        g_ptr_array_add(names, item->c->proposal);
        g_array_append_val(sights, sight);
        add_sight(&total, &sight);
        sight = (Sight){ 0 };
    }
    for (guint i = 0; i < names->len; i++)
        print_sight(names->pdata[i], &g_array_index(sights, Sight, i));
    print_sight("all", &total);
    printf("golden/OBSERVABILITY.md says why\n");
    return TRUE;
}

/* ---- goldens --------------------------------------------------------------------------------------------------------------- */

static void print_proofs(const char *name, const guint counts[4])
{
    printf("%-24s %6u exact %6u proven %6u bounded %6u not recorded\n", name, counts[GOLDEN_EXACT], counts[GOLDEN_PROVEN],
           counts[GOLDEN_BOUNDED], counts[3]);
}

/* Outputs, not cases: a cache beside an attention is exact, whatever the attention is. */
static void count_item(const Item *item, guint counts[4])
{
    for (guint i = 0; i < item->c->certificates->len; i++) {
        const GoldenCertificate *g = &g_array_index(item->c->certificates, GoldenCertificate, i);
        counts[g->proof]++;
        if (g->open)
            printf("%s: output %u: %" G_GINT64_FORMAT " elements open\n", item->c->id, i, g->open);
    }
    counts[3] += item->c->n_outputs - item->c->certificates->len;
}

gboolean coverage_goldens(const char *corpus, GError **error)
{
    g_autoptr(GPtrArray) items = native_cases(corpus, error);
    if (!items)
        return FALSE;
    guint counts[4] = { 0 }, total[4] = { 0 };
    for (guint i = 0; i < items->len; i++) {
        const Item *item = items->pdata[i], *next = i + 1 < items->len ? items->pdata[i + 1] : NULL;
        count_item(item, counts);
        if (next && strcmp(next->c->proposal, item->c->proposal) == 0)
            continue;
        print_proofs(item->c->proposal, counts);
        for (gsize k = 0; k < G_N_ELEMENTS(counts); k++)
            total[k] += counts[k];
        memset(counts, 0, sizeof counts);
    }
    print_proofs("all", total);
    return TRUE;
}
