/* TfIdfVectorizer: counts n-grams of a pool in rows of tokens.
 *
 * An n-gram of length n with s items skipped takes every (s+1)-th token; for n = 1 skipping changes nothing, so
 * 1-grams are counted once. A count is exact as a float up to 2^24; weights multiply it with one rounding. */
#include "reference/eval/certify.h"

#include <string.h>

typedef struct {
    const Tensor  *x;
    int64_t        min, max, skips;
    const int64_t *indexes, *starts; /* ngram_indexes, ngram_counts */
    gsize          n_indexes, n_starts;
    const int64_t *ints;             /* the pool, one of the two */
    const Bytes   *strings;
    gsize          pool;             /* its items */
    GHashTable    *grams;            /* GBytes of (length, tokens) to 1 + position in indexes */
    int64_t        width;            /* of an output row */
} Pool;

static void append_int(GByteArray *key, int64_t value)
{
    g_byte_array_append(key, (const guint8 *)&value, sizeof value);
}

static void append_text(GByteArray *key, const void *text, gsize length)
{
    append_int(key, (int64_t)length);
    g_byte_array_append(key, text, (guint)length);
}

static void append_pool(const Pool *p, GByteArray *key, gsize i)
{
    if (p->ints)
        append_int(key, p->ints[i]);
    else
        append_text(key, p->strings[i].data, p->strings[i].size);
}

static void append_token(const Pool *p, GByteArray *key, int64_t i)
{
    if (p->ints) {
        append_int(key, tensor_get_int(p->x, i));
        return;
    }
    gsize length;
    const char *text = tensor_get_string(p->x, i, &length);
    append_text(key, text, length);
}

static gboolean read_attributes(const Eval *ev, Pool *p, GError **error)
{
    p->min = eval_int(ev, "min_gram_length");
    p->max = eval_int(ev, "max_gram_length");
    p->skips = eval_int(ev, "max_skip_count");
    p->indexes = eval_ints(ev, "ngram_indexes", &p->n_indexes);
    p->starts = eval_ints(ev, "ngram_counts", &p->n_starts);
    gsize n_ints, n_strings;
    p->ints = eval_ints(ev, "pool_int64s", &n_ints);
    p->strings = eval_strings(ev, "pool_strings", &n_strings);
    p->pool = p->ints ? n_ints : n_strings;
    if (!p->ints == !p->strings)
        return eval_fail(error, "exactly one of pool_int64s and pool_strings must be given");
    if ((p->x->dtype == DTYPE_STRING) != (p->strings != NULL))
        return eval_fail(error, "input is %s, which does not fit the given pool", dtype_name(p->x->dtype));
    if (p->min < 1 || p->max < p->min)
        return eval_fail(error, "min_gram_length %" G_GINT64_FORMAT " and max_gram_length %" G_GINT64_FORMAT
                         " must be 1 or more and in order", p->min, p->max);
    if (p->skips < 0)
        return eval_fail(error, "max_skip_count is %" G_GINT64_FORMAT ", expected 0 or more", p->skips);
    if ((uint64_t)p->max > p->n_starts)
        return eval_fail(error,
                         "ngram_counts has %" G_GSIZE_FORMAT " entries, expected max_gram_length %" G_GINT64_FORMAT,
                         p->n_starts, p->max);
    for (gsize i = 0; i < p->n_indexes; i++) {
        if (p->indexes[i] < 0 || p->indexes[i] == INT64_MAX)
            return eval_fail(error, "ngram_indexes holds %" G_GINT64_FORMAT, p->indexes[i]);
        p->width = MAX(p->width, p->indexes[i] + 1);
    }
    return TRUE;
}

/* Fills `grams` with the pool's n-grams of admitted lengths; `ordinal` counts all of them. */
static gboolean index_pool(Pool *p, GError **error)
{
    gsize ordinal = 0;
    for (gsize level = 0; level < p->n_starts; level++) {
        const int64_t from = p->starts[level], to = level + 1 < p->n_starts ? p->starts[level + 1] : (int64_t)p->pool;
        const int64_t n = (int64_t)level + 1;
        if (from < 0 || to < from || (uint64_t)to > p->pool || (to - from) % n != 0)
            return eval_fail(error, "ngram_counts entry %" G_GSIZE_FORMAT " does not cut the pool of %" G_GSIZE_FORMAT
                             " items into %" G_GINT64_FORMAT "-grams", level, p->pool, n);
        for (int64_t at = from; at < to; at += n, ordinal++) {
            if (ordinal >= p->n_indexes)
                return eval_fail(error,
                                 "the pool has more n-grams than ngram_indexes has entries (%" G_GSIZE_FORMAT ")",
                                 p->n_indexes);
            if (n < p->min || n > p->max)
                continue;
            GByteArray *key = g_byte_array_new();
            append_int(key, n);
            for (int64_t k = 0; k < n; k++)
                append_pool(p, key, (gsize)(at + k));
            g_hash_table_insert(p->grams, g_byte_array_free_to_bytes(key), GSIZE_TO_POINTER(ordinal + 1));
        }
    }
    return TRUE;
}

/* counts has one entry per entry of ngram_indexes. */
static gboolean count_row(Eval *ev, const Pool *p, int64_t row, int64_t length, int64_t *counts, GError **error)
{
    for (int64_t skip = 0; skip <= MIN(p->skips, length); skip++)
        for (int64_t n = p->min; n <= p->max; n++) {
            if (n == 1 && skip > 0)
                continue;
            if (n > 1 && skip + 1 > (length - 1) / (n - 1))
                break; /* longer ones do not fit either */
            if (n > length)
                break;
            if (!eval_tick(ev, error))
                return FALSE;
            for (int64_t start = 0; start + (n - 1) * (skip + 1) < length; start++) {
                GByteArray *key = g_byte_array_new();
                append_int(key, n);
                for (int64_t k = 0; k < n; k++)
                    append_token(p, key, row * length + start + k * (skip + 1));
                g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(key);
                const gsize found = GPOINTER_TO_SIZE(g_hash_table_lookup(p->grams, bytes));
                if (found)
                    counts[found - 1]++;
            }
        }
    return TRUE;
}

typedef enum { MODE_TF, MODE_IDF, MODE_TFIDF } Mode;

static gboolean parse_mode(const Eval *ev, Mode *mode, GError **error)
{
    const char *name = eval_string(ev, "mode");
    static const char *const names[] = { "TF", "IDF", "TFIDF" };
    for (guint i = 0; name && i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *mode = (Mode)i;
            return TRUE;
        }
    return eval_fail(error, "mode is '%s', expected TF, IDF or TFIDF", name ? name : "");
}

/* n-grams of one output coordinate add up. */
static void write_row(const Pool *p, const int64_t *counts, Mode mode, const float *weights, float *out)
{
    for (gsize i = 0; i < p->n_indexes; i++) {
        if (counts[i] == 0)
            continue;
        const double count = mode == MODE_IDF ? 1 : (double)counts[i];
        const double weight = mode == MODE_TF || !weights ? 1 : (double)weights[i];
        out[p->indexes[i]] = (float)((double)out[p->indexes[i]] + count * weight);
    }
}

static gboolean vectorise(Eval *ev, Pool *p, GError **error)
{
    Mode mode = MODE_TF;
    gsize n_weights;
    const float *weights = eval_floats(ev, "weights", &n_weights);
    if (!parse_mode(ev, &mode, error) || !read_attributes(ev, p, error) || !index_pool(p, error))
        return FALSE;
    if (weights && n_weights != p->n_indexes)
        return eval_fail(error, "weights has %" G_GSIZE_FORMAT " entries, ngram_indexes %" G_GSIZE_FORMAT, n_weights,
                         p->n_indexes);
    const Shape *s = &p->x->shape;
    if (s->rank < 1 || s->rank > 2)
        return eval_fail(error, "input has rank %d, expected 1 or 2", s->rank);
    const int64_t rows = s->rank == 2 ? s->dims[0] : 1, length = s->dims[s->rank - 1];
    const Shape shape = s->rank == 2 ? SHAPE(rows, p->width) : SHAPE(p->width);
    g_autoptr(Tensor) y = tensor_new(DTYPE_FLOAT, &shape, error);
    g_autofree int64_t *counts = g_try_new(int64_t, p->n_indexes + 1);
    if (!y || !counts)
        return y ? eval_fail(error, "no memory for the counts") : FALSE;
    for (int64_t row = 0; row < rows; row++) {
        memset(counts, 0, p->n_indexes * sizeof *counts);
        if (!count_row(ev, p, row, length, counts, error))
            return FALSE;
        write_row(p, counts, mode, weights, (float *)y->data + row * p->width);
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&y));
    return TRUE;
}

static gboolean tf_idf_vectorizer(Eval *ev, GError **error)
{
    Pool pool = { .x = eval_input(ev, 0) };
    pool.grams = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    const gboolean ok = vectorise(ev, &pool, error);
    g_hash_table_unref(pool.grams);
    return ok;
}

OPERATOR_DEFINE(tf_idf_vectorizer, "TfIdfVectorizer", "",
    { .since = 9, .signature = "X:T -> Y:T1", .types = "T: string int32 int64 | T1: float",
      .attributes = "max_gram_length:int!, max_skip_count:int!, min_gram_length:int!, mode:string!, ngram_counts:ints!, "
                    "ngram_indexes:ints!, pool_int64s:ints, pool_strings:strings, weights:floats",
      .kernel = tf_idf_vectorizer, .bound = bound_exact })
