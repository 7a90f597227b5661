/* Bytes as a certificate: opened, its statement derived again, written out again. What is mutated is an entry, and the whole
 * is sealed anew as a forger would: bytes changed alone never get past the root. */
#include "backends_under_test/runner/certify.h"
#include "scripts/fuzz/target.h"

#include <string.h>

/* ---- mutating -------------------------------------------------------------------------------------------------------- */

static GBytes *mutate_bytes(GBytes *bytes, gsize room)
{
    gsize       size;
    const void *data = g_bytes_get_data(bytes, &size);
    uint8_t    *copy = g_malloc0(size + room);
    if (size)
        memcpy(copy, data, size);
    const gsize changed = LLVMFuzzerMutate(copy, size, size + room);
    return g_bytes_new_take(copy, changed);
}

/* A name that an archive may hold, most of the time. */
static char *mutate_name(GRand *random, const char *name, const GPtrArray *entries)
{
    g_autofree char *copy = g_strdup(name);
    if (g_rand_boolean(random))
        return g_strdup(((const Entry *)entries->pdata[g_rand_int_range(random, 0, (gint32)entries->len)])->name);
    copy[g_rand_int_range(random, 0, (gint32)strlen(copy))] = "abz09._-/"[g_rand_int_range(random, 0, 9)];
    return g_steal_pointer(&copy);
}

/* The entries with one changed, left out, given twice, renamed, or holding another's contents; without their root. */
static GPtrArray *mutate_entries(GRand *random, const GPtrArray *from)
{
    GPtrArray   *to = archive_new();
    const guint  at = (guint)g_rand_int_range(random, 0, (gint32)from->len);
    const gint32 how = g_rand_int_range(random, 0, 12);
    for (guint i = 0; i < from->len; i++) {
        const Entry *e = from->pdata[i], *other = from->pdata[g_rand_int_range(random, 0, (gint32)from->len)];
        if (strcmp(e->name, ARCHIVE_ROOT) == 0)
            continue;
        if (i != at || how == 1)
            archive_add(to, e->name, g_bytes_ref(e->bytes));
        if (i == at && (how == 1 || how == 2)) {
            g_autofree char *name = mutate_name(random, e->name, from);
            archive_add(to, name, g_bytes_ref(e->bytes));
        } else if (i == at && how == 3) {
            archive_add(to, e->name, g_bytes_ref(other->bytes));
        } else if (i == at && how != 0) {
            archive_add(to, e->name, mutate_bytes(e->bytes, 64));
        }
    }
    return to;
}

static GBytes *seal(GPtrArray *entries)
{
    char *root = archive_root(entries);
    archive_add(entries, ARCHIVE_ROOT, g_bytes_new_take(root, strlen(root)));
    return archive_write(entries, NULL);
}

/* 0 if it is no archive, or would not fit. */
static gsize mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    g_autoptr(GBytes)    bytes = g_bytes_new(data, size);
    g_autoptr(GPtrArray) entries = archive_read(bytes, "fuzzed", NULL);
    if (!entries)
        return 0;
    GRand               *random = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) changed = mutate_entries(random, entries);
    g_autoptr(GBytes)    sealed = seal(changed);
    gsize                length = 0;
    const void          *sealed_data = sealed ? g_bytes_get_data(sealed, &length) : NULL;
    g_rand_free(random);
    if (length == 0 || length > max_size)
        return 0;
    memcpy(data, sealed_data, length);
    return length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const size_t changed = seed % 16 ? mutate(data, size, max_size, seed) : 0;
    return changed ? changed : LLVMFuzzerMutate(data, size, max_size);
}

/* ---- the target ------------------------------------------------------------------------------------------------------ */

/* What is printed as one line must be one, with nothing in it that moves a terminal's cursor. */
static void require_line(const char *what, const char *text)
{
    fuzz_require(g_utf8_validate(text, -1, NULL), "%s is no text\n", what);
    for (const char *p = text; *p; p = g_utf8_next_char(p))
        fuzz_require(!g_unichar_iscntrl(g_utf8_get_char(p)), "a control character in %s\n", what);
}

static void check_statement(const Certificate *c)
{
    GError  *error = NULL;
    Recheck  r;
    gboolean granted;
    const char *const texts[] = { c->backend, c->version, c->device, c->environment, c->assay, c->profile->id };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        require_line("the statement", texts[i]);
    fuzz_require(certify_check(c, NULL, &r, &error), "checking failed: %s\n", error->message);
    for (guint i = 0; i < r.differences->len; i++)
        require_line("a difference", r.differences->pdata[i]);
    g_autofree char *statement = certificate_statement(c, &granted);
    fuzz_require(r.differences->len > 0 || strcmp(statement, c->statement) == 0, "a false statement is not noticed\n");
    recheck_clear(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError           *error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    GPtrArray        *entries = archive_read(bytes, "fuzzed", &error);
    if (entries) {
        g_autoptr(GBytes) again = archive_write(entries, &error);
        fuzz_require(again && g_bytes_equal(bytes, again), "written again, it is another archive\n");
        g_autoptr(Certificate) c = certificate_open(entries, "fuzzed", &error);
        if (c)
            check_statement(c);
    }
    fuzz_refusal(error);
    return 0;
}
