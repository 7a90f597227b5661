#include "reports/tests/fabricate.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>

static const char *const backends[] = { "edge", "ort", "reference" };
static const char *const proposals[] = { "block-qdq", "subbyte-types" };
static const char *const forms[] = { "native", "function", "decomposed" };
static const char *const dtypes[] = { "uint2", "int4", "float8e4m3fn", "float4e2m1", "uint8" };

guint fabricate_backends(void)
{
    return G_N_ELEMENTS(backends);
}

static void put_proposal(Results *results, const char *id, const char *title)
{
    g_autoptr(GString) json = g_string_new(NULL);
    g_string_append_printf(json,
                           "{\"id\": \"%s\", \"title\": \"%s\", \"summary\": \"Scales that cover blocks of several "
                           "axes, and the identities between them.\", \"requirements\": [",
                           id, title);
    for (guint i = 1; i <= 14; i++)
        g_string_append_printf(
            json,
            "%s{\"id\": \"R%u\", \"level\": \"%s\", \"text\": \"Each element is divided by the scale "
            "of the block that holds it; a ragged last block %u is scaled like a full one.\"}",
            i > 1 ? ", " : "", i, i % 4 == 0 ? "SHOULD" : "MUST", i);
    g_string_append(
        json,
        "], \"variants\": [{\"id\": \"block_shape\", \"title\": \"Block shape\", \"text\": \"an attribute with one "
        "block length an "
        "axis\"}, {\"id\": \"broadcast\", \"title\": \"Broadcast\", \"text\": \"the shape of the scale alone\"}], "
        "\"questions\": [{\"id\": \"Q1\", \"title\": \"Long blocks\", \"text\": \"Is a block longer than its axis "
        "allowed?\"}]}");
    ProposalFacts facts = { id, json->str };
    GError *error = NULL;
    cr_assert(results_put_proposal(results, &facts, &error), "%s", error ? error->message : "");
}

static void put_facts(Results *results)
{
    GError *error = NULL;
    RunFacts run = { .corpus = "build/corpus",
                     .corpus_hash = "sha256:1f8a",
                     .assay = "0.1" };
    cr_assert(results_begin_run(results, &run, &error));
    put_proposal(results, proposals[0], "Blockwise quantization over several axes");
    put_proposal(results, proposals[1], "Types below eight bits");
    for (gsize b = 0; b < G_N_ELEMENTS(backends); b++) {
        BackendFacts facts = { .name = backends[b],
                               .version = b == 1 ? "1.20.1" : "0.9",
                               .device = "cpu",
                               .environment = "x86-64, Linux",
                               .capabilities = "{\"unsupported\": []}" };
        cr_assert(results_put_backend(results, &facts, &error));
    }
}

static void put_verdict(Results *results, const char *id, guint i, guint b, gboolean reject)
{
    VerdictFacts v = { .case_id = id,
                       .backend = backends[b],
                       .verdict = reject ? VERDICT_REJECTED_INVALID : VERDICT_PASS,
                       .grade = reject       ? '\0'
                                : i % 3 == 0 ? 'A'
                                             : 'R',
                       .margin = reject ? (double)NAN : (i % 97) / 100.0,
                       .seconds = 0.001 * (i % 7),
                       .log = "started\n" };
    g_autofree char *message = NULL;
    if (b == 1 && i % 9 == 0 && !reject) {
        v.verdict = VERDICT_WRONG_VALUE;
        v.grade = i % 2 ? 'C' : 'F';
        v.margin = i % 2 ? 12.5 : (double)INFINITY;
        v.message = message =
            g_strdup_printf("output 0 'y' at [%u,3]: expected 1.5 (0x3fc00000), got 1.25 (0x3fa00000), "
                            "allowed [1.4999999, 1.5000001]",
                            i % 16);
        v.difference = "index   expected    got         allowed\n[0,0]   1           1           [1, 1]\n"
                       "[0,3]   1.5         1.25        [1.4999999, 1.5000001]   <-- wrong\n[0,4]   2           2      "
                       "     [2, 2]";
    } else if (b == 1 && i % 11 == 0 && !reject) {
        v = (VerdictFacts){ .case_id = id,
                            .backend = backends[b],
                            .verdict = VERDICT_REFUSED,
                            .margin = (double)NAN,
                            .stage = "load",
                            .message = "ai.onnx.preview.QuantizeLinear(1) is not a registered function/op",
                            .seconds = (double)NAN };
    } else if (b == 0 && i % 5 == 0 && !reject) {
        v = (VerdictFacts){ .case_id = id,
                            .backend = backends[b],
                            .verdict = VERDICT_UNSUPPORTED,
                            .margin = (double)NAN,
                            .stage = "load",
                            .message = "no kernel for int4",
                            .seconds = (double)NAN };
    } else if (b == 0 && i % 301 == 7) {
        v = (VerdictFacts){ .case_id = id,
                            .backend = backends[b],
                            .verdict = VERDICT_CRASHED,
                            .margin = (double)NAN,
                            .message = "killed by signal 11 (SIGSEGV)",
                            .log = "edge: loading\n",
                            .seconds = (double)NAN };
    } else if (b == 0 && i % 401 == 3) {
        v.flaky = TRUE;
    }
    GError *error = NULL;
    cr_assert(results_put_verdict(results, &v, &error), "%s", error ? error->message : "");
}

static void put_case(Results *results, guint i)
{
    const char *proposal = proposals[i % 2], *form = forms[i / 2 % 3], *dtype = dtypes[i / 6 % G_N_ELEMENTS(dtypes)];
    gboolean reject = i % 13 == 12;
    g_autofree char *semantic = g_strdup_printf("ragged_%s_rank%u_%u", dtype, i / 6 % 5 + 1, i / 6);
    g_autofree char *id = g_strdup_printf("%s/%s_%s", proposal, semantic, form);
    g_autofree char *requirement = g_strdup_printf("%s/R%u", proposal, i % 12 + 1);
    g_autofree char *model =
        g_strdup_printf("<ir_version: 13, opset_import: [\"\": 25, \"assay.%s\": 1]>\nragged (float[5,7] x, float[3,2] "
                        "scale) => (%s[5,7] y) {\n"
                        "   y = assay.%s.QuantizeLinear <block_shape: ints = [2,4]> (x, scale)\n}\n",
                        proposal, dtype, proposal);
    g_autoptr(GPtrArray) requirements = g_ptr_array_new(), types = g_ptr_array_new(), tags = g_ptr_array_new();
    g_ptr_array_add(requirements, requirement);
    g_ptr_array_add(types, (gpointer) "float");
    g_ptr_array_add(types, (gpointer)dtype);
    g_ptr_array_add(tags, (gpointer) "ragged");
    CaseFacts facts = { .id = id,
                        .proposal = proposal,
                        .variant = i % 4 ? "block_shape" : "broadcast",
                        .semantic = semantic,
                        .form = form,
                        .expectation = reject ? "reject" : "outputs",
                        .summary = "Quantizes a 5x7 tensor in blocks of 2x4 whose last row and column are ragged.",
                        .requirements = requirements,
                        .dtypes = types,
                        .tags = tags,
                        .model = model,
                        .comparison = "output 0: interval, half a quantum around each tie" };
    GError *error = NULL;
    cr_assert(results_put_case(results, &facts, &error), "%s", error ? error->message : "");
    for (guint b = 0; b < G_N_ELEMENTS(backends); b++)
        put_verdict(results, id, i, b, reject);
}

void fabricate(Results *results, guint cases, guint first, guint step)
{
    GError *error = NULL;
    cr_assert(results_begin_batch(results, &error));
    put_facts(results);
    for (guint i = first; i < cases; i += step)
        put_case(results, i);
    cr_assert(results_end_batch(results, &error));
}
