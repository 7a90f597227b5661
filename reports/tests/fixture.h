/* A folder for the files of one test: made before it, removed after it.
 *
 *     TestSuite(writers, .init = fixture_set_up, .fini = fixture_tear_down); */
#ifndef ASSAY_REPORTS_TESTS_FIXTURE_H
#define ASSAY_REPORTS_TESTS_FIXTURE_H

#include "reports/results.h"

void fixture_set_up(void);
void fixture_tear_down(void);

/* The path of a file in the folder; NULL for the folder itself. Free with g_free(). */
char *fixture_path(const char *name);
Results *fixture_open(const char *name, ResultsMode mode);
void fixture_write(const char *name, const char *text);
/* The bytes of a file, which must be there; `length` may be NULL. Free with g_free(). */
char *fixture_read(const char *name, gsize *length);

#endif
