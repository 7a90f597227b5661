#include "backends_under_test/runner/damage.h"
#include "backends_under_test/runner/witness.h"

#include <string.h>

static gboolean damaged(const char *path, const char *what, GError **error)
{
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_DAMAGED, "%s: %s; generate the corpus again", path, what);
    return FALSE;
}

/* ---- presence ------------------------------------------------------------------------------------------------------ */

static gboolean is_there(const Subject *s, const char *path, GError **error)
{
    const gint64 size = witness_size(s->state, path + strlen(s->folder) + 1);
    return size > 0 || damaged(path, size == 0 ? "this file of the case is empty" : "this file of the case is missing", error);
}

gboolean damage_check_presence(const Subject *s, GError **error)
{
    gboolean good = is_there(s, s->model, error);
    for (guint i = 0; good && i < s->inputs->len; i++)
        good = is_there(s, s->inputs->pdata[i], error);
    return good;
}

/* ---- content ------------------------------------------------------------------------------------------------------- */

/* A lack of memory is nobody's damage. */
static gboolean is_input(const Subject *s, guint i, GError **error)
{
    const ModelFacts *facts = subject_model(s);
    const char       *path = s->inputs->pdata[i];
    g_autoptr(GError) cause = NULL;
    g_autoptr(Value)  value = value_load(path, i < facts->n_inputs ? &facts->inputs[i] : NULL, NULL, &cause);
    if (value || g_error_matches(cause, ONNX_ERROR, ONNX_ERROR_MEMORY))
        return TRUE;
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_DAMAGED, "%s; generate the corpus again", cause->message);
    return FALSE;
}

static gboolean is_valid_case(const Subject *s, GError **error)
{
    const char *unreadable = subject_model(s)->unreadable;
    if (unreadable) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_DAMAGED, "%s; generate the corpus again", unreadable);
        return FALSE;
    }
    gboolean good = TRUE;
    for (guint i = 0; good && i < s->inputs->len; i++)
        good = is_input(s, i, error);
    return good;
}

static gboolean is_invalid_case(const Subject *s, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize            size;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(s->model, &bytes, &size, &cause))
        return damaged(s->model, "this file of the case cannot be read", error);
    if (model_bytes_check(bytes, size, NULL, &cause) || (s->c->why && strstr(s->c->why, cause->message)))
        return TRUE;
    g_autofree char *what = g_strdup_printf("%s, which is not why case.json says that it is invalid", cause->message);
    return damaged(s->model, what, error);
}

gboolean damage_check_content(const Subject *s, GError **error)
{
    return s->c->expectation == EXPECT_REJECT ? is_invalid_case(s, error) : is_valid_case(s, error);
}
