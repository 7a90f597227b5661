/* From a finished scenario to case folders: forms, golden, proof that they agree, files. */
#include "generators/engine/generator.h"

#include "golden/proof.h"

#include "reference/onnx/check.h"
#include "reference/onnx/inline.h"
#include "reference/onnx/save.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    EvalOutput *outputs;
    gsize       n;
} Golden;

static void golden_clear(Golden *golden)
{
    for (gsize i = 0; i < golden->n; i++)
        eval_output_clear(&golden->outputs[i]);
    g_clear_pointer(&golden->outputs, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Golden, golden_clear)

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, CORPUS_ERROR, CORPUS_ERROR_FORMAT, message);
    return FALSE;
}

/* ---- IR version ------------------------------------------------------------------------------------------------------- */

/* The first IR version whose release carries an opset (onnx release table), and that knows an element type. */
static int64_t ir_of_opset(int64_t opset)
{
    static const struct {
        int64_t opset, ir;
    } releases[] = { { 24, 12 }, { 23, 11 }, { 21, 10 }, { 19, 9 }, { 15, 8 }, { 11, 6 }, { 10, 5 }, { 9, 4 } };
    if (opset >= 25)
        return 13;
    for (gsize i = 0; i < G_N_ELEMENTS(releases); i++)
        if (opset >= releases[i].opset)
            return releases[i].ir;
    return 3;
}

static void set_ir_version(Model *model)
{
    int64_t ir = ir_of_opset(opset_version(&model->opset_imports, ""));
    if (model->functions.n > 0 && ir < 8)
        ir = 8;
    if (ir < 4)
        ir = 4; /* initializers that are not inputs */
    model->ir_version = ir;
}

/* ---- forms ------------------------------------------------------------------------------------------------------------- */

/* Whether nothing of a domain is left once the functions are inlined. */
static gboolean was_replaced(const char *domain, const List *functions)
{
    for (gsize i = 0; functions && i < functions->n; i++)
        if (*domain_canonical(domain) && strcmp(LIST_AT(functions, Function, i)->domain, domain) == 0)
            return TRUE;
    return g_str_has_prefix(domain, "assay.");
}

/* A function form imports what its functions' bodies import; a decomposed form no longer imports what it lost. */
static Model *make_form(const Scenario *s, Form form)
{
    Model *model = model_copy(s->model);
    const List *functions = s->functions ? &s->functions->functions : NULL;
    for (gsize i = 0; functions && form == FORM_FUNCTION && i < functions->n; i++) {
        Function *f = function_copy(LIST_AT(functions, Function, i), model);
        list_append(&model->functions, model->arena, f);
    }
    if (form == FORM_DECOMPOSED) {
        if (functions)
            inline_functions(model->graph, functions);
        for (gsize i = model->opset_imports.n; i-- > 0;)
            if (was_replaced(LIST_AT(&model->opset_imports, OpsetImport, i)->domain, functions))
                list_remove(&model->opset_imports, i);
    }
    if (s->model->ir_version == 13) /* model_new()'s default: not chosen by the generator */
        set_ir_version(model);
    if (s->change)
        s->change(model, form, s->change_data);
    return model;
}

static gboolean evaluate(const Scenario *s, const Model *model, gboolean certify, Golden *golden, GError **error)
{
    const EvalOptions options = { .certify = certify, .derive = certify };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, error);
    if (!evaluator)
        return FALSE;
    golden->n = model->graph->outputs.n;
    golden->outputs = g_new0(EvalOutput, golden->n + 1);
    return evaluator_run(evaluator, (Value *const *)s->inputs->pdata, s->inputs->len, golden->outputs, error);
}

/* A form other than the one that gave the golden must give the same bits. */
static gboolean forms_agree(const Golden *golden, const Golden *other, Form form, GError **error)
{
    const CompareSpec exact = { .mode = COMPARE_VALUE };
    for (gsize i = 0; i < golden->n; i++) {
        Comparison c;
        const gboolean same = compare_values(&exact, golden->outputs[i].value, NULL, NULL, other->outputs[i].value, &c);
        if (!same)
            fail(error, "the %s form disagrees with the native one at output %" G_GSIZE_FORMAT ": %s", form_name(form), i,
                 c.message);
        comparison_clear(&c);
        if (!same)
            return FALSE;
    }
    return TRUE;
}

/* What other scenarios gave for the same computation (scenario_expect). */
static gboolean as_expected(const Scenario *s, const Golden *golden, GError **error)
{
    const CompareSpec exact = { .mode = COMPARE_VALUE };
    for (guint i = 0; i < s->expected->len && i < golden->n; i++) {
        const Tensor *expected = s->expected->pdata[i];
        Comparison c = { .message = NULL };
        if (!expected)
            continue;
        const gboolean same = golden->outputs[i].value->kind == VALUE_TENSOR &&
                              compare_tensors(&exact, expected, NULL, NULL, golden->outputs[i].value->tensor, &c);
        if (!same)
            fail(error, "output %u is not what it must be: %s", i, c.message);
        comparison_clear(&c);
        if (!same)
            return FALSE;
    }
    return TRUE;
}

/* ---- files -------------------------------------------------------------------------------------------------------------
 * A case is written into a folder of its own that gets its name when it is whole, so its files need no care one by one. */

static gboolean write_file(const char *path, const void *data, gsize size, GError **error)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    gsize done = 0;
    gboolean ok = fd >= 0;
    while (ok && done < size) {
        const ssize_t put = write(fd, (const uint8_t *)data + done, size - done);
        if (put > 0)
            done += (gsize)put;
        else if (put == 0 || errno != EINTR)
            ok = FALSE;
    }
    const int cause = errno;
    const gboolean closed = fd < 0 || close(fd) == 0;
    return (ok && closed) || fail(error, "cannot write %s: %s", path, g_strerror(ok ? errno : cause));
}

static gboolean write_bytes(const char *path, GBytes *bytes, GError **error) /* takes the bytes; NULL: error is set */
{
    if (!bytes)
        return FALSE;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    const gboolean ok = write_file(path, data, size, error);
    g_bytes_unref(bytes);
    return ok;
}

static gboolean write_text(const char *folder, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return write_file(path, text, strlen(text), error);
}

static gboolean write_value(const char *folder, const char *kind, guint i, const Value *value, const char *name, GError **error)
{
    g_autofree char *path = case_data_path(folder, kind, i);
    return write_bytes(path, value_to_bytes(value, name, error), error);
}

static gboolean write_tensor(const char *path, const Tensor *tensor, const char *name, GError **error)
{
    return write_bytes(path, tensor_to_bytes(tensor, name, STORAGE_RAW, error), error);
}

static gboolean has_external_data(const Model *model)
{
    for (gsize i = 0; i < model->graph->initializers.n; i++)
        if (LIST_AT(&model->graph->initializers, NamedTensor, i)->storage == STORAGE_EXTERNAL)
            return TRUE;
    return FALSE;
}

static gboolean write_inputs(const Scenario *s, const char *folder, GError **error)
{
    for (guint i = 0; i < s->inputs->len; i++)
        if (!write_value(folder, "input", i, g_ptr_array_index(s->inputs, i),
                         LIST_AT(&s->model->graph->inputs, ValueInfo, i)->name, error))
            return FALSE;
    return TRUE;
}

static gboolean write_golden(const Scenario *s, const char *folder, const Golden *golden, GError **error)
{
    for (guint i = 0; i < golden->n; i++) {
        const EvalOutput *o = &golden->outputs[i];
        const char *name = LIST_AT(&s->model->graph->outputs, ValueInfo, i)->name;
        g_autofree char *lower = case_data_path(folder, "lower", i), *upper = case_data_path(folder, "upper", i);
        if (!write_value(folder, "output", i, o->value, name, error) ||
            (o->lower && (!write_tensor(lower, o->lower, name, error) || !write_tensor(upper, o->upper, name, error))))
            return FALSE;
    }
    for (guint a = 0; a < s->alternatives->len; a++) {
        const GPtrArray *tensors = g_ptr_array_index(s->alternatives, a);
        for (guint i = 0; i < tensors->len; i++) {
            g_autofree char *path = case_alternative_path(folder, a, i);
            if (!write_tensor(path, g_ptr_array_index(tensors, i), LIST_AT(&s->model->graph->outputs, ValueInfo, i)->name, error))
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean write_model(const Scenario *s, const Model *model, const char *folder, GError **error)
{
    g_autofree char *path = case_model_path(folder);
    if (s->bytes)
        return write_bytes(path, g_bytes_ref(s->bytes), error);
    if (s->file && s->facts->form == FORM_NATIVE)
        return write_bytes(path, s->file->store(model, s->file_data, error), error) &&
               (!s->file->beside || s->file->beside(folder, s->file_data, error));
    if (has_external_data(model))
        return model_save(model, path, error);
    return write_bytes(path, model_to_bytes(model, error), error);
}

static void add_dtype(Case *facts, const Value *value)
{
    const char *name = value->tensor ? dtype_name(value->tensor->dtype) : NULL;
    for (guint i = 0; name && i < facts->dtypes->len; i++)
        if (strcmp(g_ptr_array_index(facts->dtypes, i), name) == 0)
            return;
    if (name)
        g_ptr_array_add(facts->dtypes, g_strdup(name));
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void set_facts(const Scenario *s, Form form, const Golden *golden)
{
    Case *c = s->facts;
    c->form = form;
    g_free(c->name);
    c->name = g_strdup_printf("%s-%s", s->name, form_name(form));
    g_free(c->id);
    c->id = g_strdup_printf("%s/%s", c->proposal, c->name);
    c->n_inputs = s->inputs->len;
    c->n_outputs = golden ? (guint)golden->n : 0;
    g_array_set_size(c->comparisons, 0);
    for (gsize i = 0; golden && i < golden->n; i++) {
        const CompareSpec spec = { .mode = golden->outputs[i].lower ? COMPARE_INTERVAL : s->bits ? COMPARE_BITS : COMPARE_VALUE,
                                   .free_zero_sign = s->free_zero_sign };
        g_array_append_val(c->comparisons, spec);
        add_dtype(c, golden->outputs[i].value);
    }
    g_ptr_array_sort(c->dtypes, by_text);
}

/* Everything goes into <case>.partial, which becomes <case> when it is whole. */
static gboolean write_case(Scenario *s, const Model *model, Form form, const Golden *golden, GError **error)
{
    set_facts(s, form, golden);
    g_autofree char *folder = g_build_filename(s->generator->folder, s->facts->name, NULL);
    g_autofree char *partial = g_strconcat(folder, ".partial", NULL);
    g_autofree char *data = g_build_filename(partial, "test_data_set_0", NULL);
    if (g_mkdir(partial, 0777) != 0 || g_mkdir(data, 0777) != 0)
        return fail(error, "%s: cannot be made: %s", data, g_strerror(errno));
    g_autofree char *json = case_to_json(s->facts);
    if (!write_model(s, model, partial, error) || !write_inputs(s, partial, error) ||
        (golden && !write_golden(s, partial, golden, error)) || !write_text(partial, "case.json", json, error))
        return FALSE;
    if (g_rename(partial, folder) != 0)
        return fail(error, "%s: cannot be put in place: %s", folder, g_strerror(errno));
    Written *written = g_new0(Written, 1);
    *written = (Written){ g_strdup(s->facts->id), g_strdup(s->facts->twin) };
    g_mutex_lock(&s->generator->lock);
    g_ptr_array_add(s->generator->written, written);
    g_mutex_unlock(&s->generator->lock);
    return TRUE;
}

/* ---- valid scenarios ------------------------------------------------------------------------------------------------------ */

static gboolean declare_outputs(Scenario *s, Model *model, const Golden *golden, GError **error)
{
    for (gsize i = 0; i < golden->n; i++) {
        ValueInfo *info = LIST_AT(&model->graph->outputs, ValueInfo, i);
        const Value *value = golden->outputs[i].value;
        if (!info->type && value->kind != VALUE_TENSOR)
            return fail(error, "output '%s' is no tensor: declare its type", info->name);
        if (!info->type)
            info->type = type_tensor(model, value->tensor->dtype, &value->tensor->shape);
        if (!golden->outputs[i].certified && !s->generator->uncertified)
            return fail(error, "output '%s' has no certificate: an operator on its way has no bound rule", info->name);
    }
    (void)s;
    return TRUE;
}

/* A digest of what a golden's tensors are, bit for bit. */
static char *golden_digest(const Golden *golden)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (gsize i = 0; i < golden->n; i++) {
        const Value *value = golden->outputs[i].value;
        g_autofree char *what = value_describe(value);
        g_checksum_update(sum, (const guchar *)what, -1);
        if (value->tensor && value->tensor->dtype != DTYPE_STRING && value->tensor->bytes > 0)
            g_checksum_update(sum, value->tensor->data, (gssize)value->tensor->bytes);
    }
    return g_strdup(g_checksum_get_string(sum));
}

/* The variants of a semantic case share one golden. */
static gboolean semantic_agrees(Scenario *s, const Golden *golden, GError **error)
{
    g_autofree char *digest = golden_digest(golden);
    g_mutex_lock(&s->generator->lock);
    const char *known = g_hash_table_lookup(s->generator->goldens, s->facts->semantic);
    const gboolean same = !known || strcmp(known, digest) == 0;
    if (!known)
        g_hash_table_insert(s->generator->goldens, g_strdup(s->facts->semantic), g_steal_pointer(&digest));
    g_mutex_unlock(&s->generator->lock);
    return same || fail(error, "another variant of the semantic case '%s' has a different golden", s->facts->semantic);
}

/* Files on their way to being judged live here; the folder is gone afterwards. */
static char *scratch_new(const Scenario *s, GError **error)
{
    g_autofree char *folder = g_strdup_printf("%s/%s.file.partial", s->generator->folder, s->name);
    if (g_mkdir(folder, 0777) == 0)
        return g_steal_pointer(&folder);
    fail(error, "%s: cannot be made: %s", folder, g_strerror(errno));
    return NULL;
}

static void scratch_free(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        if (g_unlink(file) != 0)
            scratch_free(file);
    }
    g_rmdir(folder);
}

/* What runs when the native form is opened. */
static Model *open_native(Scenario *s, GError **error)
{
    g_autoptr(Model) native = make_form(s, FORM_NATIVE);
    if (!s->file)
        return g_steal_pointer(&native);
    g_autofree char *folder = scratch_new(s, error), *path = folder ? case_model_path(folder) : NULL;
    Model *opened = path && write_model(s, native, folder, error) ? s->file->open(path, s->file_data, error) : NULL;
    if (folder)
        scratch_free(folder);
    return opened;
}

/* As a fact for judges, and as a tag for those who select cases. */
static void mark_aware(Scenario *s)
{
    s->facts->aware = TRUE;
    scenario_tag(s, "aware");
    g_ptr_array_sort(s->facts->tags, by_text);
}

#define PLAIN "the original graph: what a runtime gives that does not know what else is in the file"

/* A session that shows must show in exactly the outputs that it names. */
static gboolean session_shows(Scenario *s, const Golden *golden, GError **error)
{
    const CompareSpec exact = { .mode = COMPARE_VALUE };
    g_auto(Golden) plain_golden = { 0 };
    if (!s->file || !s->file->shows)
        return TRUE;
    g_autoptr(GPtrArray) plain_tensors = g_ptr_array_new();
    g_autoptr(Model) plain = make_form(s, FORM_DECOMPOSED);
    mark_aware(s);
    if (s->file->shows == SCENARIO_PLAIN_FAILS)
        return !evaluate(s, plain, FALSE, &plain_golden, NULL) || fail(error, "the plain model must not run, but it does");
    if (!evaluate(s, plain, FALSE, &plain_golden, error))
        return FALSE;
    for (gsize i = 0; i < golden->n; i++) {
        Comparison c;
        const gboolean same = compare_values(&exact, plain_golden.outputs[i].value, NULL, NULL, golden->outputs[i].value, &c);
        comparison_clear(&c);
        if (same == (gboolean)(s->file->shows >> i & 1))
            return fail(error, "output %" G_GSIZE_FORMAT " %s", i, same ? "does not show which path ran" : "must be as in the plain model");
        g_ptr_array_add(plain_tensors, plain_golden.outputs[i].value->tensor);
    }
    for (guint i = 0; i < plain_tensors->len; i++)
        tensor_ref(plain_tensors->pdata[i]);
    scenario_alternative(s, PLAIN, (Tensor *const *)plain_tensors->pdata, plain_tensors->len);
    return TRUE;
}

/* The native form's own rules first; what they leave open, the decomposition may decide. */
static gboolean prove(Scenario *s, const Model *native, const Golden *golden, GError **error)
{
    const gboolean has_other = !s->file && s->forms >> FORM_DECOMPOSED & 1;
    g_autoptr(Model) decomposed = has_other ? make_form(s, FORM_DECOMPOSED) : NULL;
    const Model *const forms[] = { native, decomposed };
    return golden_prove(forms, has_other ? 2 : 1, (Value *const *)s->inputs->pdata, s->inputs->len, golden->outputs, golden->n,
                        s->facts->certificates, error);
}

static gboolean write_forms(Scenario *s, GError **error)
{
    g_auto(Golden) golden = { 0 };
    g_autoptr(Model) native = open_native(s, error);
    const gboolean certify = !s->generator->uncertified;
    if (!native || !evaluate(s, native, certify, &golden, error) || !session_shows(s, &golden, error) ||
        !as_expected(s, &golden, error) || !declare_outputs(s, s->model, &golden, error))
        return FALSE;
    if (!semantic_agrees(s, &golden, error))
        return FALSE;
    if (certify && !prove(s, native, &golden, error))
        return FALSE;
    for (Form form = FORM_NATIVE; form <= FORM_DECOMPOSED; form++) {
        if (!(s->forms >> form & 1))
            continue;
        g_autoptr(Model) model = make_form(s, form);
        g_auto(Golden) other = { 0 };
        const gboolean judged = s->file && form == FORM_NATIVE; /* its golden is what the file gave */
        if (!model_check(model, error) || (!judged && !evaluate(s, model, FALSE, &other, error)) ||
            (!judged && !forms_agree(&golden, &other, form, error)) || !write_case(s, model, form, &golden, error)) {
            g_prefix_error(error, "%s form: ", form_name(form));
            return FALSE;
        }
    }
    return TRUE;
}

Model *scenario_form(Scenario *s, Form form, GError **error)
{
    g_auto(Golden) golden = { 0 };
    g_autoptr(Model) native = make_form(s, FORM_NATIVE);
    if (!evaluate(s, native, TRUE, &golden, error) || !declare_outputs(s, s->model, &golden, error))
        return NULL;
    return make_form(s, form);
}

/* ---- scenarios that must be refused ---------------------------------------------------------------------------------------- */

/* What the reference says to the model as it stands on disk: load, check, run. */
static gboolean refused(const Scenario *s, const char *path, GError **why)
{
    g_autoptr(Model) model = s->file ? s->file->open(path, s->file_data, why) : model_load(path, NULL, why);
    if (!model || !model_check(model, why))
        return TRUE;
    g_auto(Golden) golden = { 0 };
    return !evaluate(s, model, FALSE, &golden, why);
}

/* A graph without the shape of an output is ill-formed by itself, for who checks that: the fault that is meant would not be the
 * only one. */
static gboolean declares_outputs(const Graph *graph, GError **error)
{
    for (gsize i = 0; i < graph->outputs.n; i++) {
        const ValueInfo *output = LIST_AT(&graph->outputs, ValueInfo, i);
        if (!output->type || (output->type->kind == TYPE_TENSOR && !output->type->has_shape))
            return fail(error, "output '%s' has no shape: a second fault (scenario_output_open)", output->name);
    }
    return TRUE;
}

static gboolean write_reject(Scenario *s, GError **error)
{
    g_autoptr(Model) model = make_form(s, FORM_NATIVE);
    if (!declares_outputs(model->graph, error))
        return FALSE;
    g_autoptr(GError) why = NULL;
    g_autofree char *scratch = scratch_new(s, error), *path = scratch ? case_model_path(scratch) : NULL;
    if (!path || !write_model(s, model, scratch, error))
        return FALSE;
    const gboolean is_refused = refused(s, path, &why);
    scratch_free(scratch);
    if (!is_refused)
        return fail(error, "must be refused, but the reference accepts it");
    if (g_error_matches(why, EVAL_ERROR, EVAL_ERROR_UNSUPPORTED) || !strstr(why->message, s->because))
        return fail(error, "must be refused because of '%s', but the reference says: %s", s->because, why->message);
    g_autofree char *prefix = g_strconcat(path, ": ", NULL); /* the path varies, the rest is the reason */
    s->facts->why = g_strdup(g_str_has_prefix(why->message, prefix) ? why->message + strlen(prefix) : why->message);
    if (s->file)
        mark_aware(s);
    return write_case(s, model, FORM_NATIVE, NULL, error);
}

gboolean scenario_write(Scenario *s, GError **error)
{
    if (s->reject ? write_reject(s, error) : write_forms(s, error))
        return TRUE;
    g_prefix_error(error, "%s/%s: ", s->generator->proposal->id, s->name);
    return FALSE;
}
