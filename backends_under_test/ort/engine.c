#include "backends_under_test/ort/engine.h"

#include <dlfcn.h>
#include <string.h>

#define NEWEST_API 30 /* the newest table tried; a slot is the same in all */

gboolean engine_check(Engine *e, OrtStatus *status, gboolean load, GError **error)
{
    if (!status)
        return TRUE;
    int code = ((int (*)(const OrtStatus *))e->api[ORT_GET_ERROR_CODE])(status);
    const char *message = ((const char *(*)(const OrtStatus *))e->api[ORT_GET_ERROR_MESSAGE])(status);
    gboolean unsupported = code == ORT_NOT_IMPLEMENTED;
    g_set_error(error, ADAPTER_ERROR,
                load ? (unsupported ? ADAPTER_ERROR_LOAD_UNSUPPORTED : ADAPTER_ERROR_LOAD)
                     : (unsupported ? ADAPTER_ERROR_RUN_UNSUPPORTED : ADAPTER_ERROR_RUN),
                "%s", message);
    ORT_RELEASE(e->api, ORT_RELEASE_STATUS, status);
    return FALSE;
}

/* ---- the library --------------------------------------------------------------------------------------------------- */

static void *open_any(const char *const *candidates, GError **error)
{
    g_autoptr(GString) tried = g_string_new(NULL);
    for (const char *const *each = candidates; *each; each++) {
        void *library = dlopen(*each, RTLD_NOW | RTLD_LOCAL);
        if (library)
            return library;
        g_string_append_printf(tried, "; %s", dlerror());
    }
    g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF,
                "ONNX Runtime is not here: run backends_under_test/ort/install or set ONNXRUNTIME_LIB%s", tried->str);
    return NULL;
}

static void *open_library(const char *wanted, GError **error)
{
    const char *set = wanted ? wanted : g_getenv("ONNXRUNTIME_LIB");
    if (set && *set)
        return open_any((const char *const[]){ set, NULL }, error);
    const char *cache = g_getenv("ASSAY_CACHE");
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *adapters = g_path_get_dirname(program ? program : ".");
    g_autofree char *cached = g_build_filename(cache ? cache : ".", "onnxruntime", "libonnxruntime.so", NULL);
    g_autofree char *fetched = g_build_filename(adapters, "..", "onnxruntime", "libonnxruntime.so", NULL);
    g_autofree char *above = g_build_filename(adapters, "..", "..", "onnxruntime", "libonnxruntime.so", NULL);
    return open_any((const char *const[]){ cached, fetched, above, "libonnxruntime.so", "libonnxruntime.so.1", NULL },
                    error);
}

static gboolean get_api(Engine *e, GError **error)
{
    const OrtApiBase *(*get_base)(void);
    *(void **)&get_base = dlsym(e->library, "OrtGetApiBase");
    const OrtApiBase *base = get_base ? get_base() : NULL;
    e->version = g_strdup(base ? base->get_version() : NULL);
    /* The newest version that the library knows, asked downwards: a library prints a complaint for each it lacks, so the
     * first guess is its own minor version. */
    guint64 minor = e->version && strchr(e->version, '.') ? g_ascii_strtoull(strchr(e->version, '.') + 1, NULL, 10) : 1;
    for (guint64 version = MIN(minor, NEWEST_API); base && version > 0 && !e->api; version--)
        e->api = base->get_api((uint32_t)version);
    if (!e->api)
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "the library exports no usable OrtGetApiBase");
    return e->api != NULL;
}

/* ---- element types ------------------------------------------------------------------------------------------------- */

/* Whether a tensor of four elements of type `number` fits into `bytes`; if so *answer is what the library calls it. */
static gboolean probe(Engine *e, int number, size_t bytes, int *answer)
{
    static _Alignas(64) char data[4 * 16];
    OrtValue      *value = NULL;
    OrtTensorInfo *info = NULL;
    gboolean good = engine_check(e,
                                 ORT_CALL(e->api, ORT_CREATE_TENSOR_WITH_DATA,
                                          (const OrtMemoryInfo *, void *, size_t, const int64_t *, size_t, int,
                                           OrtValue **))(e->cpu, data, bytes, &(int64_t){ 4 }, 1, number, &value),
                                 FALSE, NULL) &&
                    engine_check(e,
                                 ORT_CALL(e->api, ORT_TENSOR_INFO, (const OrtValue *, OrtTensorInfo **))(value, &info),
                                 FALSE, NULL) &&
                    engine_check(e, ORT_CALL(e->api, ORT_ELEMENT_TYPE, (const OrtTensorInfo *, int *))(info, answer),
                                 FALSE, NULL);
    if (info)
        ORT_RELEASE(e->api, ORT_RELEASE_TENSOR_INFO, info);
    if (value)
        ORT_RELEASE(e->api, ORT_RELEASE_VALUE, value);
    return good && *answer > 0 && *answer <= ORT_MAX_ELEMENT_TYPE;
}

static void map_type(Engine *e, DType dtype, int number, int answer)
{
    e->to_ort[dtype] = number;
    e->from_ort[answer] = dtype;
}

/* The library's numbers for FLOAT8E8M0, UINT2 and INT2 are not ONNX's, and what CreateTensor takes need not be what
 * GetTensorElementType answers. The sizes tell: the one of 24 to 26 for which four elements do not fit into one byte is
 * E8M0, and the 2-bit types stand in ONNX's order around it. */
static void probe_types(Engine *e)
{
    int answer;
    for (int number = DTYPE_FLOAT; number <= DTYPE_FLOAT4E2M1; number++) {
        gsize bytes = 4 * (gsize)dtype_info((DType)number)->bits / 8;
        if (number != DTYPE_STRING && probe(e, number, bytes, &answer))
            map_type(e, (DType)number, number, answer);
    }
    map_type(e, DTYPE_STRING, DTYPE_STRING, DTYPE_STRING);
    static const DType two_bit[] = { DTYPE_UINT2, DTYPE_INT2 };
    gsize              next = 0;
    for (int number = DTYPE_FLOAT8E8M0; number <= DTYPE_INT2; number++) {
        if (probe(e, number, 1, &answer) && next < G_N_ELEMENTS(two_bit))
            map_type(e, two_bit[next++], number, answer);
        else if (probe(e, number, 4, &answer))
            map_type(e, DTYPE_FLOAT8E8M0, number, answer);
    }
}

gboolean engine_open(Engine *e, const char *library, GError **error)
{
    if (!(e->library = open_library(library, error)) || !get_api(e, error))
        return FALSE;
    if (!engine_check(e, ORT_CALL(e->api, ORT_CREATE_ENV, (int, const char *, OrtEnv **))(ORT_LOG_FATAL, "assay", &e->env),
                      TRUE, error) ||
        !engine_check(e, ORT_CALL(e->api, ORT_DEFAULT_ALLOCATOR, (OrtAllocator **))(&e->allocator), TRUE, error) ||
        !engine_check(e, ORT_CALL(e->api, ORT_CPU_MEMORY, (int, int, OrtMemoryInfo **))(ORT_ALLOCATOR_ARENA,
                                                                                      ORT_MEMORY_DEFAULT, &e->cpu),
                      TRUE, error))
        return FALSE;
    probe_types(e);
    return TRUE;
}

/* ---- session options ----------------------------------------------------------------------------------------------- */

/* Providers that the library exports a C function for, by option name. */
static const struct {
    const char *name, *function;
} providers[] = {
    { "cuda", "OrtSessionOptionsAppendExecutionProvider_CUDA" },
    { "tensorrt", "OrtSessionOptionsAppendExecutionProvider_Tensorrt" },
    { "rocm", "OrtSessionOptionsAppendExecutionProvider_ROCM" },
    { "migraphx", "OrtSessionOptionsAppendExecutionProvider_MIGraphX" },
    { "dnnl", "OrtSessionOptionsAppendExecutionProvider_Dnnl" },
};

static gboolean add_provider(Engine *e, OrtSessionOptions *so, const char *name, int device, GError **error)
{
    if (strcmp(name, "cpu") == 0)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(providers); i++) {
        if (strcmp(name, providers[i].name) != 0)
            continue;
        OrtStatus *(*append)(OrtSessionOptions *, int);
        *(void **)&append = dlsym(e->library, providers[i].function);
        if (append)
            return engine_check(e, append(so, device), TRUE, error);
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "this ONNX Runtime was built without provider '%s'", name);
        return FALSE;
    }
    g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF,
                "option provider is '%s', expected cpu, cuda, tensorrt, rocm, migraphx or dnnl", name);
    return FALSE;
}

static gboolean read_int(const cJSON *options, const char *key, const char *fallback, gint64 max, int *value, GError **error)
{
    gint64      parsed;
    const char *text = adapter_option(options, key, fallback);
    if (!g_ascii_string_to_signed(text, 10, 0, max, &parsed, NULL)) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "option %s is '%s', expected a whole number from 0 to %" G_GINT64_FORMAT, key,
                    text, max);
        return FALSE;
    }
    *value = (int)parsed;
    return TRUE;
}

/* "all", "extended", "basic", "none" -> GraphOptimizationLevel */
static int optimization_level(const char *name)
{
    static const struct {
        const char *name;
        int         level;
    } levels[] = { { "none", 0 }, { "basic", 1 }, { "extended", 2 }, { "all", 99 } };
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++)
        if (strcmp(name, levels[i].name) == 0)
            return levels[i].level;
    return -1;
}

OrtSessionOptions *engine_options(Engine *e, const cJSON *options, GError **error)
{
    OrtSessionOptions *so = NULL;
    const char *optimization = adapter_option(options, "optimization", "all");
    int         threads, device, level = optimization_level(optimization);
    if (level < 0) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF,
                    "option optimization is '%s', expected none, basic, extended or all", optimization);
        return NULL;
    }
    if (!read_int(options, "threads", "1", 1024, &threads, error) ||
        !read_int(options, "device_id", "0", 1024, &device, error) ||
        !engine_check(e, ORT_CALL(e->api, ORT_CREATE_OPTIONS, (OrtSessionOptions **))(&so), TRUE, error))
        return NULL;
    if (engine_check(e, ORT_CALL(e->api, ORT_SET_THREADS, (OrtSessionOptions *, int))(so, threads), TRUE, error) &&
        engine_check(e, ORT_CALL(e->api, ORT_SET_OPTIMIZATION, (OrtSessionOptions *, int))(so, level), TRUE, error) &&
        add_provider(e, so, adapter_option(options, "provider", "cpu"), device, error))
        return so;
    ORT_RELEASE(e->api, ORT_RELEASE_OPTIONS, so);
    return NULL;
}
