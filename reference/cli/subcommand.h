/* A subcommand of `assay`, defined in the module it belongs to:
 *
 *     static int cmd_show(int argc, char **argv) { ... }
 *     SUBCOMMAND_DEFINE(show, "show", "MODEL|TENSOR.pb", "readable text of a model or tensor", cmd_show)
 *
 * The Makefile collects SUBCOMMAND_DEFINE lines; `assay help` lists them. argv[0] is "assay show". */
#ifndef ASSAY_CLI_SUBCOMMAND_H
#define ASSAY_CLI_SUBCOMMAND_H

#include <glib.h>

/* What a subcommand's exit code says. */
enum {
    EXIT_GOOD = 0,    /* all good */
    EXIT_SHORT = 1,   /* the thing under test fell short */
    EXIT_USAGE = 2,   /* asked wrongly: the arguments, or files that they name */
    EXIT_HARNESS = 3  /* Assay itself failed */
};

typedef struct {
    const char *name, *arguments, *summary;
    int       (*run)(int argc, char **argv);
} Subcommand;

#define SUBCOMMAND_DEFINE(id, text, arguments_text, summary_text, function)   \
    extern const Subcommand subcommand_##id;                                  \
    const Subcommand subcommand_##id = { (text), (arguments_text), (summary_text), (function) };

/* The program as it was called, for commands that a person is to paste; main() sets it, "assay" elsewhere. */
extern const char *cli_program;
/* `text` as one word for a shell: as it stands where that does, else quoted. Free with g_free. */
char *cli_word(const char *text);

/* "1 region", "2 regions". Free with g_free. */
char *cli_count(guint64 n, const char *what);

/* Parses argv by `entries` (NULL-terminated GOptionEntry); what is left over stays in argv. `description` is shown by
 * --help below the options. FALSE: *code is the exit code, the message is printed. */
gboolean cli_parse(int *argc, char ***argv, const Subcommand *self, const GOptionEntry *entries,
                   const char *description, int *code);

/* Prints "assay NAME: message" as one line on stderr; takes and frees the error. Returns code. */
int cli_fail(const Subcommand *self, int code, GError *error);
/* The same with a message of its own. */
int cli_complain(const Subcommand *self, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Flushes stdout; EXIT_HARNESS with a message if what was printed did not arrive (a full disk), else code. */
int cli_finish(const Subcommand *self, int code);

/* A progress bar on a terminal, one plain line at the start and end elsewhere; on stderr. Thread-safe. */
typedef struct Progress Progress;
Progress *progress_start(const char *label, guint total);
void      progress_step(Progress *progress); /* one more is done */
void      progress_end(Progress *progress);  /* frees it */

#endif
