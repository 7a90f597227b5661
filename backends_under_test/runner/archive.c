#include "backends_under_test/runner/archive.h"
#include "backends_under_test/runner/backend.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#define MAX_ENTRIES 200000

static void entry_free(gpointer data)
{
    Entry *e = data;
    g_free(e->name);
    g_bytes_unref(e->bytes);
    g_free(e);
}

GPtrArray *archive_new(void)
{
    return g_ptr_array_new_with_free_func(entry_free);
}

void archive_add(GPtrArray *entries, const char *name, GBytes *bytes)
{
    Entry *e = g_new(Entry, 1);
    *e = (Entry){ g_strdup(name), bytes };
    g_ptr_array_add(entries, e);
}

GBytes *archive_get(const GPtrArray *entries, const char *name)
{
    for (guint i = 0; i < entries->len; i++)
        if (strcmp(((const Entry *)entries->pdata[i])->name, name) == 0)
            return ((const Entry *)entries->pdata[i])->bytes;
    return NULL;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Entry *const *)a)->name, (*(Entry *const *)b)->name);
}

/* ---- the root ----------------------------------------------------------------------------------------------------------- */

#define DIGEST 32

static void finish(GChecksum *sum, guint8 *digest)
{
    gsize length = DIGEST;
    g_checksum_get_digest(sum, digest, &length);
    g_checksum_free(sum);
}

static void leaf(const Entry *e, guint8 *digest)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize      size;
    const guint8 *data = g_bytes_get_data(e->bytes, &size);
    g_checksum_update(sum, (const guint8[]){ 0 }, 1);
    g_checksum_update(sum, (const guint8 *)e->name, (gssize)strlen(e->name) + 1);
    if (size > 0)
        g_checksum_update(sum, data, (gssize)size);
    finish(sum, digest);
}

static void tree(const GPtrArray *leaves, guint first, guint n, guint8 *digest)
{
    guint  left = 1;
    guint8 children[2 * DIGEST];
    if (n == 1) {
        leaf(leaves->pdata[first], digest);
        return;
    }
    while (left * 2 < n)
        left *= 2;
    tree(leaves, first, left, children);
    tree(leaves, first + left, n - left, children + DIGEST);
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guint8[]){ 1 }, 1);
    g_checksum_update(sum, children, sizeof children);
    finish(sum, digest);
}

char *archive_root(const GPtrArray *entries)
{
    g_autoptr(GPtrArray) leaves = g_ptr_array_new();
    guint8               digest[DIGEST] = { 0 };
    for (guint i = 0; i < entries->len; i++) {
        const char *name = ((const Entry *)entries->pdata[i])->name;
        if (strcmp(name, ARCHIVE_ROOT) != 0 && strcmp(name, ARCHIVE_SIGNATURE) != 0)
            g_ptr_array_add(leaves, entries->pdata[i]);
    }
    g_ptr_array_sort(leaves, by_name);
    if (leaves->len > 0)
        tree(leaves, 0, leaves->len, digest);
    g_autoptr(GString) text = g_string_new("assay certificate, sha256 merkle root: ");
    for (gsize i = 0; i < DIGEST; i++)
        g_string_append_printf(text, "%02x", digest[i]);
    g_string_append_c(text, '\n');
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

static la_ssize_t append(struct archive *a, void *data, const void *bytes, size_t size)
{
    (void)a;
    if (((GByteArray *)data)->len + size > ARCHIVE_MAX_BYTES)
        return -1;
    g_byte_array_append(data, bytes, (guint)size);
    return (la_ssize_t)size;
}

static gboolean write_entry(struct archive *a, const Entry *e)
{
    gsize         size;
    const void   *data = g_bytes_get_data(e->bytes, &size);
    struct archive_entry *header = archive_entry_new();
    archive_entry_set_pathname(header, e->name);
    archive_entry_set_filetype(header, AE_IFREG);
    archive_entry_set_perm(header, 0644);
    archive_entry_set_size(header, (la_int64_t)size);
    archive_entry_set_mtime(header, 0, 0);
    const gboolean good = archive_write_header(a, header) == ARCHIVE_OK &&
                          (size == 0 || archive_write_data(a, data, size) == (la_ssize_t)size);
    archive_entry_free(header);
    return good;
}

GBytes *archive_write(GPtrArray *entries, GError **error)
{
    GByteArray     *bytes = g_byte_array_new();
    struct archive *a = archive_write_new();
    gboolean        good = archive_write_set_format_ustar(a) == ARCHIVE_OK && archive_write_add_filter_none(a) == ARCHIVE_OK &&
                    archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
                    archive_write_open(a, bytes, NULL, append, NULL) == ARCHIVE_OK;
    g_ptr_array_sort(entries, by_name);
    for (guint i = 0; i < entries->len && good; i++)
        good = write_entry(a, entries->pdata[i]);
    good = good && archive_write_close(a) == ARCHIVE_OK;
    if (!good)
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "the certificate cannot be written: %s",
                    archive_error_string(a) ? archive_error_string(a) : "over 1 GiB");
    archive_write_free(a);
    if (good)
        return g_byte_array_free_to_bytes(bytes);
    g_byte_array_free(bytes, TRUE);
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

static gboolean refuse(const char *what, const char *why, GError **error)
{
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: no certificate, or changed since it was written: %s", what, why);
    return FALSE;
}

/* Where the archive reader gave up, in its words. Before the first entry a file of another kind and a damaged header look the
 * same to it, but a header says at byte 257 that it is one. */
static gboolean refuse_damaged(struct archive *a, const GPtrArray *entries, GBytes *bytes, const char *what, GError **error)
{
    gsize            size;
    const char      *data = g_bytes_get_data(bytes, &size), *words = archive_error_string(a);
    const gboolean   begins = size >= 512 && memcmp(data + 257, "ustar", 5) == 0;
    const Entry     *last = entries->len ? entries->pdata[entries->len - 1] : NULL;
    g_autofree char *why = last    ? g_strdup_printf("damaged behind the entry %s: %s", last->name, words ? words : "no tar archive")
                           : begins ? g_strdup("the header of its first entry is damaged")
                                    : g_strdup("no tar archive");
    return refuse(what, why, error);
}

static gboolean name_is_good(const char *name)
{
    return name && *name && strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-/") == strlen(name) && *name != '/' &&
           !strstr(name, "..") && !strstr(name, "//");
}

/* What a header claims is held against what there is before anything is allocated. */
static gboolean read_entry(struct archive *a, struct archive_entry *header, gsize total, GPtrArray *entries, const char *what,
                           GError **error)
{
    const char *name = archive_entry_pathname(header);
    if (archive_entry_filetype(header) != AE_IFREG || archive_entry_hardlink(header) || !name_is_good(name) ||
        archive_entry_size(header) < 0 || (guint64)archive_entry_size(header) > total || entries->len >= MAX_ENTRIES)
        return refuse(what, "an entry that is no plain file of the archive", error);
    const gsize size = (gsize)archive_entry_size(header);
    guint8     *data = g_malloc(size + 1);
    const la_ssize_t got = archive_read_data(a, data, size);
    archive_add(entries, name, g_bytes_new_take(data, got < 0 ? 0 : (gsize)got));
    return got == (la_ssize_t)size || refuse(what, "a truncated entry", error);
}

static gboolean read_all(struct archive *a, GBytes *bytes, GPtrArray *entries, const char *what, GError **error)
{
    struct archive_entry *header;
    const gsize           total = g_bytes_get_size(bytes);
    gsize                 sum = 0;
    int                   code;
    while ((code = archive_read_next_header(a, &header)) == ARCHIVE_OK) {
        if (!read_entry(a, header, total, entries, what, error))
            return FALSE;
        sum += g_bytes_get_size(((const Entry *)entries->pdata[entries->len - 1])->bytes);
        if (sum > total)
            return refuse(what, "entries larger than the file", error);
    }
    return code == ARCHIVE_EOF || refuse_damaged(a, entries, bytes, what, error);
}

/* The first byte in which the file is not what its entries give. */
static gboolean refuse_byte(GBytes *bytes, GBytes *again, const char *what, GError **error)
{
    gsize         size, other, i = 0;
    const guint8 *data = g_bytes_get_data(bytes, &size), *expected = g_bytes_get_data(again, &other);
    while (i < MIN(size, other) && data[i] == expected[i])
        i++;
    g_autofree char *why = g_strdup_printf("byte %" G_GSIZE_FORMAT " is not what its entries give", i);
    return refuse(what, why, error);
}

static gboolean is_canonical(GPtrArray *entries, GBytes *bytes, const char *what, GError **error)
{
    for (guint i = 1; i < entries->len; i++)
        if (by_name(&entries->pdata[i - 1], &entries->pdata[i]) >= 0)
            return refuse(what, "its entries are not in order", error);
    g_autoptr(GBytes) again = archive_write(entries, NULL);
    if (!again)
        return refuse(what, "its entries make no archive", error);
    if (!g_bytes_equal(again, bytes))
        return refuse_byte(bytes, again, what, error);
    g_autofree char *root = archive_root(entries);
    GBytes          *claimed = archive_get(entries, ARCHIVE_ROOT);
    g_autoptr(GBytes) computed = g_bytes_new(root, strlen(root));
    return (claimed && g_bytes_equal(claimed, computed)) || refuse(what, "its entries, or its ROOT, were changed: they do not agree", error);
}

GPtrArray *archive_read(GBytes *bytes, const char *what, GError **error)
{
    g_autoptr(GPtrArray) entries = archive_new();
    gsize                size;
    const void          *data = g_bytes_get_data(bytes, &size);
    struct archive      *a = archive_read_new();
    const gboolean       open = archive_read_support_format_tar(a) == ARCHIVE_OK && size > 0 &&
                          archive_read_open_memory(a, data, size) == ARCHIVE_OK;
    const gboolean       good = open ? read_all(a, bytes, entries, what, error) : refuse_damaged(a, entries, bytes, what, error);
    archive_read_free(a);
    return good && is_canonical(entries, bytes, what, error) ? g_steal_pointer(&entries) : NULL;
}
