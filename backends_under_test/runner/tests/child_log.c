/* Whose words are whose on the stderr of a child. */
#include "backends_under_test/runner/child_log.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>

static void take(ChildLog *log, const char *text)
{
    child_log_take(log, text, strlen(text));
}

static void expect_excerpt(const ChildLog *log, const char *expected)
{
    g_autofree char *excerpt = child_log_excerpt(log);
    cr_expect_str_eq(excerpt, expected);
}

Test(child_log, one_case_at_a_time)
{
    ChildLog *log = child_log_new(NULL, 0);
    child_log_begin(log, "a");
    take(log, "first\x1e" "7\n"); /* nobody marks */
    expect_excerpt(log, "first?7\n");
    child_log_begin(log, "b");
    take(log, "second");
    expect_excerpt(log, "second");
    child_log_free(log);
}

/* However the bytes are cut, words belong to the mark before them. */
Test(child_log, marks_divide_what_is_said_about_two_cases)
{
    const char *all = "\x1e" "7\nabout \x1e seven\n\x1e" "8\nabout eight\n";
    const gsize n = strlen(all);
    for (gsize cut = 0; cut <= n; cut++) {
        ChildLog *log = child_log_new(NULL, 0);
        child_log_expect(log, 7, "a");
        child_log_expect(log, 8, "b");
        child_log_take(log, all, cut);
        child_log_take(log, all + cut, n - cut);
        expect_excerpt(log, "about ? seven\n");
        child_log_next(log);
        expect_excerpt(log, "about eight\n");
        child_log_next(log);
        child_log_free(log);
    }
}

Test(child_log, late_words_are_not_the_next_cases)
{
    g_autofree char *folder = g_dir_make_tmp("assay-log-XXXXXX", NULL), *path = g_build_filename(folder, "child.log", NULL), *text = NULL;
    ChildLog *log = child_log_new(path, 1000);
    child_log_expect(log, 7, "a");
    child_log_expect(log, 8, "b");
    take(log, "\x1e" "7\nseven\n");
    child_log_next(log);
    take(log, "late\n\x1e" "8\neight\n");
    expect_excerpt(log, "eight\n");
    child_log_next(log);
    child_log_free(log);
    cr_assert(g_file_get_contents(path, &text, NULL, NULL));
    cr_expect_str_eq(text, "==== a ====\nseven\nlate\n==== b ====\neight\n");
    g_unlink(path);
    g_rmdir(folder);
}
