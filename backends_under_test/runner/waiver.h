/* Waivers: failures that somebody answers for, for a while. A JSON array (spec/schemas/waivers.schema.json):
 *
 *     { "backend": "ort*", "op": "Cast", "dtype": "int4", "verdict": "wrong_value", "reason": "rounds, known upstream",
 *       "owner": "jane@example.org", "link": "https://...", "expires": "2027-03-31" }
 *
 * Which cases it covers is said as in a capability rule; it covers one verdict, and its last day is `expires`. A waived
 * case ends in `waived`: counted apart, neither a pass nor a failure. Errors: BACKEND_ERROR_FORMAT. */
#ifndef ASSAY_RUNNER_WAIVER_H
#define ASSAY_RUNNER_WAIVER_H

#include "backends_under_test/runner/judge.h"

typedef struct Waivers Waivers;

/* `today`: "2026-11-28"; NULL: the day it is now, in UTC. A waiver that has expired is kept, but covers nothing. */
Waivers *waivers_read(const char *path, const char *today, GError **error);
void     waivers_free(Waivers *waivers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waivers, waivers_free)

/* Turns a verdict that a waiver covers into WAIVED, its message kept, and writes down the waiver; says in the message that
 * a waiver which would have covered it has expired. Thread-safe. */
void waivers_apply(Waivers *waivers, const char *backend, const Subject *subject, Judgement *judgement);

/* The verdict that a waiver's text (VerdictFacts.waiver) was given for; FALSE if it is no such text. */
gboolean waiver_verdict(const char *text, Verdict *verdict);

/* Waivers that covered nothing so far, a line each, with its number from 1 and why: expired, or nothing failed. Array of char*. */
GPtrArray *waivers_unused(Waivers *waivers);

#endif
