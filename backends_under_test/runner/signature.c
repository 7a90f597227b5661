#include "backends_under_test/runner/signature.h"
#include "backends_under_test/runner/backend.h"
#include "backends_under_test/runner/scratch.h"
#include "reference/onnx/save.h"

#include <gio/gio.h>
#include <string.h>

#define PURPOSE "assay-certificate"

/* Runs ssh-keygen with `input` on stdin; what it says of a failure becomes the error. */
static gboolean run(const char *const *argv, const char *input, GError **error)
{
    g_autofree char       *said = NULL;
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    if (!process)
        return g_prefix_error(error, "ssh-keygen: "), FALSE;
    g_autofree char *heard = NULL;
    if (!g_subprocess_communicate_utf8(process, input, NULL, &heard, &said, error))
        return FALSE;
    if (g_subprocess_get_successful(process))
        return TRUE;
    g_strdelimit(g_strstrip(said), "\r\n", ' ');
    g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_START, "ssh-keygen: %s", said);
    return FALSE;
}

static GBytes *sign_in(const char *folder, const char *root, const char *key, GError **error)
{
    g_autofree char *file = g_build_filename(folder, "ROOT", NULL), *made = g_strconcat(file, ".sig", NULL);
    char            *data = NULL;
    gsize            size;
    if (!file_replace(file, root, strlen(root), FALSE, error) ||
        !run((const char *const[]){ "ssh-keygen", "-Y", "sign", "-f", key, "-n", PURPOSE, file, NULL }, NULL, error) ||
        !g_file_get_contents(made, &data, &size, error))
        return NULL;
    return g_bytes_new_take(data, size);
}

GBytes *signature_make(const char *root, const char *key, GError **error)
{
    g_autofree char *folder = scratch_make(error);
    GBytes          *signature = folder ? sign_in(folder, root, key, error) : NULL;
    scratch_remove(folder);
    return signature;
}

gboolean signature_verify(const char *root, GBytes *signature, const char *signers, const char *identity, GError **error)
{
    g_autofree char *folder = scratch_make(error);
    g_autofree char *file = folder ? g_build_filename(folder, "ROOT.sig", NULL) : NULL;
    gsize            size;
    const void      *data = g_bytes_get_data(signature, &size);
    const gboolean   good = file && file_replace(file, data, size, FALSE, error) &&
                          run((const char *const[]){ "ssh-keygen", "-Y", "verify", "-f", signers, "-I", identity, "-n", PURPOSE,
                                                     "-s", file, NULL },
                              root, error);
    scratch_remove(folder);
    return good;
}
