#include "backends_under_test/runner/explain.h"
#include "golden/proposal.h"
#include "reference/context/context.h"
#include "reference/onnx/text.h"

#include <stdio.h>
#include <string.h>

static void print_indented(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line || line[1])
            printf("  %s\n", *line);
}

static void print_list(const char *label, const GPtrArray *texts)
{
    printf("%s", label);
    for (guint i = 0; i < texts->len; i++)
        printf("%s%s", i > 0 ? ", " : " ", (const char *)texts->pdata[i]);
    printf("%s\n", texts->len ? "" : " none");
}

/* "block-qdq/R7" -> the requirement R7 of the proposal block-qdq. */
static const Requirement *find_requirement(const GPtrArray *proposals, const char *name)
{
    const char *slash = strchr(name, '/');
    for (guint i = 0; slash && i < proposals->len; i++) {
        const Proposal *p = proposals->pdata[i];
        if (strlen(p->id) == (gsize)(slash - name) && strncmp(p->id, name, strlen(p->id)) == 0)
            return proposal_requirement(p, slash + 1);
    }
    return NULL;
}

static gboolean print_requirements(const Case *c, GError **error)
{
    g_autoptr(GPtrArray) proposals = proposal_list(error);
    if (!proposals)
        return FALSE;
    printf("\nRequirements\n");
    for (guint i = 0; i < c->requirements->len; i++) {
        const char        *name = c->requirements->pdata[i];
        const Requirement *r = find_requirement(proposals, name);
        if (!r)
            printf("  %s (not in any proposal.json here)\n", name);
        else
            printf("  %s %s: %s\n    source: %s\n", name, level_name(r->level), r->text, r->source ? r->source : "none given");
    }
    return TRUE;
}

static void print_model(const Subject *s, gsize elements)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model)  model = model_load(s->model, NULL, &error);
    if (!model)
        model = container_original(s->model, NULL); /* a payload that is not there: the graph is */
    g_autofree char  *text = model ? model_to_text(model, elements) : g_strdup_printf("cannot be read: %s", error->message);
    printf("\nModel\n");
    print_indented(text);
}

/* One file of the case; a file that does not hold a tensor is only named. */
static void print_tensor(const char *folder, const char *kind, guint index, gsize elements)
{
    g_autofree char  *path = case_data_path(folder, kind, index), *name = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    g_autoptr(Tensor) tensor = tensor_load(path, &name, NULL, &error);
    g_autofree char  *text = tensor ? tensor_to_text(tensor, elements) : g_strdup_printf("(%s)", error->message);
    printf("  %s %u%s%s: %s\n", kind, index, name && *name ? " " : "", name ? name : "", text);
}

static void print_data(const Subject *s, gsize elements)
{
    const Case *c = s->c;
    printf("\nInputs\n");
    for (guint i = 0; i < c->n_inputs; i++)
        print_tensor(s->folder, "input", i, elements);
    if (c->n_inputs == 0)
        printf("  none\n");
    printf("\nExpected\n");
    if (c->expectation == EXPECT_REJECT)
        printf("  refused, at load or at run: %s\n  valid twin: %s\n", c->why ? c->why : "the model is invalid",
               c->twin ? c->twin : "none");
    for (guint i = 0; c->expectation == EXPECT_OUTPUTS && i < c->n_outputs; i++) {
        const CompareSpec *spec = i < c->comparisons->len ? &g_array_index(c->comparisons, CompareSpec, i) : NULL;
        print_tensor(s->folder, "output", i, elements);
        print_tensor(s->folder, "lower", i, elements);
        print_tensor(s->folder, "upper", i, elements);
        if (spec)
            printf("    judged by %s%s\n", compare_mode_name(spec->mode),
                   spec->free_zero_sign ? "; the sign of zero is free" : "");
    }
    for (guint k = 0; k < c->alternatives->len; k++)
        printf("  recorded alternative %u: %s\n", k, (const char *)c->alternatives->pdata[k]);
}

/* Where the goldens and their intervals come from, as recorded when the case was written. */
static void print_derivation(const Case *c)
{
    if (c->expectation == EXPECT_REJECT)
        return;
    printf("\nDerivation\n");
    for (guint i = 0; i < c->certificates->len; i++) {
        const GoldenCertificate *g = &g_array_index(c->certificates, GoldenCertificate, i);
        printf("  output %u: golden %s", i, golden_proof_name(g->proof));
        if (g->open)
            printf(" (%" G_GINT64_FORMAT " elements open)", g->open);
        printf("\n");
        for (gsize k = 0; k < derivation_count(g->derivation); k++) {
            g_autofree char *text = derivation_entry_text(derivation_entry(g->derivation, k));
            printf("    %s\n", text);
        }
    }
    if (c->certificates->len == 0)
        printf("  not recorded: an earlier version wrote this case\n");
}

gboolean explain_case(const Subject *s, gsize elements, GError **error)
{
    const Case *c = s->c;
    printf("%s\n  %s\n", c->id, c->summary);
    printf("  proposal %s, variant %s, form %s\n", c->proposal, c->variant, form_name(c->form));
    print_list("  dtypes", c->dtypes);
    print_list("  tags", c->tags);
    if (!print_requirements(c, error))
        return FALSE;
    print_model(s, elements);
    print_data(s, elements);
    print_derivation(c);
    return TRUE;
}
