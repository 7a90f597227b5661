/* Where Assay's own data files are (spec/, golden/manifest/, backends_under_test/): $ASSAY_HOME if set, else the source
 * tree around the program (build/assay, or build/<config>/assay), else the installed <prefix>/share/assay. */
#ifndef ASSAY_CLI_PATHS_H
#define ASSAY_CLI_PATHS_H

#include <glib.h>

/* "<home>/<relative>"; free with g_free. Never NULL; the file need not exist. */
char *home_path(const char *relative);

#endif
