/* Capability manifests: what a backend declares that it does not support, as rules over cases.
 *
 *     { "dtype": "float4e2m1", "op": "Cast", "reason": "no kernel" }
 *
 * A rule applies to a case if everything it names matches; texts are globs (* and ?). A rule that names nothing, names an
 * unknown key, element type or form, or gives no reason is an error: a typing mistake must not declare the whole corpus unsupported. */
#ifndef ASSAY_RUNNER_CAPABILITY_H
#define ASSAY_RUNNER_CAPABILITY_H

#include "golden/corpus.h"

#include <cJSON.h>

typedef struct {
    char   *id, *proposal, *variant, *form, *dtype, *tag, *op; /* globs; NULL: anything */
    gint64  min_opset, max_opset;                              /* of ai.onnx; 0 and G_MAXINT64: any */
    char   *reason;
} CapabilityRule;

/* What rules look at besides the case itself: the operators of its model and the opset it imports. A model that cannot
 * be read (many reject cases) has neither. */
typedef struct {
    GPtrArray *ops;   /* of char*: "Cast", "assay.block-qdq::DequantizeLinear"; bodies and functions included */
    gint64     opset; /* of ai.onnx; 0: not imported */
} ModelTraits;

void model_traits_read(const Model *model, ModelTraits *traits);
void model_traits_clear(ModelTraits *traits);

/* A rule; `where` names it in messages. NULL on error. */
CapabilityRule *capability_rule_read(const cJSON *json, const char *where, GError **error);
void            capability_rule_free(CapabilityRule *rule);
gboolean        capability_rule_applies(const CapabilityRule *rule, const Case *c, const ModelTraits *traits);

/* An array of rules; `where` names it in messages. Array of CapabilityRule; NULL on error. `json` may be NULL: no rules. */
GPtrArray *capability_rules_read(const cJSON *json, const char *where, GError **error);

/* The first rule that applies, or NULL. */
const CapabilityRule *capability_match(const GPtrArray *rules, const Case *c, const ModelTraits *traits);

/* The rules as a JSON array; the caller deletes it. */
cJSON *capability_rules_to_json(const GPtrArray *rules);

#endif
