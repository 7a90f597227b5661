/* What is said of JSON that somebody got wrong, and numbers that come back as they were. */
#include "reference/cli/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(json, a_complaint_says_where)
{
    static const char *const rows[][2] = {
        { "", "empty: expected JSON" },
        { " \n", "empty: expected JSON" },
        { "[", "line 1, column 1: the JSON breaks off here" },
        { "[1,\n 2", "line 2, column 2: the JSON breaks off here" },
        { "[1,\n 2\n", "line 2, column 2: the JSON breaks off here" },
        { "{\"a\": 1,\n  b: 2}", "line 2, column 3: no JSON from here on" },
        { "{\"a\" ", "line 1, column 5: the JSON breaks off here" },
        { "[1, x, 2]", "line 1, column 5: no JSON from here on" },
        { "{\"a\": 1, \"bc", "line 1, column 10: no JSON from here on" },
        { "{\"a\": 1,}  ", "line 1, column 9: the JSON breaks off here" },
        { "{\"a\": 1,} .. ", "line 1, column 9: no JSON from here on" },
        { "{\"\303\244\": x}", "line 1, column 7: no JSON from here on" }, /* two bytes, one column */
        { "[1]\n trailing", "line 2, column 2: the JSON has ended, yet there is more" },
        { "{\"a\": [{\"b\": 1, \"b\": 2}]}", "the key 'b' stands twice in one object" },
        { "[1,2,3,4,5,6,7,8,9,10,11,12,13]", "31 bytes: expected at most 30" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *complaint = NULL;
        cr_expect_null(json_parse(rows[i][0], strlen(rows[i][0]), 30, &complaint), "%s", rows[i][0]);
        cr_expect_str_eq(complaint ? complaint : "", rows[i][1], "%s: %s", rows[i][0], complaint);
    }
    g_autofree char *none = NULL;
    cJSON           *good = json_parse(" {\"a\": 1} \n", 11, 30, &none);
    cr_expect(good && !none);
    cJSON_Delete(good);
}

Test(json, a_nul_is_not_white_space)
{
    g_autofree char *complaint = NULL;
    cr_expect_null(json_parse("[]\0[]", 5, 30, &complaint));
    cr_expect(complaint && strstr(complaint, "column 3"), "%s", complaint);
}

Test(json, an_unknown_key_is_named)
{
    static const char *const known[] = { "a", "b", NULL };
    cJSON                   *good = cJSON_Parse("{\"b\": 1}"), *bad = cJSON_Parse("{\"a\": 1, \"B\": 1}");
    cr_expect_null(json_unknown_key(good, known));
    cr_expect_str_eq(json_unknown_key(bad, known), "B");
    cJSON_Delete(good);
    cJSON_Delete(bad);
}

Test(json, numbers_come_back_as_they_were)
{
    const double numbers[] = { 0.68312246359513007, 0.68312246359512996, 0.1, 1.0 / 3, 1, 5e-324, 1.7976931348623157e308,
                               nextafter(0.5, 1), 0x1p-1000, 123456789012345680.0 };
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        cJSON *object = cJSON_CreateObject();
        json_add_exact(object, "x", numbers[i]);
        char  *text = cJSON_PrintUnformatted(object);
        cJSON *read = cJSON_Parse(text);
        cr_expect(cJSON_GetObjectItem(read, "x")->valuedouble == numbers[i], "%.17g: %s", numbers[i], text);
        cJSON_free(text);
        cJSON_Delete(read);
        cJSON_Delete(object);
    }
}
