/* The inside of Results: one SQLite connection under a lock, statements with bound values, checked columns. Private to
 * reports/. */
#ifndef ASSAY_REPORTS_DATABASE_H
#define ASSAY_REPORTS_DATABASE_H

#include "reports/schema.h"

struct Results {
    sqlite3 *db;
    char *path;
    GMutex lock; /* held while a statement runs, and during a visit */
    gboolean writable;
    int lock_fd; /* lock.h; -1: none */
    gboolean batching; /* a transaction is open: puts join it */
    GHashTable *statements; /* const char *sql, by address -> sqlite3_stmt: what database_run() has prepared */
};

/* ---- statements: the lock is held ---- */

/* Prepares `sql` and binds by `types`, one letter a value: t text (const char *, NULL is NULL), i int, d double (NAN is
 * NULL), b bytes (const GBytes *). NULL with an error. */
sqlite3_stmt *database_prepare(Results *results, GError **error, const char *sql, const char *types, ...);
/* Steps once: 1 a row, 0 done, -1 failed with an error. */
int database_step(Results *results, sqlite3_stmt *statement, GError **error);
/* Runs to the end. The statement is kept for the next time: `sql` must be a literal, for its address is what it is known by. */
gboolean database_run(Results *results, GError **error, const char *sql, const char *types, ...);
/* Whether the last database_run() inserted or changed anything. */
gboolean database_changed(Results *results);

/* results_outputs(). */
GPtrArray *outputs_read(Results *results, const char *case_id, const char *backend, GError **error);

/* Joins the batch, or opens and closes a transaction of its own. database_end(ok FALSE) rolls back what it opened. */
gboolean database_begin(Results *results, GError **error);
gboolean database_end(Results *results, gboolean ok, GError **error);

/* ---- text ---- */

/* Valid UTF-8 without control characters of at most `limit` bytes, cut with a note; NULL stays NULL. */
char *text_clean(const char *text, gsize limit);
/* One text for a list of names, and back. */
char *text_join(const GPtrArray *list);

/* ---- one row being read; the first wrong value is remembered, later ones read as NULL or 0 ---- */

typedef struct {
    Results *results;
    sqlite3_stmt *statement;
    GPtrArray *owned, *lists; /* what the row handed out, freed with the row */
    GError *error;
} Row;

/* Hands every row to `take` until it returns FALSE, or finds a wrong value; finalizes the statement (NULL: it failed with
 * this error). FALSE with an error: take's own, else the row's. */
typedef gboolean (*RowTaker)(Row *row, gpointer data, GError **error);
gboolean database_each(Results *results, sqlite3_stmt *statement, RowTaker take, gpointer data, GError **error);
const char *row_text(Row *row, int column, gsize limit); /* NULL if NULL */
GBytes *row_bytes(Row *row, int column, gsize limit); /* a new reference; NULL if it is no blob, or over the limit */
double row_double(Row *row, int column);                 /* NAN if NULL */
gboolean row_flag(Row *row, int column);
GPtrArray *row_list(Row *row, int column); /* borrowed */
/* Remembers that this column holds what it must not. */
void row_bad(Row *row, int column, const char *found);

#endif
