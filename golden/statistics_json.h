/* Statistics as reports carry them. */
#ifndef ASSAY_GOLDEN_STATISTICS_JSON_H
#define ASSAY_GOLDEN_STATISTICS_JSON_H

#include "golden/compare/statistics.h"

#include <cJSON.h>

/* One object:
 *
 *   {"elements": 6, "wrong": 2, "max_ulps": 3, "max_ulps_at": [1,0], "max_share": null, "max_share_at": [1,0],
 *    "snr_db": 41.5, "bias_ulps": -0.5, "z1": null, "z2": null,
 *    "mismatches": {"nan": 0, "infinity": 0, "zero_sign": 0, "subnormal": 0},
 *    "axes": [{"size": 2, "wrong": 1, "first": 1, "last": 1, "failing": [0, 0.667]}, ...]}
 *
 * null: infinite (max_share where nothing was allowed, snr_db without noise) or not given. "axes" only if something is
 * wrong: how many indices of each axis have a wrong element, the first and the last of them, and for axes of at most 32
 * indices which share of each is wrong. Places are multi-indices. To be freed by cJSON_Delete. */
cJSON *statistics_to_json(const Statistics *statistics);

#endif
