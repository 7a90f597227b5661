/* The parts of the generator of backend-context; spec/proposals/backend-context holds the requirements. Private to it.
 *
 * A Plan is one file: a graph, the regions and blobs that are packed into it, what a tool did to it afterwards, and the
 * session that opens it. Strings are borrowed unless context_plan_text() made them. */
#ifndef ASSAY_GENERATORS_PROPOSALS_BACKEND_CONTEXT_H
#define ASSAY_GENERATORS_PROPOSALS_BACKEND_CONTEXT_H

#include "generators/engine/data.h"
#include "generators/engine/scenario.h"
#include "reference/context/session.h"

/* ---- graphs ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *region;  /* nodes "0 2"; the region that most cases take */
    guint64     shows;   /* outputs of the graph in which the region's bias is visible */
    int64_t     opset;
    const char *what;    /* for summaries */
    const char *text;    /* ONNX's textual syntax; inputs are filled with small whole numbers, so that all sums are exact */
} ContextGraph;

extern const ContextGraph context_graphs[];
extern const gsize        context_n_graphs;
const ContextGraph *context_graph(const char *name);

/* ---- files -------------------------------------------------------------------------------------------------------------- */

typedef enum {
    DAMAGE_NONE,
    DAMAGE_FLIP,    /* one bit, after the digest was taken */
    DAMAGE_CUT,     /* the last bytes are gone */
    DAMAGE_EMPTY,   /* all bytes are gone */
    DAMAGE_MISSING, /* there is no such file */
    DAMAGE_MAGIC,   /* the digest is right, the payload is not the vendor's */
    DAMAGE_FORMAT,  /* the digest is right, the payload is of format version 2 */
    DAMAGE_FOLDER,  /* a folder of that name */
    DAMAGE_LINK     /* a symbolic link to the payload */
} Damage;

typedef struct {
    const char *backend, *compatibility, *partition; /* NULL: "" */
    const char *lines;    /* of the mock payload; "{digest}" and "{signature}" are the region's */
    const char *body;     /* C1, C2: the FunctionProto that stands in, as text, instead of a payload */
    const char *location; /* NULL: inline */
    const char *real;     /* the file that is there; NULL: location */
    int64_t     offset, length; /* length -1: to the end of the file */
    int64_t     recorded_offset; /* what the container says; 0: offset */
    int64_t     priority;
    gboolean    shares;   /* has no bytes: those of the region's first blob */
    Damage      damage;
} PlanBlob;

enum { PLAN_REGIONS = 3, PLAN_BLOBS = 4 };

typedef struct {
    const char    *id, *nodes;
    const char    *digest; /* recorded instead of the true one; NULL: the true one */
    const char    *outputs; /* C1, C2: the only one that the entry redefines; NULL: all of the boundary */
    ContextPolicy  policy;
    ContextWeights weights;
    PlanBlob       blobs[PLAN_BLOBS];
    gsize          n_blobs;
} PlanRegion;

typedef void (*PlanTool)(Model *file, gconstpointer data);

typedef struct {
    ScenarioFile        file;
    Arena              *arena;
    const ContextGraph *graph;
    ContextEncoding     encoding;
    PlanRegion          regions[PLAN_REGIONS];
    gsize               n_regions;
    const char         *providers, *policy, *later, *suboptimal; /* the session; NULL: not said */
    PlanTool            before, after; /* of packing, on the model that runs plain; on the container. NULL: nothing */
    gconstpointer       data;          /* for both */
    gboolean            relocates;     /* weights go to a file after packing */
    gboolean            tables;        /* only C1 and C2 can say it */
    GHashTable         *files;         /* of char* -> GByteArray; filled by store() */
} Plan;

/* The session's only backend is mock-a, version 1; no regions yet. */
Plan       *context_plan_new(const ContextGraph *graph, ContextEncoding encoding);
const char *context_plan_text(Plan *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
PlanRegion *context_plan_region(Plan *p, const char *id, const char *nodes);
PlanBlob   *context_plan_blob(PlanRegion *r, const char *backend, const char *lines);
/* The graph's own region with one blob of mock-a whose bias is 1024, "good". */
PlanBlob   *context_plan_usual(Plan *p);
#define PLAN_BIAS "bias=1024\n"

/* Finishes a scenario "<name>-<encoding>"; takes the plan. Cases of one name in several encodings are one semantic case, with
 * one decomposed form: the graph, where no object is to be seen. */
void context_plan_emit(Generator *g, Plan *p, const char *name, guint64 shows, const char *requirements,
                       const char *summary, ...)
    G_GNUC_PRINTF(6, 7);
void context_plan_reject(Generator *g, Plan *p, const char *name, const char *twin, const char *because,
                         const char *requirements, const char *summary, ...) G_GNUC_PRINTF(7, 8);

/* SHA-256 of nothing: no subgraph has it, no payload either. */
#define OTHER_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define EACH_ENCODING(e) for (ContextEncoding e = ENCODING_A; e <= ENCODING_D; e++)
#define EACH_TABLE(e) for (ContextEncoding e = ENCODING_C1; e <= ENCODING_C2; e++)

/* ---- parts -------------------------------------------------------------------------------------------------------------- */

void backend_context_regions(Generator *g);
void backend_context_selection(Generator *g);
void backend_context_session(Generator *g);
void backend_context_several(Generator *g);
void backend_context_payloads(Generator *g);
void backend_context_tables(Generator *g);
void backend_context_tools(Generator *g);
void backend_context_rejects(Generator *g);
void backend_context_pairs(Generator *g);

#endif
