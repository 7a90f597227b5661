#include "backends_under_test/runner/certify.h"
#include "backends_under_test/runner/signature.h"
#include "reference/cli/subcommand.h"
#include "reference/onnx/save.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static int cmd_certify(int argc, char **argv);
SUBCOMMAND_DEFINE(certify, "certify", "RESULTS -b BACKEND --profile P -o FILE | --check FILE [CORPUS]",
                  "pack a backend's results into a certificate that can be judged again, or check one", cmd_certify)

static const char description[] =
    "The run must have kept what it will be judged by: assay run --keep-outputs boundary (or all). The certificate is\n"
    "a tar archive: statement, profile, results with waivers, capability manifest, corpus manifests, outputs of\n"
    "failures and of passes near the edge, and a Merkle root over all. A profile is bronze, silver, gold, platinum\n"
    "(spec/profiles), or the path of a file. A corpus that is not the frozen one (assay version) grants nothing.\n"
    "--sign KEY signs the root with ssh-keygen.\n\n"
    "--check needs no backend. It refuses a file in which any byte was changed, derives the statement again, and with\n"
    "a CORPUS ('assay generate' makes the same one anywhere) judges the stored outputs again and names every\n"
    "difference. Whoever can rewrite the whole file can give it another root: that it comes from somebody only a\n"
    "signature shows, with --signers FILE --identity WHO (as in ssh-keygen -Y verify).\n\n"
    "Exit status: 0 granted, or the check found nothing; 1 not granted (the file is written all the same), or a\n"
    "difference was found; 2 asked wrongly, or no certificate; 3 the harness failed.";

typedef struct {
    char    *backend, *profile, *output, *corpus, *key, *check, *signers, *identity;
    char   **proposals;
} Arguments;

/* ---- making ------------------------------------------------------------------------------------------------------------- */

static gboolean seal(Certificate *c, const Arguments *a, GError **error)
{
    char   *root = archive_root(c->entries);
    GBytes *signature = a->key ? signature_make(root, a->key, error) : NULL;
    archive_add(c->entries, ARCHIVE_ROOT, g_bytes_new_take(root, strlen(root)));
    if (signature)
        archive_add(c->entries, ARCHIVE_SIGNATURE, signature);
    return !a->key || signature;
}

static int make(const Arguments *a, const char *path)
{
    GError              *error = NULL;
    gboolean             granted = FALSE;
    const CertifyRequest request = { a->backend, a->profile, a->corpus, a->proposals };
    g_autoptr(Results)     results = results_open(path, RESULTS_READ, &error);
    g_autoptr(Certificate) c = results ? certify(results, &request, &error) : NULL;
    if (!c)
        return cli_fail(&subcommand_certify, EXIT_USAGE, error);
    g_autofree char  *statement = certificate_statement(c, &granted);
    g_autoptr(GBytes) bytes = seal(c, a, &error) ? archive_write(c->entries, &error) : NULL;
    gsize             size;
    const void       *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    if (!bytes || !file_replace(a->output, data, size, TRUE, &error))
        return cli_fail(&subcommand_certify, EXIT_HARNESS, error);
    g_autofree char *verdict = certificate_verdict(c);
    fprintf(stderr, "%s\n", verdict); /* a line for people; stdout is the statement, and JSON */
    fputs(statement, stdout);
    return granted ? EXIT_GOOD : EXIT_SHORT;
}

/* ---- checking ----------------------------------------------------------------------------------------------------------- */

static GBytes *read_file(const char *path, GError **error)
{
    GStatBuf about;
    char    *data = NULL;
    gsize    size;
    if (g_stat(path, &about) == 0 && (!S_ISREG(about.st_mode) || about.st_size > (off_t)ARCHIVE_MAX_BYTES)) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_FORMAT, "%s: no certificate: not a file of at most 1 GiB", path);
        return NULL;
    }
    return g_file_get_contents(path, &data, &size, error) ? g_bytes_new_take(data, size) : NULL;
}

/* FALSE with an error if a signature was asked for and is not there or not good. *what says what is known of it. */
static gboolean check_signature(const Arguments *a, const Certificate *c, const char **what, GError **error)
{
    GBytes          *signature = archive_get(c->entries, ARCHIVE_SIGNATURE);
    g_autofree char *root = archive_root(c->entries);
    *what = signature ? "signed, by whom was not asked (--signers, --identity)" : "not signed";
    if (!a->signers)
        return TRUE;
    if (!signature) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "%s: not signed", a->check);
        return FALSE;
    }
    *what = a->identity;
    return signature_verify(root, signature, a->signers, a->identity, error);
}

static gboolean is_corpus(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) cases = corpus_list(folder, error);
    return cases != NULL;
}

static void report(const Certificate *c, const Recheck *r, const char *signer, const char *corpus)
{
    for (guint i = 0; i < r->differences->len; i++)
        printf("difference: %s\n", (const char *)r->differences->pdata[i]);
    g_autofree char *verdict = certificate_verdict(c);
    printf("root: good\nsignature: %s\nstatement: %s %s, profile %s\n", signer, c->backend, c->version, verdict);
    if (corpus)
        printf("judged again: %u cases; no stored output to judge: %u\n", r->judged, r->unjudged);
    else
        printf("not judged again: no CORPUS was given\n");
    printf("%u difference%s\n", r->differences->len, r->differences->len == 1 ? "" : "s");
}

static int check(const Arguments *a, const char *corpus)
{
    GError              *error = NULL;
    Recheck              r = { 0 };
    const char          *signer;
    if (corpus && !is_corpus(corpus, &error))
        return cli_fail(&subcommand_certify, EXIT_USAGE, error);
    g_autoptr(GBytes)    bytes = read_file(a->check, &error);
    GPtrArray           *entries = bytes ? archive_read(bytes, a->check, &error) : NULL;
    g_autoptr(Certificate) c = entries ? certificate_open(entries, a->check, &error) : NULL;
    if (!c)
        return cli_fail(&subcommand_certify, EXIT_USAGE, error);
    if (!check_signature(a, c, &signer, &error))
        return cli_fail(&subcommand_certify, EXIT_SHORT, error);
    if (!certify_check(c, corpus, &r, &error)) {
        recheck_clear(&r);
        return cli_fail(&subcommand_certify, EXIT_HARNESS, error);
    }
    report(c, &r, signer, corpus);
    const int code = r.differences->len ? EXIT_SHORT : EXIT_GOOD;
    recheck_clear(&r);
    return code;
}

static int certify_or_check(const Arguments *a, int argc, char **argv)
{
    if (a->check) {
        if (argc > 2 || !a->signers != !a->identity)
            return cli_complain(&subcommand_certify, EXIT_USAGE, "--check FILE [CORPUS], --signers and --identity together");
        return check(a, argc == 2 ? argv[1] : NULL);
    }
    if (argc != 2 || !a->backend || !a->profile || !a->output)
        return cli_complain(&subcommand_certify, EXIT_USAGE,
                            "expected RESULTS, -b BACKEND, --profile P and -o FILE; see 'assay certify --help'");
    return make(a, argv[1]);
}

static int cmd_certify(int argc, char **argv)
{
    Arguments          a = { 0 };
    int                code;
    const GOptionEntry entries[] = {
        { "backend", 'b', 0, G_OPTION_ARG_STRING, &a.backend, "the backend to certify", "NAME" },
        { "profile", 0, 0, G_OPTION_ARG_STRING, &a.profile, "what is certified: bronze, silver, gold, platinum, a file", "P" },
        { "proposal", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &a.proposals, "of this proposal alone; may be repeated", "ID" },
        { "corpus", 'c', 0, G_OPTION_ARG_FILENAME, &a.corpus, "corpus folder (that of the run)", "DIR" },
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &a.output, "the certificate", "FILE" },
        { "sign", 0, 0, G_OPTION_ARG_FILENAME, &a.key, "sign with this SSH key", "KEY" },
        { "check", 0, 0, G_OPTION_ARG_FILENAME, &a.check, "check this certificate", "FILE" },
        { "signers", 0, 0, G_OPTION_ARG_FILENAME, &a.signers, "allowed signers, as for ssh-keygen -Y verify", "FILE" },
        { "identity", 0, 0, G_OPTION_ARG_STRING, &a.identity, "who must have signed", "WHO" },
        { 0 }
    };
    if (!cli_parse(&argc, &argv, &subcommand_certify, entries, description, &code))
        return code;
    code = cli_finish(&subcommand_certify, certify_or_check(&a, argc, argv));
    char *const texts[] = { a.backend, a.profile, a.output, a.corpus, a.key, a.check, a.signers, a.identity };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(a.proposals);
    return code;
}
