/* What the application and the machine contribute: which backends there are, in which order, and what shall happen when a
 * blob does not fit. Selection, replacement and the mock vendors. */
#ifndef ASSAY_CONTEXT_SESSION_H
#define ASSAY_CONTEXT_SESSION_H

#include "reference/context/context.h"

/* The conditions under which a blob is used or not, in the order in which they are looked at. */
typedef enum {
    CLASS_ABSENT,         /* no blob for a backend that may use one */
    CLASS_SECURITY,       /* the payload's path: the model is refused */
    CLASS_UNAVAILABLE,    /* no such file, unreadable, shorter than the range */
    CLASS_CORRUPT,        /* digest, magic or format version */
    CLASS_STALE,          /* compiled for another subgraph */
    CLASS_UNSUPPORTED,    /* the backend's verdict 3 */
    CLASS_NOT_APPLICABLE, /* verdict 0 */
    CLASS_LOAD_FAILURE,   /* the backend tried and failed */
    CLASS_SUBOPTIMAL,     /* verdict 2: used */
    CLASS_USABLE,         /* verdict 1: used */
    CLASS_SKIPPED,        /* a fitting blob whose nodes another blob or backend already has */
    CLASS_COUNT
} ContextClass;
const char *context_class_name(ContextClass c); /* "absent", "security error" ... */

/* Deliberate departures from the rules, for the mock backend: what each must be caught doing is in
 * backends_under_test/mock/README.md. A session of a runtime has none. */
#define CONTEXT_FLAWS(F)                                                                                                     \
    F(IGNORE_DIGEST, "ignore-digest")           /* loads payloads whose digest differs */                                   \
    F(IGNORE_STALE, "ignore-stale")             /* does not compare the subgraph's digest */                                \
    F(IGNORE_VERDICT, "ignore-verdict")         /* loads what the backend calls unsupported or not applicable */            \
    F(IGNORE_SIGNATURE, "ignore-signature")     /* does not compare boundary types */                                       \
    F(SILENT_FALLBACK, "silent-fallback")       /* falls back although the policy is `require` */                           \
    F(NO_FALLBACK, "no-fallback")               /* fails where it should fall back */                                       \
    F(NEVER_USES, "never-uses")                 /* runs the original graph always */                                        \
    F(SECURITY_FALLBACK, "security-fallback")   /* treats a path that leaves the folder as a missing file */                \
    F(ANY_VENDOR, "any-vendor")                 /* takes the first blob, whoever it is for */                               \
    F(IGNORE_PRIORITY, "ignore-priority")       /* takes blobs in the order of the file */                                  \
    F(PARTIAL_GRAPH, "partial-graph")           /* applies a region of which an earlier backend has nodes */                \
    F(SECONDARY, "secondary")                   /* applies entries for a backend that is not the first */                   \
    F(LEAK_NAME, "leak-name")                   /* does not give inner values names of their own */                         \
    F(NO_SORT, "no-sort")                       /* puts the replacement where the region's first node was */                \
    F(PARTIAL_OUTPUTS, "partial-outputs")       /* gives out what a failing blob had written */                             \
    F(FOLLOW_PATHS, "follow-paths")             /* opens payloads through links and ".." */                                 \
    F(IGNORE_RANGE, "ignore-range")             /* reads the whole file, whatever offset and length say */                  \
    F(IGNORE_PARTITION, "ignore-partition")     /* takes the first graph of a shared payload */                             \
    F(IGNORE_SUBOPTIMAL, "ignore-suboptimal")   /* uses a suboptimal blob in a session that wants no less than the best */  \
    F(DROP_SUBOPTIMAL, "drop-suboptimal")       /* falls back from a suboptimal blob that it could use */                   \
    F(ONE_TRY, "one-try")                       /* falls back when the first of several blobs does not fit */               \
    F(IGNORE_OVERLAP, "ignore-overlap")         /* applies regions of which another blob has nodes */                       \
    F(IGNORE_SESSION, "ignore-session")         /* follows the file's policy against the application's */                   \
    F(BOUNDARY_ORDER, "boundary-order")         /* binds inputs in another order */                                         \
    F(DROP_PRODUCERS, "drop-producers")         /* removes the region although others use values inside it */               \
    F(KEEP_DEAD, "keep-dead")                   /* runs nodes that nobody needs any more */                                 \
    F(ACCEPT_ILL_FORMED, "accept-ill-formed")   /* runs the original graph of a container that breaks a rule */

typedef enum {
#define F(name, text) FLAW_##name,
    CONTEXT_FLAWS(F)
#undef F
    FLAW_COUNT
} ContextFlaw;
const char *context_flaw_name(ContextFlaw flaw);

typedef struct ContextProvider ContextProvider;

/* What a backend makes of a payload: with CLASS_USABLE or _SUBOPTIMAL *replacement, which lives in `into`. An error, and no
 * matter which class, if the backend itself broke. */
typedef ContextClass (*ContextLoad)(const ContextProvider *provider, const Container *container, const ContextRegion *region,
                                    const ContextBlob *blob, GBytes *payload, Model *into, const Function **replacement,
                                    char **message, GError **error);

/* One execution provider. */
struct ContextProvider {
    const char *key;
    int         version;
    const char *const *claims; /* operators of the default domain that it runs itself; NULL-terminated, may be NULL */
    ContextLoad load;          /* NULL: a mock vendor */
    gpointer    data;          /* load()'s */
};

typedef struct {
    ContextProvider *providers; /* in the application's order */
    gsize            n_providers;
    int              policy;    /* a ContextPolicy over the model's; -1: the model's */
    gboolean         later;     /* blobs of later providers are used too, where their region is whole */
    gboolean         optimal;   /* verdict 2 is not good enough */
    guint            flaws;     /* bits 1 << ContextFlaw */
    Arena           *arena;
} ContextSession;

/* What an application says over what the model asks for; texts as under context_session_new(), NULL: nothing. */
typedef struct {
    const char *providers, *policy, *later, *suboptimal;
    guint       flaws;
} ContextWishes;

/* The session that a case asks for, from the model's metadata; absent keys leave the defaults, which are no provider at
 * all and the model's policies:
 *
 *     assay.session.providers   "mock-a:2 MatMul Add; mock-b:1": key, version, operators it runs itself
 *     assay.session.policy      require, prefer or ignore
 *     assay.session.later       contained
 *     assay.session.suboptimal  fail */
ContextSession *context_session_new(const Model *model, const ContextWishes *wishes, GError **error);
void            context_session_free(ContextSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContextSession, context_session_free)

/* ---- selection ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    const ContextRegion *region;
    const ContextBlob   *blob;        /* the chosen one; NULL: the original nodes run */
    ContextClass         outcome;     /* of the chosen blob, else of the best candidate */
    char                *message;     /* why, for a person; NULL where there is nothing to say */
    const Function      *replacement; /* with `blob`: what computes the outputs from the inputs, in names of its own */
} ContextDecision;

/* One ContextDecision a region, in the container's order. `folder` is where payload files are. NULL with
 * CONTEXT_ERROR_SECURITY or _POLICY if the model must be refused. */
GPtrArray *context_select(Container *container, const ContextSession *session, const char *folder, GError **error);

/* The payload's bytes, checked against path rules and digest; *outcome says what is wrong. */
GBytes *context_payload(const Container *container, const ContextBlob *blob, const char *folder, guint flaws,
                        ContextClass *outcome, GError **error);

/* ---- replacement --------------------------------------------------------------------------------------------------------- */

/* Puts the replacements of the decisions into `model`, which is a copy of the container's: fresh names, formal to actual,
 * originals detached, new nodes after the last producer of an input and before the first consumer of an output (a stable
 * sort if there is no such place), nodes that no output needs removed, the result checked. */
gboolean context_apply(Model *model, const GPtrArray *decisions, guint flaws, GError **error);

/* The model at `path` as a session runs it. Ordinary models come out as they are. wishes NULL: the session is the one that
 * the model asks for. */
Model *context_open(const char *path, const ContextWishes *wishes, GError **error);

/* ---- backends ------------------------------------------------------------------------------------------------------------ */

/* A mock vendor's answer to a payload: the class, and with CLASS_USABLE or _SUBOPTIMAL the replacement, which lives in
 * `into`. The payload says what to do (README, "Mock payloads"). */
ContextClass context_mock_load(const Container *container, const ContextProvider *provider, const ContextRegion *region,
                               const ContextBlob *blob, GBytes *payload, guint flaws, Model *into,
                               const Function **replacement, char **message);

/* A mock payload: the magic, version 1, and "key=value" lines. */
GBytes *context_mock_payload(const char *lines);

#endif
