/* What a case's page hands on: one ZIP archive with the case's folder, so that it can be unpacked and run as it is.
 * Stored, not compressed, and without times: the bytes follow from the files. */
#include "reports/writers/html/html.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

static la_ssize_t append(G_GNUC_UNUSED struct archive *archive, void *data, const void *buffer, size_t length)
{
    g_string_append_len(data, buffer, (gssize)length);
    return (la_ssize_t)length;
}

static gboolean put_file(struct archive *archive, const char *folder, const ReportFile *file)
{
    gsize size;
    const void *bytes = g_bytes_get_data(file->bytes, &size);
    g_autofree char *name = g_build_filename(folder, file->name, NULL);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    gboolean put = archive_write_header(archive, entry) == ARCHIVE_OK &&
                   archive_write_data(archive, bytes, size) == (la_ssize_t)size;
    archive_entry_free(entry);
    return put;
}

static gboolean pack(GString *out, const char *folder, const GPtrArray *files)
{
    struct archive *archive = archive_write_new();
    gboolean good = archive_write_set_format_zip(archive) == ARCHIVE_OK &&
                    archive_write_set_format_option(archive, "zip", "compression", "store") == ARCHIVE_OK &&
                    archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK &&
                    archive_write_open2(archive, out, NULL, append, NULL, NULL) == ARCHIVE_OK;
    for (guint i = 0; i < files->len && good; i++)
        good = put_file(archive, folder, files->pdata[i]);
    good = archive_write_close(archive) == ARCHIVE_OK && good;
    archive_write_free(archive);
    return good;
}

char *html_case_download(const char *id)
{
    g_autofree char *page = html_case_page(id), *stem = g_strndup(page, strlen(page) - strlen(".html"));
    return g_strconcat(stem, ".zip", NULL);
}

gboolean html_download(const Report *report, const ReportCase *c, const char *folder, gsize *size, GError **error)
{
    *size = 0;
    g_autoptr(GPtrArray) files = report_case_files(report, c, error);
    if (files == NULL)
        return FALSE;
    if (files->len == 0)
        return TRUE;
    g_autoptr(GString) archive = g_string_new(NULL);
    g_autofree char *name = html_case_download(c->id), *base = g_path_get_basename(name),
                    *top = g_strndup(base, strlen(base) - strlen(".zip"));
    if (!pack(archive, top, files)) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s: cannot be packed", name);
        return FALSE;
    }
    *size = archive->len;
    return report_write_file(folder, name, archive, error);
}
