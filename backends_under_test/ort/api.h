/* The part of ONNX Runtime's C API that the adapter calls.
 *
 * OrtGetApiBase()->GetApi(version) gives a table of functions whose order never changes: new functions are only added at
 * the end. So a slot's number and its signature are all that is needed, for every version of the library, and no header of
 * one version has to be found. Slots and signatures were checked by running them with API versions 1 to 30.
 *
 * Every function returns a status, NULL for success, to be released with ORT_RELEASE_STATUS, unless said otherwise. */
#ifndef ASSAY_ORT_API_H
#define ASSAY_ORT_API_H

#include <stddef.h>
#include <stdint.h>

typedef struct OrtEnv OrtEnv;
typedef struct OrtStatus OrtStatus;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorInfo OrtTensorInfo;
typedef struct OrtAllocator OrtAllocator;

/* The beginning of OrtAllocator: enough to free what the API allocated. */
struct OrtAllocator {
    uint32_t version;
    void *(*alloc)(OrtAllocator *self, size_t size);
    void (*free)(OrtAllocator *self, void *memory);
};

typedef void (*OrtSlot)(void);
typedef struct {
    const OrtSlot *(*get_api)(uint32_t version); /* NULL if the library is older */
    const char *(*get_version)(void);
} OrtApiBase;

/* OrtErrorCode: the one that means "I lack this", not "this is wrong". */
enum { ORT_NOT_IMPLEMENTED = 9 };
/* OrtLoggingLevel */
enum { ORT_LOG_FATAL = 4 };
/* ONNXType */
enum { ORT_TYPE_TENSOR = 1, ORT_TYPE_SEQUENCE = 2, ORT_TYPE_OPTIONAL = 6 };
/* OrtAllocatorType, OrtMemType */
enum { ORT_ALLOCATOR_ARENA = 1, ORT_MEMORY_DEFAULT = 0 };

/* ORT_CALL(api, slot, (parameter types))(arguments): a function of the table. */
#define ORT_CALL(api, slot, parameters) ((OrtStatus *(*)parameters)(api)[slot])
#define ORT_RELEASE(api, slot, object)  (((void (*)(void *))(api)[slot])(object))

enum {
    ORT_GET_ERROR_CODE = 1,     /* int (const OrtStatus *) */
    ORT_GET_ERROR_MESSAGE = 2,  /* const char *(const OrtStatus *) */
    ORT_CREATE_ENV = 3,         /* (int level, const char *id, OrtEnv **) */
    ORT_CREATE_SESSION = 7,     /* (const OrtEnv *, const char *path, const OrtSessionOptions *, OrtSession **) */
    ORT_RUN = 9,                /* (OrtSession *, const OrtRunOptions *, const char *const *input_names,
                                    const OrtValue *const *inputs, size_t, const char *const *output_names, size_t,
                                    OrtValue **outputs) */
    ORT_CREATE_OPTIONS = 10,    /* (OrtSessionOptions **) */
    ORT_SET_OPTIMIZATION = 23,  /* (OrtSessionOptions *, int level) */
    ORT_SET_THREADS = 24,       /* (OrtSessionOptions *, int) */
    ORT_INPUT_COUNT = 30,       /* (const OrtSession *, size_t *) */
    ORT_OUTPUT_COUNT = 31,
    ORT_INITIALIZER_COUNT = 32, /* overridable ones */
    ORT_INPUT_TYPE = 33,        /* (const OrtSession *, size_t, OrtTypeInfo **) */
    ORT_INPUT_NAME = 36,        /* (const OrtSession *, size_t, OrtAllocator *, char **) */
    ORT_OUTPUT_NAME = 37,
    ORT_INITIALIZER_NAME = 38,
    ORT_CREATE_TENSOR = 48,     /* (OrtAllocator *, const int64_t *dims, size_t rank, int type, OrtValue **) */
    ORT_CREATE_TENSOR_WITH_DATA = 49, /* (const OrtMemoryInfo *, void *data, size_t bytes, const int64_t *dims,
                                          size_t rank, int type, OrtValue **) */
    ORT_TENSOR_DATA = 51,       /* (OrtValue *, void **) */
    ORT_FILL_STRINGS = 52,      /* (OrtValue *, const char *const *, size_t) */
    ORT_STRINGS_SIZE = 53,      /* (const OrtValue *, size_t *bytes) */
    ORT_STRINGS = 54,           /* (const OrtValue *, void *bytes, size_t, size_t *offsets, size_t count) */
    ORT_TYPE_KIND = 56,         /* (const OrtTypeInfo *, int *) */
    ORT_ELEMENT_TYPE = 60,      /* (const OrtTensorInfo *, int *) */
    ORT_RANK = 61,              /* (const OrtTensorInfo *, size_t *) */
    ORT_DIMS = 62,              /* (const OrtTensorInfo *, int64_t *, size_t) */
    ORT_TENSOR_INFO = 65,       /* (const OrtValue *, OrtTensorInfo **) */
    ORT_VALUE_KIND = 67,        /* (const OrtValue *, int *) */
    ORT_CPU_MEMORY = 69,        /* (int allocator, int memory, OrtMemoryInfo **) */
    ORT_DEFAULT_ALLOCATOR = 78, /* (OrtAllocator **) */
    ORT_GET_ITEM = 80,          /* (const OrtValue *, int index, OrtAllocator *, OrtValue **) */
    ORT_ITEM_COUNT = 81,        /* (const OrtValue *, size_t *) */
    ORT_CREATE_CONTAINER = 82,  /* (const OrtValue *const *, size_t, int kind, OrtValue **) */
    ORT_RELEASE_ENV = 92,       /* void (OrtEnv *), and so on */
    ORT_RELEASE_STATUS = 93,
    ORT_RELEASE_MEMORY = 94,
    ORT_RELEASE_SESSION = 95,
    ORT_RELEASE_VALUE = 96,
    ORT_RELEASE_TYPE = 98,
    ORT_RELEASE_TENSOR_INFO = 99,
    ORT_RELEASE_OPTIONS = 100
};

#endif
