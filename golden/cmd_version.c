#include "golden/manifest.h"
#include "golden/proposal.h"
#include "reference/assay.h"
#include "reference/cli/subcommand.h"

#include <stdio.h>

static int cmd_version(int argc, char **argv);
SUBCOMMAND_DEFINE(version, "version", "", "version of the program and digest of the frozen corpus", cmd_version)

/* One digest a proposal, so that two people can see in a line whether they speak of the same cases. */
static gboolean print_corpus(GError **error)
{
    g_autoptr(GPtrArray) proposals = proposal_list(error);
    for (guint i = 0; proposals && i < proposals->len; i++) {
        const Proposal *p = g_ptr_array_index(proposals, i);
        g_autofree char *lines = manifest_frozen(p->id);
        if (!lines) {
            printf("%-20s not frozen\n", p->id);
            continue;
        }
        g_autofree char *digest = manifest_digest(lines);
        printf("%-20s %.16s\n", p->id, digest);
    }
    return proposals != NULL;
}

static int cmd_version(int argc, char **argv)
{
    const GOptionEntry entries[] = { { NULL, 0, 0, 0, NULL, NULL, NULL } };
    GError *error = NULL;
    int code;
    if (!cli_parse(&argc, &argv, &subcommand_version, entries,
                   "Below the version stands, for each proposal, the beginning of the SHA-256 of its frozen manifest.", &code))
        return code;
    puts("assay " ASSAY_VERSION);
    if (!print_corpus(&error))
        return cli_fail(&subcommand_version, EXIT_HARNESS, error);
    return cli_finish(&subcommand_version, EXIT_GOOD);
}
