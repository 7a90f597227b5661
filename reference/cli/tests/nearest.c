#include "reference/cli/nearest.h"

#include <criterion/criterion.h>

Test(nearest, distances_are_counted_in_bytes_put_in_taken_out_or_exchanged)
{
    static const struct {
        const char *a, *b;
        gsize distance;
    } pairs[] = { { "", "", 0 },           { "abc", "abc", 0 },           { "", "abc", 3 },
                  { "genrate", "generate", 1 }, { "kitten", "sitting", 3 }, { "ab", "ba", 2 } };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        cr_expect_eq(cli_distance(pairs[i].a, pairs[i].b), pairs[i].distance, "%s, %s", pairs[i].a, pairs[i].b);
        cr_expect_eq(cli_distance(pairs[i].b, pairs[i].a), pairs[i].distance, "%s, %s", pairs[i].b, pairs[i].a);
    }
}

Test(nearest, a_third_may_be_wrong)
{
    cr_expect(cli_is_near("genrate", cli_distance("genrate", "generate")));
    cr_expect_not(cli_is_near("xyzzy", cli_distance("xyzzy", "eval")));
    cr_expect_not(cli_is_near("", 1));
}
