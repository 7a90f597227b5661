#include "reference/cli/subcommand.h"
#include "reference/onnx/model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *cli_program = "assay";

char *cli_word(const char *text)
{
    gboolean plain = *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                        "0123456789_-./:=@%+,")] == '\0';
    return plain ? g_strdup(text) : g_shell_quote(text);
}

char *cli_count(guint64 n, const char *what)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s%s", n, what, n == 1 ? "" : "s");
}

/* The option of that letter takes a value. */
static gboolean takes_value(const GOptionEntry *entries, char letter)
{
    for (; entries->long_name; entries++)
        if (entries->short_name == letter)
            return entries->arg != G_OPTION_ARG_NONE && entries->arg != G_OPTION_ARG_CALLBACK;
    return FALSE;
}

/* "-j2" as "-j" and "2", which GOption does not know. */
static char **split_values(const GOptionEntry *entries, int *argc, char **argv)
{
    static GPtrArray *words; /* kept: a program has one command line, and what is left of it is used to its end */
    gboolean options = TRUE;
    words = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < *argc; i++) {
        const char *word = argv[i];
        options = options && strcmp(word, "--") != 0;
        const gboolean joined = i > 0 && options && word[0] == '-' && g_ascii_isalpha(word[1]) && word[2] != '\0' && word[2] != '=';
        if (joined && takes_value(entries, word[1])) {
            g_ptr_array_add(words, g_strndup(word, 2));
            word += 2;
        }
        g_ptr_array_add(words, g_strdup(word));
    }
    *argc = (int)words->len;
    g_ptr_array_add(words, NULL);
    return (char **)words->pdata;
}

gboolean cli_parse(int *argc, char ***argv, const Subcommand *self, const GOptionEntry *entries,
                   const char *description, int *code)
{
    g_autoptr(GOptionContext) context = g_option_context_new(self->arguments);
    g_autofree char *summary = g_strdup_printf("assay %s: %s", self->name, self->summary);
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    g_autofree char *program = g_strdup_printf("assay %s", self->name);
    g_set_prgname(program);
    g_option_context_set_summary(context, summary);
    if (description)
        g_option_context_set_description(context, description);
    g_option_context_set_help_enabled(context, FALSE);
    *argv = split_values(entries, argc, *argv);
    for (int i = 1; i < *argc; i++) {
        if (strcmp((*argv)[i], "--") == 0)
            break;
        if (strcmp((*argv)[i], "--help") == 0 || strcmp((*argv)[i], "-h") == 0) {
            g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
            fputs(help, stdout);
            *code = cli_finish(self, EXIT_GOOD);
            return FALSE;
        }
    }
    if (g_option_context_parse(context, argc, argv, &error))
        return TRUE;
    *code = cli_complain(self, EXIT_USAGE, "%s; see 'assay %s --help'", error->message, self->name);
    return FALSE;
}

/* One line, whatever a hostile file put into a name. */
static void print_line(const Subcommand *self, const char *message)
{
    g_autofree char *line = message_line(message);
    fprintf(stderr, "assay %s: %s\n", self->name, line);
}

int cli_fail(const Subcommand *self, int code, GError *error)
{
    print_line(self, error->message);
    g_error_free(error);
    return code;
}

int cli_complain(const Subcommand *self, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    print_line(self, message);
    return code;
}

int cli_finish(const Subcommand *self, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return cli_complain(self, EXIT_HARNESS, "cannot write to standard output: %s", g_strerror(errno));
}

struct Progress {
    GMutex  lock;
    char   *label;
    guint   total, done;
    gint64  drawn; /* when the bar was last drawn */
    gboolean terminal;
};

static void draw(Progress *p)
{
    enum { WIDTH = 30 };
    const guint filled = p->total ? (guint)((guint64)p->done * WIDTH / p->total) : WIDTH;
    char bar[WIDTH + 1];
    memset(bar, '.', WIDTH);
    memset(bar, '#', MIN(filled, WIDTH));
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r%s [%s] %u/%u", p->label, bar, p->done, p->total);
    fflush(stderr);
}

Progress *progress_start(const char *label, guint total)
{
    Progress *p = g_new0(Progress, 1);
    g_mutex_init(&p->lock);
    p->label = g_strdup(label);
    p->total = total;
    p->terminal = isatty(STDERR_FILENO) != 0;
    if (p->terminal)
        draw(p);
    return p;
}

void progress_step(Progress *p)
{
    enum { REDRAW_US = 50000 };
    g_mutex_lock(&p->lock);
    p->done++;
    const gint64 now = g_get_monotonic_time();
    if (p->terminal && now - p->drawn > REDRAW_US) {
        p->drawn = now;
        draw(p);
    }
    g_mutex_unlock(&p->lock);
}

void progress_end(Progress *p)
{
    if (p->terminal) {
        draw(p);
        fputc('\n', stderr);
    } else {
        fprintf(stderr, "%s: %u of %u done\n", p->label, p->done, p->total);
    }
    g_mutex_clear(&p->lock);
    g_free(p->label);
    g_free(p);
}
