/* The SQLite side of results: opening with defensive settings, the schema, its migrations. Private to reports/. */
#ifndef ASSAY_REPORTS_SCHEMA_H
#define ASSAY_REPORTS_SCHEMA_H

#include "reports/results.h"

#include <sqlite3.h>

/* "ASSY" in the file's header: what makes a SQLite file ours before anything in it is read. */
#define SCHEMA_APPLICATION_ID 0x41535359

/* The scripts that lead from an empty file to today's schema: script i takes user_version i to i + 1. Once released a
 * script never changes; a new schema is a new script. */
extern const char *const schema_migrations[];
extern const int schema_version; /* how many there are */

/* Opens `path` with every setting SQLite recommends for files from strangers. */
sqlite3 *schema_open(const char *path, int flags, GError **error);

/* Brings `db` to version `n` by the scripts it lacks, in one transaction. */
gboolean schema_migrate(sqlite3 *db, const char *path, const char *const *migrations, int n, GError **error);

/* That `db` is undamaged, ours, of a version known here, and holds exactly the tables that the scripts of its
 * version make (no view, no trigger, no virtual table, no other constraint). */
gboolean schema_check(sqlite3 *db, const char *path, GError **error);

/* The number that a pragma answers. */
gboolean schema_pragma(sqlite3 *db, const char *path, const char *sql, int *value, GError **error);
gboolean schema_exec(sqlite3 *db, const char *path, const char *sql, GError **error);
/* Sets RESULTS_ERROR to one line, whatever names and texts of a file go into it; always FALSE. */
gboolean results_fail(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same from SQLite's last error. */
gboolean schema_fail(sqlite3 *db, const char *path, GError **error);

#endif
