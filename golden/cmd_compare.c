#include "golden/compare/compare.h"
#include "golden/compare/signature.h"
#include "golden/statistics_json.h"
#include "reference/cli/subcommand.h"
#include "reference/onnx/load.h"

#include <stdio.h>

static int cmd_compare(int argc, char **argv);
SUBCOMMAND_DEFINE(compare, "compare", "EXPECTED.pb ACTUAL.pb", "judge one tensor against another", cmd_compare)

typedef struct {
    gboolean bits, free_zero_sign;
    double   rtol, atol;
    char    *lower, *upper;
} Options;

static gboolean load_bounds(const Options *o, Tensor **lower, Tensor **upper, GError **error)
{
    if (o->lower && !(*lower = tensor_load(o->lower, NULL, NULL, error)))
        return FALSE;
    return !o->upper || (*upper = tensor_load(o->upper, NULL, NULL, error)) != NULL;
}

static gboolean fits(const Tensor *bound, const Tensor *golden)
{
    return !bound || (bound->dtype == golden->dtype && shape_equal(&bound->shape, &golden->shape));
}

/* How wrong, and what it looks like. */
static void print_numbers(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                          const Tensor *given)
{
    g_autofree char *signature = compare_signature(spec, golden, lower, upper, given);
    Statistics statistics;
    if (signature)
        printf("looks like: %s\n", signature);
    if (!compare_statistics(spec, golden, lower, upper, given, &statistics))
        return;
    cJSON *json = statistics_to_json(&statistics);
    char *text = cJSON_PrintUnformatted(json);
    printf("statistics: %s\n", text);
    cJSON_free(text);
    cJSON_Delete(json);
    statistics_clear(&statistics);
}

#define NONE (-G_MAXDOUBLE) /* no number that somebody gives */

static gboolean has_tolerance(const Options *o)
{
    return o->rtol != NONE || o->atol != NONE;
}

static gboolean is_tolerance(double x)
{
    return x == NONE || (x >= 0 && x <= G_MAXDOUBLE);
}

static int judge(const Options *o, const char *expected, const char *actual, GError **error)
{
    g_autoptr(Tensor) golden = tensor_load(expected, NULL, NULL, error), lower = NULL, upper = NULL;
    g_autoptr(Tensor) given = golden ? tensor_load(actual, NULL, NULL, error) : NULL;
    if (!given || !load_bounds(o, &lower, &upper, error))
        return EXIT_USAGE;
    if (!fits(lower, golden) || !fits(upper, golden)) {
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_SHAPE, "--lower and --upper must have the type and shape of %s", expected);
        return EXIT_USAGE;
    }
    const gboolean tolerance = has_tolerance(o);
    const CompareSpec spec = { .mode = o->bits ? COMPARE_BITS : lower || upper ? COMPARE_INTERVAL
                                               : tolerance ? COMPARE_TOLERANCE : COMPARE_VALUE,
                               .free_zero_sign = o->free_zero_sign, .rtol = MAX(o->rtol, 0), .atol = MAX(o->atol, 0) };
    Comparison c;
    const gboolean right = compare_tensors(&spec, golden, lower, upper, given, &c);
    if (right)
        printf("pass, grade %c, margin %g, %" G_GINT64_FORMAT " elements\n", c.grade, c.margin, c.elements);
    else
        printf("fail, grade %c: %s\n", c.grade, c.message);
    if (c.result == COMPARED_RIGHT || c.result == COMPARED_WRONG_VALUE)
        print_numbers(&spec, golden, lower, upper, given);
    comparison_clear(&c);
    return right ? EXIT_GOOD : EXIT_SHORT;
}

static int cmd_compare(int argc, char **argv)
{
    Options o = { .rtol = NONE, .atol = NONE };
    int code;
    const GOptionEntry entries[] = {
        { "lower", 0, 0, G_OPTION_ARG_FILENAME, &o.lower, "Lower ends of the accepted interval", "L.pb" },
        { "upper", 0, 0, G_OPTION_ARG_FILENAME, &o.upper, "Upper ends of the accepted interval", "U.pb" },
        { "bits", 0, 0, G_OPTION_ARG_NONE, &o.bits, "Every bit must agree, NaN payloads too", NULL },
        { "free-zero-sign", 0, 0, G_OPTION_ARG_NONE, &o.free_zero_sign, "-0 and +0 are one value", NULL },
        { "rtol", 0, 0, G_OPTION_ARG_DOUBLE, &o.rtol, "Accept |y - g| <= atol + rtol*|g|", "R" },
        { "atol", 0, 0, G_OPTION_ARG_DOUBLE, &o.atol, "See --rtol", "A" },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_compare, entries,
                   "Without options every element must be the expected value: any NaN for a NaN, zeros with their sign.\n\n"
                   "Example: assay compare output_0.pb mine.pb --lower lower_0.pb --upper upper_0.pb", &code))
        return code;
    if (argc != 3)
        return cli_complain(&subcommand_compare, EXIT_USAGE, "expected two tensor files; see 'assay compare --help'");
    if (!is_tolerance(o.rtol) || !is_tolerance(o.atol))
        return cli_complain(&subcommand_compare, EXIT_USAGE, "--rtol and --atol: expected finite numbers of at least 0");
    if ((o.bits ? 1 : 0) + (o.lower || o.upper ? 1 : 0) + (has_tolerance(&o) ? 1 : 0) > 1)
        return cli_complain(&subcommand_compare, EXIT_USAGE, "expected one of --bits, --lower with --upper, and --rtol with --atol");
    GError *error = NULL;
    code = judge(&o, argv[1], argv[2], &error);
    g_free(o.lower);
    g_free(o.upper);
    return error ? cli_fail(&subcommand_compare, code, error) : cli_finish(&subcommand_compare, code);
}
