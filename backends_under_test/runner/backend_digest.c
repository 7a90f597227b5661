#include "backends_under_test/runner/backend.h"

#include <string.h>

#define HEX_DIGITS 16

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A file that cannot be read counts as empty: the digest says what was there, no more. */
static void add_file(GChecksum *sum, const char *name, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize            length = 0;
    if (!g_file_get_contents(path, &bytes, &length, NULL))
        length = 0;
    g_autofree char *head = g_strdup_printf("%s %" G_GSIZE_FORMAT "\n", name, length);
    g_checksum_update(sum, (const guchar *)head, -1);
    g_checksum_update(sum, (const guchar *)(bytes ? bytes : ""), (gssize)length);
}

char *backend_digest(const Backend *b)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir)      dir = g_dir_open(b->folder, 0, NULL);
    const char          *name;
    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_text);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(b->folder, names->pdata[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && strcmp(names->pdata[i], "FINDINGS.md") != 0)
            add_file(sum, names->pdata[i], path);
    }
    if (b->command && g_path_is_absolute(b->command[0]) && !g_str_has_prefix(b->command[0], b->folder))
        add_file(sum, "program", b->command[0]);
    return g_strndup(g_checksum_get_string(sum), HEX_DIGITS);
}
