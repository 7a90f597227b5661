#include "golden/mutants/score.h"
#include "golden/mutants/score_json.h"
#include "reference/cli/paths.h"
#include "reference/cli/subcommand.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int cmd_mutants(int argc, char **argv);
SUBCOMMAND_DEFINE(mutants, "mutants", "[DIR]", "run deliberately broken evaluators: do the cases notice?", cmd_mutants)

static void print_bits(double bits)
{
    if (isinf(bits))
        printf("  %8s", "exact");
    else
        printf("  %8.1f", bits);
}

static void print_totals(const char *name, const Totals *t)
{
    printf("%-22s %4u of %-4u %4u  %4u of %-4u", name, t->killed, t->must_die, t->killed_twice, t->must_live_killed, t->must_live);
    print_bits(t->margin);
    printf("  %6.1f  %9u\n", t->redundancy, t->explained);
}

static void print_table(const Scores *scores, const Scores *beside)
{
    printf("%-22s %12s %4s  %12s  %8s  %6s  %9s\n", "", "killed", "2+", "variants hit", "margin", "median", "explained");
    for (guint p = 0; p < scores->proposals->len; p++) {
        const Totals t = scores_total(scores, (int)p);
        print_totals(g_ptr_array_index(scores->proposals, p), &t);
    }
    const Totals t = scores_total(scores, -1);
    print_totals("all", &t);
    if (beside) {
        const Totals b = scores_total(beside, -1);
        print_totals("ONNX's own tests", &b);
    }
}

static void print_score(const Score *s)
{
    printf("%-11s %-28s %s\n", mutant_class_name(s->mutant->class), s->mutant->name, s->mutant->description);
    printf("            reached by %u cases, noticed by %u", s->reached, s->killers);
    if (s->killer)
        printf("; %s: %s", s->killer, s->message ? s->message : "no answer");
    putchar('\n');
}

/* What a person must look at: disagreements, survivors, variants that were hit. */
static void print_findings(const Scores *scores, gboolean all)
{
    for (guint i = 0; i < scores->disagreements->len; i++)
        printf("DISAGREES %s\n", (const char *)g_ptr_array_index(scores->disagreements, i));
    for (guint i = 0; i < scores->n_scores; i++) {
        const Score *s = &scores->scores[i];
        const gboolean as_it_should = s->mutant->class == MUST_DIE ? s->killers > 1 : s->killers == 0;
        if (all || !as_it_should)
            print_score(s);
    }
}

static int list_mutants(void)
{
    guint n;
    Mutant *const *all = mutant_all(&n);
    for (guint i = 0; i < n; i++)
        printf("%-10s %3u  %-28s %s\n", mutant_class_name(all[i]->class), all[i]->catalogue, all[i]->name, all[i]->description);
    return EXIT_GOOD;
}

static int conclude(const Scores *scores)
{
    return scores_admit(scores, TRUE, NULL) ? EXIT_GOOD : EXIT_SHORT;
}

static int run(const ScoreOptions *options, const char *published, gboolean json, gboolean verbose, GError **error)
{
    g_autoptr(Scores) scores = score_cases(options, error), beside = NULL;
    if (!scores)
        return EXIT_USAGE;
    if (published) {
        ScoreOptions other = *options;
        other.root = published;
        other.proposal = NULL;
        if (!(beside = score_cases(&other, error)))
            return EXIT_USAGE;
    }
    if (json) {
        g_autofree char *text = scores_to_json(scores, beside);
        puts(text);
        return conclude(scores);
    }
    print_findings(scores, verbose || options->mutant);
    print_table(scores, beside);
    printf("%u of %u cases in play, %u where the naive kernels disagree; %u operators without a naive kernel\n", scores->in_play,
           scores->cases, scores->disagreements->len, scores->without->len);
    return conclude(scores);
}

static int cmd_mutants(int argc, char **argv)
{
    int jobs = (int)g_get_num_processors(), code = EXIT_GOOD;
    gboolean json = FALSE, all = FALSE, list = FALSE, verbose = FALSE;
    g_autofree char *proposal = NULL, *mutant = NULL, *published = NULL;
    const GOptionEntry entries[] = {
        { "proposal", 'p', 0, G_OPTION_ARG_STRING, &proposal, "Only this proposal's cases", "PROPOSAL" },
        { "mutant", 'm', 0, G_OPTION_ARG_STRING, &mutant, "Only this mutant", "NAME" },
        { "beside", 'b', 0, G_OPTION_ARG_FILENAME, &published, "Score these test data too: ONNX's node tests, say", "DIR" },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "At a time (default: the number of processors)", "N" },
        { "all", 'a', 0, G_OPTION_ARG_NONE, &all, "Count every case that notices, not only the first few", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Also list the mutants that behave as they should", NULL },
        { "list", 'l', 0, G_OPTION_ARG_NONE, &list, "List the mutants and run nothing", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON (spec/schemas/mutants.schema.json)", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_mutants, entries,
                   "A second, naive set of kernels answers every case; each mutant is a known mistake (must-die) or another\n"
                   "correct way to compute (must-live) in it. DIR is a corpus (default: build/corpus).\n\n"
                   "Exit code 0: every mistake is noticed by some case, no valid variant is, and without mutants the naive\n"
                   "kernels pass every case.", &code))
        return code;
    if (argc > 2 || jobs < 1)
        return cli_complain(&subcommand_mutants, EXIT_USAGE, "expected one corpus folder and at least one job; see 'assay mutants --help'");
    if (list)
        return cli_finish(&subcommand_mutants, list_mutants());
    const ScoreOptions options = { .root = argc == 2 ? argv[1] : "build/corpus", .proposal = proposal, .mutant = mutant,
                                   .jobs = jobs, .all = all, .quiet = json };
    GError *error = NULL;
    code = run(&options, published, json, verbose, &error);
    return error ? cli_fail(&subcommand_mutants, code, error) : cli_finish(&subcommand_mutants, code);
}
