#include "backends_under_test/runner/options.h"

#include <stdio.h>

void print_json(cJSON *json)
{
    char *text = cJSON_Print(json);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(json);
}

gboolean check_number(const Subcommand *self, const char *option, double value, gboolean good, const char *expected)
{
    if (!good)
        cli_complain(self, EXIT_USAGE, "%s %g: expected %s", option, value, expected);
    return good;
}

gboolean check_timeout(const Subcommand *self, double seconds)
{
    return check_number(self, "--timeout", seconds, seconds > 0 && seconds <= MOST_SECONDS, "seconds, above 0 and at most 86400");
}
