/* Operators on strings. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(string_concat, broadcasts)
{
    expect_holds("g () => (string[2,2] y) <string[2,1] a = {\"a\", \"b\"}, string[2] b = {\"\", \"x\"},"
                 " string[2,2] want_y = {\"a\", \"ax\", \"b\", \"bx\"}> { y = StringConcat(a, b) }", 20);
    expect_fails("g () => (string[2] y) <string[2] a = {\"a\", \"b\"}, string[3] b = {\"\", \"x\", \"y\"}> { y = "
                 "StringConcat(a, b) }",
                 20, "do not broadcast");
}

Test(string_split, delimiters_are_not_grouped_but_white_space_is)
{
    expect_holds("g () => (string[2,3] y, int64[2] n) <string[2] x = {\"a,,b\", \"\"},"
                 " string[2,3] want_y = {\"a\", \"\", \"b\", \"\", \"\", \"\"}, int64[2] want_n = {3, 1}>"
                 "{ y, n = StringSplit<delimiter = \",\">(x) }", 20);
    expect_holds(
        "g () => (string[2,2] y, int64[2] n) <string[2] x = {\"  a \\x09 b \", \"  \"},"
        " string[2,2] want_y = {\"a\", \"b\", \"\", \"\"}, int64[2] want_n = {2, 0}> { y, n = StringSplit(x) }",
        20);
}

Test(string_split, the_suffix_after_the_last_split_stays_whole)
{
    expect_holds("g () => (string[2] y, int64 n) <string x = {\"a,b,c\"}, string[2] want_y = {\"a\", \"b,c\"}, int64 "
                 "want_n = {2}>"
                 "{ y, n = StringSplit<delimiter = \",\", maxsplit = 1>(x) }",
                 20);
    expect_holds("g () => (string[2] y, int64 n) <string x = {\" a  b  c \"}, string[2] want_y = {\"a\", \"b  c\"}, "
                 "int64 want_n = {2}>"
                 "{ y, n = StringSplit<maxsplit = 1>(x) }",
                 20);
    expect_holds("g () => (string[0,0] y, int64[0] n) <string[0] x = {}, string[0,0] want_y = {}, int64[0] want_n = {}>"
                 "{ y, n = StringSplit(x) }", 20);
    expect_fails("g () => (string[1] y, int64 n) <string x = {\"a\"}> { y, n = StringSplit<maxsplit = -1>(x) }", 20,
                 "maxsplit");
}

Test(string_normalizer, stop_words_and_case)
{
    expect_holds("g () => (string[2] y) <string[3] x = {\"Monday\", \"tuesday\", \"STRASSE\"}, string[2] want_y = "
                 "{\"TUESDAY\", \"STRASSE\"}>"
                 "{ y = StringNormalizer<case_change_action = \"UPPER\", stopwords = [\"monday\"]>(x) }",
                 10);
    expect_holds(
        "g () => (string[2] y) <string[2] x = {\"Monday\", \"\\xC3\\x84\"}, string[2] want_y = {\"monday\", "
        "\"\\xC3\\xA4\"}>"
        "{ y = StringNormalizer<case_change_action = \"LOWER\", is_case_sensitive = 1, stopwords = [\"monday\"]>(x) }",
        10);
}

Test(string_normalizer, nothing_left_is_one_empty_string)
{
    expect_holds("g () => (string[1,1] y) <string[1,2] x = {\"a\", \"A\"}, string[1,1] want_y = {\"\"}>"
                 "{ y = StringNormalizer<stopwords = [\"a\"]>(x) }", 10);
    expect_fails("g () => (string[2,1] y) <string[2,1] x = {\"a\", \"b\"}> { y = StringNormalizer(x) }", 10,
                 "[C] or [1,C]");
    expect_fails("g () => (string[1] y) <string[1] x = {\"\\xFF\"}> { y = StringNormalizer(x) }", 10, "UTF-8");
}

Test(regex_full_match, the_whole_text_must_match)
{
    expect_holds("g () => (bool[5] y) <string[5] x = {\"ab\", \"abab\", \"abc\", \"\", \"ab\\x0A\"}, bool[5] want_y = "
                 "{1, 1, 0, 0, 0}>"
                 "{ y = RegexFullMatch<pattern = \"(ab)+$\">(x) }",
                 20);
    expect_holds("g () => (bool[2] y) <string[2] x = {\"a\", \"ab\"}, bool[2] want_y = {1, 1}>"
                 "{ y = RegexFullMatch<pattern = \"a|ab\">(x) }", 20);
    expect_holds("g () => (bool[1] y) <string[1] x = {\"\\xC3\\xA4\"}, bool[1] want_y = {1}> { y = "
                 "RegexFullMatch<pattern = \".\">(x) }",
                 20);
}

Test(regex_full_match, takes_no_exponential_time)
{
    expect_holds(
        "g () => (bool[1] y) <string[1] x = {\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}, bool[1] want_y = {0}>"
        "{ y = RegexFullMatch<pattern = \"(a*)*(a*)*(a*)*\">(x) }",
        20);
}

Test(regex_full_match, refuses_what_re2_does_not_have)
{
    static const char *const patterns[] = { "(a)\\\\1", "(?=a)a", "(?<!a)b", "(?>a)",  "a++",
                                            "(?R)?",    "(?#x)a", "(?P=x)",  "(*FAIL)" };
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autofree char *graph = g_strdup_printf(
            "g () => (bool[1] y) <string[1] x = {\"a\"}> { y = RegexFullMatch<pattern = \"%s\">(x) }", patterns[i]);
        expect_fails(graph, 20, "expected RE2 syntax");
    }
    expect_fails("g () => (bool[1] y) <string[1] x = {\"a\"}> { y = RegexFullMatch<pattern = \"(a\">(x) }", 20,
                 "is wrong at byte");
    /* What looks like it: a class, an escaped quantifier, a lazy quantifier, a named group, literal text. */
    expect_holds("g () => (bool[1] y) <string[1] x = {\"+*a(?=\"}, bool[1] want_y = {1}>"
                 "{ y = RegexFullMatch<pattern = \"[+]+?\\\\*(?P<n>a)(?i:A)?\\\\Q(?=\\\\E\">(x) }", 20);
}

#define POOL                                                                                        \
    "max_gram_length = 2, max_skip_count = 1, min_gram_length = 1, ngram_counts = [0, 2], "         \
    "ngram_indexes = [0, 1, 3], pool_int64s = [5, 6, 5, 6]"

Test(tf_idf_vectorizer, counts_and_weights)
{
    /* 5 twice, 6 twice; (5, 6) at distance 1 twice, at distance 2 not at all; coordinate 2 has no n-gram. */
    expect_holds("g () => (float[4] y) <int64[4] x = {5, 6, 5, 6}, float[4] want_y = {2.0, 2.0, 0.0, 2.0}>"
                 "{ y = TfIdfVectorizer<mode = \"TF\", " POOL ">(x) }", 9);
    expect_holds("g () => (float[2,4] y) <int32[2,3] x = {5, 7, 6, 6, 6, 6}, float[2,4] want_y = {2.0, 3.0, 0.0, 4.0, "
                 "0.0, 9.0, 0.0, 0.0}>"
                 "{ y = TfIdfVectorizer<mode = \"TFIDF\", weights = [2.0, 3.0, 4.0], " POOL ">(x) }",
                 9);
    expect_holds("g () => (float[2,4] y) <int32[2,3] x = {5, 7, 6, 6, 6, 6}, float[2,4] want_y = {2.0, 3.0, 0.0, 4.0, "
                 "0.0, 3.0, 0.0, 0.0}>"
                 "{ y = TfIdfVectorizer<mode = \"IDF\", weights = [2.0, 3.0, 4.0], " POOL ">(x) }",
                 9);
}

Test(tf_idf_vectorizer, refuses)
{
    expect_fails("g () => (float[4] y) <string[1] x = {\"a\"}> { y = TfIdfVectorizer<mode = \"TF\", " POOL ">(x) }", 9,
                 "does not fit");
    expect_fails("g () => (float[4] y) <int64[1] x = {5}> { y = TfIdfVectorizer<mode = \"TF\", max_gram_length = 2, "
                 "max_skip_count = 0,"
                 " min_gram_length = 1, ngram_counts = [0, 5], ngram_indexes = [0], pool_int64s = [5]>(x) }",
                 9, "does not cut the pool");
    expect_fails("g () => (float[4] y) <int64[1] x = {5}> { y = TfIdfVectorizer<mode = \"TF\", max_gram_length = 1, "
                 "max_skip_count = 0,"
                 " min_gram_length = 1, ngram_counts = [0], ngram_indexes = [-1], pool_int64s = [5]>(x) }",
                 9, "ngram_indexes");
}
