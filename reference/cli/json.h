/* JSON where cJSON says too little: files that people write by hand, and numbers that must come back as they were. */
#ifndef ASSAY_CLI_JSON_H
#define ASSAY_CLI_JSON_H

#include <cJSON.h>
#include <glib.h>

/* One JSON value of at most `most` bytes, with nothing but white space around it and no key twice in an object; the caller
 * deletes it. NULL: *complaint says on one line what is wrong and where, "line 3, column 9: ..." (both from 1, columns in
 * characters); free with g_free. */
cJSON *json_parse(const char *text, gsize length, gsize most, char **complaint);

/* The first key of the object that is none of `known` (NULL-terminated); NULL if there is none. Lives as long as the object. */
const char *json_unknown_key(const cJSON *object, const char *const *known);

/* Adds a finite number with as many digits as it takes to read the same double back: cJSON drops what it holds to be near
 * enough. */
void json_add_exact(cJSON *object, const char *key, double number);

#endif
