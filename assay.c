/* The front door: one table of subcommands, nothing else. */
#include "reference/cli/nearest.h"
#include "reference/cli/subcommand.h"
#include "reference/cli/retain.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define ENTRY(id) extern const Subcommand subcommand_##id;
#include "subcommands.inc"
#undef ENTRY

static const Subcommand *const subcommands[] = {
#define ENTRY(id) &subcommand_##id,
#include "subcommands.inc"
#undef ENTRY
    NULL /* the end; the table may be empty */
};

static void help(FILE *to)
{
    fputs("usage: assay COMMAND [OPTION...]\n\n"
          "Conformance tests for proposed ONNX features: models, golden outputs with certified intervals,\n"
          "backends run against them, reports.\n\n",
          to);
    for (const Subcommand *const *each = subcommands; *each; each++)
        fprintf(to, "  %-10s %s\n", (*each)->name, (*each)->summary);
    fputs("\n'assay COMMAND --help' explains a command.\n", to);
}

int main(int argc, char **argv)
{
    cli_retain_memory();
    setlocale(LC_ALL, "C"); /* nothing that Assay reads or writes depends on the locale */
    setlocale(LC_CTYPE, "C.UTF-8"); /* but all text is UTF-8 */
    cli_program = argc > 0 ? argv[0] : cli_program;
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_USAGE : EXIT_GOOD;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    for (const Subcommand *const *each = subcommands; *each; each++)
        if (strcmp((*each)->name, name) == 0)
            return (*each)->run(argc - 1, argv + 1);
    const Subcommand *nearest = subcommands[0];
    for (const Subcommand *const *each = subcommands; *each; each++)
        if (cli_distance(argv[1], (*each)->name) < cli_distance(argv[1], nearest->name))
            nearest = *each;
    if (nearest && cli_is_near(argv[1], cli_distance(argv[1], nearest->name)))
        fprintf(stderr, "assay: no command '%s': did you mean '%s'? See 'assay help'\n", argv[1], nearest->name);
    else
        fprintf(stderr, "assay: no command '%s'; see 'assay help'\n", argv[1]);
    return EXIT_USAGE;
}
