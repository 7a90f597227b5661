/* Certificates beside the results of the backend that they are of. Such a file comes from anybody: only its statement
 * is read, and it is shown as what the file says. */
#include "reports/report.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

enum { MOST = 1 << 20 }; /* bytes of a statement */

static gboolean bad(GError **error, const char *path, const char *what)
{
    g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT, "%s: %s", path, what);
    return FALSE;
}

/* certificate.json of a tar archive; NULL if it has none. */
static char *read_statement(GBytes *bytes)
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    char *text = NULL;
    archive_read_support_format_tar(archive);
    gboolean open = archive_read_open_memory(archive, data, size) == ARCHIVE_OK;
    while (open && text == NULL && archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        la_int64_t length = archive_entry_size(entry);
        if (g_strcmp0(archive_entry_pathname(entry), "certificate.json") != 0)
            continue;
        if (length < 1 || length > MOST)
            break;
        text = g_malloc0((gsize)length + 1);
        if (archive_read_data(archive, text, (gsize)length) != length)
            g_clear_pointer(&text, g_free);
        break;
    }
    archive_read_free(archive);
    return text;
}

static const char *text_of(Report *report, const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return g_string_chunk_insert_const(report->strings, text == NULL ? "" : text);
}

static guint count_of(const cJSON *object, const char *key)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(number) && number->valuedouble >= 0 && number->valuedouble < 1e9 ? (guint)number->valuedouble
                                                                                           : 0;
}

static ReportBackend *backend_named(const Report *report, const char *name)
{
    for (guint b = 0; b < report->backends->len; b++)
        if (strcmp(((ReportBackend *)report->backends->pdata[b])->name, name) == 0)
            return report->backends->pdata[b];
    return NULL;
}

/* Two certificates of one name would overwrite each other. */
static const char *file_name(Report *report, const ReportBackend *backend, const char *path)
{
    g_autofree char *base = g_path_get_basename(path), *part = report_file_part(backend->name),
                    *plain = report_file_part(base);
    g_autofree char *file = g_strdup_printf("%s-%u-%s", part, backend->certificates->len + 1, plain);
    return g_string_chunk_insert(report->strings, file);
}

static gboolean add(Report *report, const cJSON *json, const char *path, GBytes *bytes, GError **error)
{
    const cJSON *owner = cJSON_GetObjectItemCaseSensitive(json, "backend");
    ReportBackend *backend = backend_named(report, text_of(report, owner, "name"));
    if (!cJSON_IsObject(json) || !cJSON_IsObject(owner))
        return bad(error, path, "is no certificate; expected what 'assay certify' writes");
    if (backend == NULL) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FORMAT, "%s: certifies '%s', of which the results hold nothing",
                    path, text_of(report, owner, "name"));
        return FALSE;
    }
    ReportCertificate *certificate = g_new0(ReportCertificate, 1);
    *certificate = (ReportCertificate){ .file = file_name(report, backend, path),
                                        .profile = text_of(report, json, "profile"),
                                        .version = text_of(report, owner, "version"),
                                        .corpus = text_of(report, json, "corpus"),
                                        .granted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "granted")),
                                        .reason = text_of(report, json, "reason"),
                                        .counted = count_of(json, "counted"),
                                        .accepted = count_of(json, "accepted"),
                                        .waived = count_of(json, "waived"),
                                        .missed = count_of(json, "missed"),
                                        .bytes = g_bytes_ref(bytes) };
    g_ptr_array_add(backend->certificates, certificate);
    return TRUE;
}

gboolean report_add_certificate(Report *report, const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &cause);
    if (file == NULL) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_IO, "%s", cause->message);
        return FALSE;
    }
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
    g_autofree char *statement = read_statement(bytes);
    cJSON *json = report_parse(statement);
    gboolean added = add(report, json, path, bytes, error);
    cJSON_Delete(json);
    return added;
}
