#include "backends_under_test/runner/select.h"
#include "backends_under_test/runner/backend.h"

#include <string.h>

typedef gboolean (*Matcher)(const Case *c, const char *glob);

static gboolean matches(const char *glob, const char *text)
{
    return g_pattern_match_simple(glob, text ? text : "");
}

static gboolean matches_any(const char *glob, const GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++)
        if (matches(glob, texts->pdata[i]))
            return TRUE;
    return FALSE;
}

static gboolean by_proposal(const Case *c, const char *glob)
{
    return matches(glob, c->proposal);
}

static gboolean by_variant(const Case *c, const char *glob)
{
    return matches(glob, c->variant);
}

static gboolean by_form(const Case *c, const char *glob)
{
    return matches(glob, form_name(c->form));
}

static gboolean by_tag(const Case *c, const char *glob)
{
    return matches_any(glob, c->tags);
}

static gboolean by_dtype(const Case *c, const char *glob)
{
    return matches_any(glob, c->dtypes);
}

static gboolean by_requirement(const Case *c, const char *glob)
{
    return matches_any(glob, c->requirements);
}

static gboolean by_expectation(const Case *c, const char *glob)
{
    return matches(glob, c->expectation == EXPECT_REJECT ? "reject" : "outputs");
}

static const struct {
    const char *key;
    Matcher     matcher;
} keys[] = { { "proposal", by_proposal },       { "variant", by_variant },         { "form", by_form }, { "tag", by_tag },
             { "dtype", by_dtype },             { "requirement", by_requirement }, { "expectation", by_expectation } };

/* The key's matcher and the glob behind '='; NULL if the term is a glob on the id. */
static Matcher find_key(const char *term, const char **glob)
{
    const char *equals = strchr(term, '=');
    for (gsize i = 0; equals && i < G_N_ELEMENTS(keys); i++) {
        if (strlen(keys[i].key) == (gsize)(equals - term) && strncmp(term, keys[i].key, strlen(keys[i].key)) == 0) {
            *glob = equals + 1;
            return keys[i].matcher;
        }
    }
    return NULL;
}

static gboolean parse_filter(const char *filter, Selection *selection, GError **error)
{
    selection->terms = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(filter ? filter : "", " ", -1);
    for (char **word = words; *word; word++) {
        const char *term = **word == '!' ? *word + 1 : *word, *glob;
        if (!**word)
            continue;
        if (!*term || (strchr(term, '=') && !find_key(term, &glob))) {
            g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT,
                        "filter term '%s': expected a glob on the case's id, or KEY=GLOB with KEY one of proposal, variant, "
                        "form, tag, dtype, requirement, expectation",
                        *word);
            return FALSE;
        }
        g_ptr_array_add(selection->terms, g_strdup(*word));
    }
    return TRUE;
}

static gboolean parse_shard(const char *shard, Selection *selection, GError **error)
{
    guint64 k = 1, n = 1;
    g_auto(GStrv) parts = g_strsplit(shard ? shard : "1/1", "/", -1);
    if (g_strv_length(parts) != 2 || !g_ascii_string_to_unsigned(parts[0], 10, 1, 1000000, &k, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 1, 1000000, &n, NULL) || k > n) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "shard '%s': expected K/N with 1 <= K <= N", shard);
        return FALSE;
    }
    selection->shard = (guint)k;
    selection->shards = (guint)n;
    return TRUE;
}

gboolean selection_parse(const char *filter, const char *shard, Selection *selection, GError **error)
{
    *selection = (Selection){ 0 };
    if (parse_filter(filter, selection, error) && parse_shard(shard, selection, error))
        return TRUE;
    selection_clear(selection);
    return FALSE;
}

void selection_clear(Selection *selection)
{
    g_clear_pointer(&selection->terms, g_ptr_array_unref);
}

/* The first 32 bits of SHA-256: spread evenly, and the same everywhere and for ever. */
static guint32 hash_of(const char *id)
{
    guint8 digest[32];
    gsize  size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)id, (gssize)strlen(id));
    g_checksum_get_digest(checksum, digest, &size);
    return (guint32)digest[0] << 24 | (guint32)digest[1] << 16 | (guint32)digest[2] << 8 | digest[3];
}

static gboolean term_matches(const char *word, const Case *c)
{
    gboolean    turned = *word == '!';
    const char *term = turned ? word + 1 : word, *glob = term;
    Matcher     matcher = find_key(term, &glob);
    return (matcher ? matcher(c, glob) : matches(glob, c->id)) != turned;
}

gboolean selection_takes(const Selection *selection, const Case *c)
{
    for (guint i = 0; i < selection->terms->len; i++)
        if (!term_matches(selection->terms->pdata[i], c))
            return FALSE;
    return selection->shards == 1 || hash_of(c->id) % selection->shards == selection->shard - 1;
}
