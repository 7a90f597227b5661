/* A backend under test as its folder describes it: backends_under_test/<name>/backend.json (README.md has the format).
 *
 * A Backend owns everything it points to and is read-only once loaded. Errors: BACKEND_ERROR, one line. */
#ifndef ASSAY_RUNNER_BACKEND_H
#define ASSAY_RUNNER_BACKEND_H

#include "backends_under_test/runner/capability.h"

#define BACKEND_ERROR (backend_error_quark())
GQuark backend_error_quark(void);
typedef enum {
    BACKEND_ERROR_UNKNOWN,  /* there is no such backend */
    BACKEND_ERROR_FORMAT,   /* backend.json is not what it should be */
    BACKEND_ERROR_START,    /* the adapter cannot be started, or says that its backend cannot run here */
    BACKEND_ERROR_PROTOCOL, /* the adapter broke the protocol */
    BACKEND_ERROR_IO        /* a file of ours cannot be written */
} BackendError;

typedef enum {
    BACKEND_ADAPTER, /* a process that speaks the protocol */
    BACKEND_COMMAND  /* a command line, run once a case */
} BackendKind;

typedef struct {
    char       *name; /* as results record it: "ort", "ort:provider=cuda" */
    char       *folder, *description;
    BackendKind kind;
    char      **command;         /* placeholders of the installation filled in, those of a case not */
    char      **version_command; /* COMMAND: its first line of output is the version; NULL */
    char      **environment;     /* complete, as execve wants it */
    char       *settings;        /* what backend.json adds to the environment: "A=1 B=2", for the record; "" if nothing */
    char      **install;         /* command that fetches the backend, run in its folder; NULL: nothing to fetch */
    int         refuses_with;    /* COMMAND: the exit status that means "refused cleanly"; -1: any but 0 */
    cJSON      *options;         /* object of strings: from "ort:provider=cuda" */
    char      **known_options;   /* the names that the adapter knows; NULL: it does not say, and is given any. A COMMAND has none */
    char       *profile;         /* relaxed profile that it declares (reference/bounds/relaxation.h): grade B passes; NULL */
    GPtrArray  *unsupported;     /* of CapabilityRule */
    GHashTable *known_faults;    /* check of the self-test to reason: the backend fails it, not the adapter */
    double      start_seconds;   /* how long the adapter may take to say hello */
    guint64     memory_bytes;    /* limit for the adapter; 0: none */
} Backend;

/* `what` is a name ("ort"), or a path to a folder with a backend.json (anything with a slash), either followed by
 * options: "ort:provider=cuda,threads=4". */
Backend *backend_load(const char *what, GError **error);
void     backend_free(Backend *backend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Backend, backend_free)

/* The names of all backends found, sorted. Array of char*, free with g_ptr_array_unref. */
GPtrArray *backend_list(GError **error);

/* The identity of an adapter: the first 64 bits, in hex, of SHA-256 over the files of its folder (FINDINGS.md is none of
 * it), and over its program where `make` built that. Free with g_free. */
char *backend_digest(const Backend *backend);

/* Where backends are looked for: $ASSAY_BACKENDS, else <home>/backends_under_test. Free with g_free. */
char *backend_root(void);

#endif
