/* proposal.json: what a careless one is told. */
#include "golden/proposal.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>

#define HEAD  "{\"id\": \"demo\", \"title\": \"t\", \"status\": \"s\", \"summary\": \"u\", "
#define TAIL  ", \"variants\": [{\"id\": \"base\", \"title\": \"t\", \"text\": \"x\"}], \"questions\": []}"
#define R1    "{\"id\": \"R1\", \"level\": \"MUST\", \"negative\": true, \"text\": \"x\", \"source\": \"y\"}"
#define RULES "\"requirements\": [" R1 "]"

static Proposal *proposal_of(const char *text, GError **error)
{
    g_autofree char *root = g_dir_make_tmp("assay-proposal-XXXXXX", NULL);
    g_autofree char *folder = g_build_filename(root, "demo", NULL), *file = g_build_filename(folder, "proposal.json", NULL);
    cr_assert(g_mkdir(folder, 0755) == 0 && g_file_set_contents(file, text, -1, NULL));
    Proposal *p = proposal_read(folder, error);
    g_unlink(file);
    g_rmdir(folder);
    g_rmdir(root);
    return p;
}

Test(proposal, a_good_one_is_read)
{
    g_autoptr(GError)   error = NULL;
    g_autoptr(Proposal) p = proposal_of(HEAD RULES TAIL, &error);
    cr_assert(p, "%s", error ? error->message : "");
    cr_expect(p->n_requirements == 1 && p->requirements[0].negative && p->requirements[0].level == LEVEL_MUST);
    cr_expect(proposal_has_variant(p, "base"));
}

Test(proposal, careless_ones_are_refused)
{
    static const char *const bad[][2] = {
        { "{\"id\": \"demo\",\n \"title\"", "demo/proposal.json: line 2, column 8: the JSON breaks off here" },
        { "[]", "not a JSON object" },
        { HEAD RULES ", \"variant\": []}", "json: unknown key 'variant': expected id, title, " },
        { HEAD "\"requirements\": [" R1 ", {\"id\": \"R2\", \"level\": \"MUST\", \"negativ\": true, \"text\": \"x\", \"source\": \"y\"}]" TAIL,
          "requirement R2: unknown key 'negativ': expected id, level, negative, text, source" },
        { HEAD "\"requirements\": [{\"id\": \"R1\", \"level\": \"MUST\", \"text\": \"x\", \"source\": \"y\"}]" TAIL, "requirement R1: needs 'negative'" },
        { HEAD "\"requirements\": [{\"id\": \"R1\", \"level\": \"SHALL\", \"negative\": true}]" TAIL, "requirement R1: 'level' is 'SHALL': expected MUST" },
        { HEAD "\"requirements\": [" R1 ", {\"level\": \"MUST\"}]" TAIL, "requirement 2: needs 'id'" },
        { HEAD "\"requirements\": [" R1 ", " R1 "]" TAIL, "requirement R1: there are two of this id" },
        { HEAD "\"requirements\": {}" TAIL, "needs 'requirements', an array" },
        { HEAD RULES ", \"variants\": [{\"id\": \"base\", \"title\": \"t\"}], \"questions\": []}", "variant base: needs 'text'" },
        { HEAD RULES ", \"variants\": [7], \"questions\": []}", "variant 1: not an object" },
        { "{\"id\": \"other\", \"title\": \"t\", \"status\": \"s\", \"summary\": \"u\", " RULES TAIL, "'id' is 'other': expected the folder's name, demo" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError)   error = NULL;
        g_autoptr(Proposal) p = proposal_of(bad[i][0], &error);
        cr_expect_null(p, "%s", bad[i][0]);
        cr_expect(error && strstr(error->message, bad[i][1]), "%s: %s", bad[i][0], error ? error->message : "no error");
    }
}

Test(proposal, a_case_says_where_its_json_breaks)
{
    g_autoptr(GError) error = NULL;
    cr_expect_null(case_parse("{\"schema\": 1,\n \"id\"}", 20, "it/case.json", &error));
    cr_expect(error && strcmp(error->message, "it/case.json: line 2, column 6: the JSON breaks off here") == 0, "%s",
              error ? error->message : "no error");
}
