/* An adapter against the protocol, before it is ever scored: does it carry every element type unchanged, refuse cleanly,
 * stay alive after a refusal, keep quiet when not asked, and stop? */
#ifndef ASSAY_RUNNER_SELF_TEST_H
#define ASSAY_RUNNER_SELF_TEST_H

#include "backends_under_test/runner/backend.h"

typedef enum {
    CHECK_GOOD,
    CHECK_NOTE, /* the backend lacks something: no fault of the adapter */
    CHECK_BAD   /* the adapter breaks the protocol, or changes values */
} CheckResult;

typedef struct {
    char       *name, *message;
    CheckResult result;
} Check;

const char *check_result_name(CheckResult result); /* "good", "note", "bad" */

typedef struct {
    double seconds;                                    /* deadline of a case; hello has the backend's own */
    void (*seen)(const Check *check, gpointer data);   /* called with each check as soon as it is made; NULL: nobody waits */
    gpointer data;
} SelfTestOptions;

/* Array of Check, in the order in which they were made; never empty. Free with g_ptr_array_unref. An adapter that does not
 * answer in time, or cannot be started, three times in a row is given up: the last check says so. An error only if no scratch
 * files can be written. */
GPtrArray *self_test(const Backend *backend, const SelfTestOptions *options, GError **error);

/* Whether no check is bad. */
gboolean self_test_passed(const GPtrArray *checks);

#endif
