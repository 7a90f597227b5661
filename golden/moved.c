#include "golden/moved.h"

#include "golden/manifest.h"

#include <string.h>

enum { MODEL, INPUTS, GOLDEN, INTERVAL, DESCRIPTION, KINDS };
static const char *const kind_names[KINDS] = { "model", "inputs", "golden", "interval", "case.json" };

static void move_free(gpointer data)
{
    Move *move = data;
    g_free(move->id);
    g_free(move->what);
    g_free(move->why);
    g_free(move->where);
    g_free(move);
}

/* ---- reading: case id -> the hashes of its line -------------------------------------------------------------------- */

static gboolean add_lines(GHashTable *index, const char *proposal, const char *text, const char *path, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);
        if (!**line)
            continue;
        if (g_strv_length(words) != KINDS + 1) {
            g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: line '%.60s' is not a manifest's: expected a name and %d hashes",
                        path, *line, KINDS);
            return FALSE;
        }
        g_hash_table_insert(index, g_strjoin("/", proposal, words[0], NULL), g_strdup(strchr(*line, ' ') + 1));
    }
    return TRUE;
}

static gboolean add_entry(GHashTable *index, const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    g_autoptr(GError) io = NULL;
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        text = manifest_of(path, error);
        return text && add_lines(index, name, text, path, error);
    }
    if (!g_str_has_suffix(name, ".txt"))
        return TRUE;
    if (!g_file_get_contents(path, &text, NULL, &io)) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        return FALSE;
    }
    g_autofree char *proposal = g_strndup(name, strlen(name) - strlen(".txt"));
    return add_lines(index, proposal, text, path, error);
}

static GHashTable *read_corpus(const char *folder, GError **error)
{
    g_autoptr(GError) io = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &io);
    if (!dir) {
        g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s", io->message);
        return NULL;
    }
    g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *name;
    while ((name = g_dir_read_name(dir)))
        if (!add_entry(index, folder, name, error))
            return NULL;
    if (g_hash_table_size(index) > 0)
        return g_steal_pointer(&index);
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, "%s: holds no case and no manifest", folder);
    return NULL;
}

/* ---- what and why -------------------------------------------------------------------------------------------------- */

static const char *reason(const gboolean *moved)
{
    if (moved[INPUTS] && (moved[GOLDEN] || moved[INTERVAL]))
        return "other inputs, and the answer that follows from them";
    if (moved[INPUTS])
        return "other inputs that lead to the same answer";
    if (moved[GOLDEN] && moved[MODEL])
        return "the model asks something else";
    if (moved[GOLDEN])
        return "the same question has another answer: the reference's meaning changed";
    if (moved[INTERVAL])
        return "the same answer with another allowance: the bound's derivation changed";
    if (moved[MODEL])
        return "the same question and answer, the model is written otherwise";
    return "described otherwise";
}

static void say_where(GString *where, const char *old, const char *now, const char *kind, guint i)
{
    g_autofree char *a = case_data_path(old, kind, i), *b = case_data_path(now, kind, i);
    g_autoptr(Tensor) was = tensor_load(a, NULL, NULL, NULL), is = tensor_load(b, NULL, NULL, NULL);
    Comparison c = { 0 };
    if (!was || !is || compare_tensors(&(CompareSpec){ .mode = COMPARE_BITS }, was, NULL, NULL, is, &c)) {
        comparison_clear(&c);
        return;
    }
    g_string_append_printf(where, "%s%s %u: ", where->len ? "; " : "", kind, i);
    if (c.first < 0) {
        g_string_append(where, c.message);
    } else {
        g_autofree char *x = tensor_element_to_string(was, c.first), *y = tensor_element_to_string(is, c.first);
        g_string_append_printf(where, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " elements, first number %" G_GINT64_FORMAT
                               ": was %s, is %s", c.wrong, c.elements, c.first, x, y);
    }
    comparison_clear(&c);
}

static char *where_moved(const char *old, const char *now, const char *id)
{
    GString *where = g_string_new(NULL);
    g_autofree char *a = g_build_filename(old, id, NULL), *b = g_build_filename(now, id, NULL);
    g_autoptr(Case) c = case_read(b, NULL); /* not there where only manifests are compared */
    for (guint i = 0; c && i < c->n_outputs; i++) {
        say_where(where, a, b, "output", i);
        say_where(where, a, b, "lower", i);
        say_where(where, a, b, "upper", i);
    }
    return g_string_free(where, FALSE);
}

static Move *changed(const char *old, const char *now, const char *id, const char *old_hashes, const char *new_hashes)
{
    g_auto(GStrv) a = g_strsplit(old_hashes, " ", -1), b = g_strsplit(new_hashes, " ", -1);
    gboolean moved[KINDS];
    g_autoptr(GString) what = g_string_new(NULL);
    for (int k = 0; k < KINDS; k++) {
        moved[k] = strcmp(a[k], b[k]) != 0;
        if (moved[k])
            g_string_append_printf(what, "%s%s", what->len ? ", " : "", kind_names[k]);
    }
    Move *move = g_new0(Move, 1);
    *move = (Move){ .kind = MOVE_CHANGED, .expected = moved[GOLDEN] || moved[INTERVAL], .id = g_strdup(id),
                    .what = g_strdup(what->str), .why = g_strdup(reason(moved)) };
    move->where = move->expected ? where_moved(old, now, id) : g_strdup("");
    return move;
}

static Move *appeared(MoveKind kind, const char *id)
{
    Move *move = g_new0(Move, 1);
    *move = (Move){ .kind = kind, .id = g_strdup(id), .what = g_strdup(""), .where = g_strdup(""),
                    .why = g_strdup(kind == MOVE_ADDED ? "a new case" : "the case is not there any more") };
    return move;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Move *const *)a)->id, (*(Move *const *)b)->id);
}

GPtrArray *corpora_moves(const char *old, const char *now, guint *cases, GError **error)
{
    g_autoptr(GHashTable) before = read_corpus(old, error);
    g_autoptr(GHashTable) after = before ? read_corpus(now, error) : NULL;
    if (!after)
        return NULL;
    GPtrArray *moves = g_ptr_array_new_with_free_func(move_free);
    GHashTableIter each;
    gpointer id, hashes;
    g_hash_table_iter_init(&each, after);
    while (g_hash_table_iter_next(&each, &id, &hashes)) {
        const char *had = g_hash_table_lookup(before, id);
        if (!had)
            g_ptr_array_add(moves, appeared(MOVE_ADDED, id));
        else if (strcmp(had, hashes) != 0)
            g_ptr_array_add(moves, changed(old, now, id, had, hashes));
    }
    g_hash_table_iter_init(&each, before);
    while (g_hash_table_iter_next(&each, &id, NULL))
        if (!g_hash_table_contains(after, id))
            g_ptr_array_add(moves, appeared(MOVE_REMOVED, id));
    g_ptr_array_sort(moves, by_id);
    *cases = g_hash_table_size(after);
    return moves;
}
