#include "reports/database.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

static gboolean bind(sqlite3_stmt *statement, const char *types, va_list values)
{
    int code = SQLITE_OK;
    for (int i = 0; types[i] != '\0' && code == SQLITE_OK; i++) {
        switch (types[i]) {
        case 't':
            code = sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
            break;
        case 'i':
            code = sqlite3_bind_int(statement, i + 1, va_arg(values, int));
            break;
        case 'd':
            code = sqlite3_bind_double(statement, i + 1, va_arg(values, double));
            break;
        case 'b': {
            gsize size;
            const void *data = g_bytes_get_data(va_arg(values, GBytes *), &size);
            code = size == 0 ? sqlite3_bind_zeroblob(statement, i + 1, 0)
                             : sqlite3_bind_blob64(statement, i + 1, data, size, SQLITE_STATIC);
            break;
        }
        default:
            g_assert_not_reached();
        }
    }
    return code == SQLITE_OK;
}

static sqlite3_stmt *prepare(Results *results, const char *sql, const char *types, va_list values, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(results->db, sql, -1, &statement, NULL) == SQLITE_OK && bind(statement, types, values))
        return statement;
    schema_fail(results->db, results->path, error);
    sqlite3_finalize(statement);
    return NULL;
}

sqlite3_stmt *database_prepare(Results *results, GError **error, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *statement = prepare(results, sql, types, values, error);
    va_end(values);
    return statement;
}

int database_step(Results *results, sqlite3_stmt *statement, GError **error)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        schema_fail(results->db, results->path, error);
        return -1;
    }
}

static void finalize(gpointer statement)
{
    sqlite3_finalize(statement);
}

/* A put costs several times as much to prepare as to run, and a run makes thousands of the same. */
static sqlite3_stmt *kept(Results *results, const char *sql, GError **error)
{
    sqlite3_stmt *statement = results->statements ? g_hash_table_lookup(results->statements, sql) : NULL;
    if (statement != NULL)
        return statement;
    if (sqlite3_prepare_v3(results->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        schema_fail(results->db, results->path, error);
        return NULL;
    }
    if (results->statements == NULL)
        results->statements = g_hash_table_new_full(NULL, NULL, NULL, finalize);
    g_hash_table_insert(results->statements, (gpointer)sql, statement);
    return statement;
}

gboolean database_run(Results *results, GError **error, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = kept(results, sql, error);
    if (statement == NULL)
        return FALSE;
    va_list values;
    va_start(values, types);
    int step = bind(statement, types, values) ? 1 : -1;
    va_end(values);
    if (step < 0)
        schema_fail(results->db, results->path, error);
    while (step > 0)
        step = database_step(results, statement, error);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement); /* they are borrowed */
    return step == 0;
}

gboolean database_changed(Results *results)
{
    return sqlite3_changes(results->db) > 0;
}

gboolean database_begin(Results *results, GError **error)
{
    return results->batching || database_run(results, error, "BEGIN IMMEDIATE", "");
}

gboolean database_end(Results *results, gboolean ok, GError **error)
{
    if (results->batching)
        return ok;
    ok = ok && database_run(results, error, "COMMIT", "");
    if (!ok)
        sqlite3_exec(results->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

gboolean results_hold(Results *results, GError **error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    return results->writable || database_run(results, error, "BEGIN", "");
}

void results_release(Results *results)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&results->lock);
    if (!results->writable)
        sqlite3_exec(results->db, "COMMIT", NULL, NULL, NULL);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* Control characters, non-characters (no XML document may hold either) and the overrides of text direction, with which
 * a message can disguise itself: none has a place in a report of any format. Lines and tabs may stay. */
static gboolean is_unwanted(gunichar c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || (c & 0xfffe) == 0xfffe ||
           (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static gboolean is_clean(const char *text, gsize length)
{
    if (!g_utf8_validate(text, (gssize)length, NULL))
        return FALSE;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        if (is_unwanted(g_utf8_get_char(p)))
            return FALSE;
    return TRUE;
}

static void append_clean(GString *clean, const char *valid)
{
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        gunichar picture = c < 0x20 ? 0x2400 + c : 0xfffd; /* U+2400 on: pictures of the control characters */
        g_string_append_unichar(clean, is_unwanted(c) ? picture : c);
    }
}

char *text_clean(const char *text, gsize limit)
{
    if (text == NULL)
        return NULL;
    gsize length = strlen(text);
    if (length <= limit && is_clean(text, length))
        return g_strdup(text);
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    g_autoptr(GString) clean = g_string_new(NULL);
    append_clean(clean, valid);
    if (clean->len > limit) {
        gsize keep = limit - 48; /* leaves room for the note */
        while (keep > 0 && ((guchar)clean->str[keep] & 0xc0) == 0x80)
            keep--;
        g_string_truncate(clean, keep);
        g_string_append_printf(clean, "… (%" G_GSIZE_FORMAT " bytes in all)", length);
    }
    return g_string_free(g_steal_pointer(&clean), FALSE);
}

char *text_join(const GPtrArray *list)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        g_autofree char *item = g_strdelimit(text_clean(list->pdata[i], RESULTS_MAX_NAME), "\n", ' ');
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", item);
    }
    return g_string_free(text, FALSE);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void row_open(Row *row, Results *results, sqlite3_stmt *statement)
{
    *row = (Row){ .results = results,
                  .statement = statement,
                  .owned = g_ptr_array_new_with_free_func(g_free),
                  .lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref) };
}

/* 1 a row, 0 done, -1 failed: the error is in row->error. */
static int row_next(Row *row)
{
    g_ptr_array_set_size(row->owned, 0);
    g_ptr_array_set_size(row->lists, 0);
    return database_step(row->results, row->statement, &row->error);
}

/* Ends reading; moves the row's error out. */
static gboolean row_close(Row *row, GError **error)
{
    g_ptr_array_unref(row->owned);
    g_ptr_array_unref(row->lists);
    sqlite3_finalize(row->statement);
    if (row->error == NULL)
        return TRUE;
    g_propagate_error(error, row->error);
    return FALSE;
}

gboolean database_each(Results *results, sqlite3_stmt *statement, RowTaker take, gpointer data, GError **error)
{
    if (statement == NULL)
        return FALSE;
    Row row;
    gboolean taken = TRUE;
    row_open(&row, results, statement);
    while (taken && row.error == NULL && row_next(&row) == 1)
        taken = take(&row, data, error);
    gboolean read = row_close(&row, taken ? error : NULL);
    return taken && read;
}

void row_bad(Row *row, int column, const char *found)
{
    if (row->error == NULL)
        results_fail(&row->error, RESULTS_ERROR_FORMAT, "%s: bad %s '%.60s'", row->results->path,
                     sqlite3_column_name(row->statement, column), found);
}

/* Whether the column is of the type; FALSE also for NULL. */
static gboolean is_type(Row *row, int column, int type)
{
    int found = sqlite3_column_type(row->statement, column);
    if (found != type && found != SQLITE_NULL)
        row_bad(row, column, "value of another type");
    return found == type;
}

const char *row_text(Row *row, int column, gsize limit)
{
    if (!is_type(row, column, SQLITE_TEXT))
        return NULL;
    const char *text = (const char *)sqlite3_column_text(row->statement, column);
    if (text == NULL) { /* out of memory */
        row_bad(row, column, "");
        return NULL;
    }
    gsize length = strlen(text);
    if (length <= limit && is_clean(text, length))
        return text;
    char *clean = text_clean(text, limit);
    g_ptr_array_add(row->owned, clean);
    return clean;
}

GBytes *row_bytes(Row *row, int column, gsize limit)
{
    if (sqlite3_column_type(row->statement, column) != SQLITE_BLOB) {
        row_bad(row, column, "no bytes");
        return NULL;
    }
    const gsize size = (gsize)sqlite3_column_bytes(row->statement, column);
    if (size <= limit)
        return g_bytes_new(sqlite3_column_blob(row->statement, column), size);
    row_bad(row, column, "too long");
    return NULL;
}

double row_double(Row *row, int column)
{
    return is_type(row, column, SQLITE_FLOAT) ? sqlite3_column_double(row->statement, column) : (double)NAN;
}

gboolean row_flag(Row *row, int column)
{
    return is_type(row, column, SQLITE_INTEGER) && sqlite3_column_int64(row->statement, column) != 0;
}

GPtrArray *row_list(Row *row, int column)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(row->lists, list);
    const char *text = row_text(row, column, RESULTS_MAX_DOCUMENT);
    if (text == NULL || *text == '\0')
        return list;
    g_auto(GStrv) items = g_strsplit(text, "\n", -1);
    for (gsize i = 0; items[i] != NULL; i++)
        g_ptr_array_add(list, g_strdup(items[i]));
    return list;
}
