/* What is asked wrongly is said in one line that names the option. */
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

extern const Subcommand subcommand_run, subcommand_backends, subcommand_reduce, subcommand_experiment, subcommand_explain;

static void expect_complaint(const Subcommand *command, const char *words, const char *complaint)
{
    g_auto(GStrv) owned = g_strsplit(words, " ", -1);
    g_autofree char **argv = g_memdup2(owned, (g_strv_length(owned) + 1) * sizeof *owned); /* parsing takes words out */
    char              said[1024] = "";
    cr_redirect_stderr();
    cr_expect_eq(command->run((int)g_strv_length(owned), argv), EXIT_USAGE, "%s", words);
    fflush(stderr);
    FILE *file = cr_get_redirected_stderr();
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    cr_expect(strstr(said, complaint), "%s: %s", words, said);
    cr_expect_eq(strchr(said, '\n') - said, (ptrdiff_t)strlen(said) - 1, "one line: %s", said);
}


#define OPTION_TEST(name, command, words, complaint) \
    Test(options, name)                              \
    {                                                \
        expect_complaint(&(command), words, complaint); \
    }

OPTION_TEST(jobs, subcommand_run, "run corpus -b reference -j 0", "--jobs 0: expected 1 to 256")
OPTION_TEST(timeout, subcommand_run, "run corpus -b reference -t 0", "--timeout 0: expected seconds, above 0")
OPTION_TEST(self_test_timeout, subcommand_backends, "backends reference --self-test -t 0", "--timeout 0: expected seconds, above 0")
OPTION_TEST(memory, subcommand_run, "run corpus -b reference --max-memory -1", "--max-memory -1: expected MiB")
OPTION_TEST(twice, subcommand_run, "run corpus -b reference -b reference -r /nonexistent/r.db", "--backend reference is given twice")
OPTION_TEST(tries, subcommand_reduce, "reduce demo/a -b reference -n 0", "--tries 0: expected 1 or more")
OPTION_TEST(repeats, subcommand_experiment, "experiment cache-update -n 0", "--repeats 0: expected 1 or more")
OPTION_TEST(elements, subcommand_explain, "explain demo/a -e -1", "--elements -1: expected 0 (all) or more")
