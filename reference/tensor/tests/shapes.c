#include "reference/tensor/tensor.h"

#include <criterion/criterion.h>
#include <string.h>

Test(shapes, counts_do_not_overflow)
{
    g_autoptr(GError) error = NULL;
    Shape shape;
    const int64_t huge[] = { INT64_C(1) << 40, INT64_C(1) << 40 }, negative[] = { 2, -1 }, empty[] = { INT64_C(1) << 62, 0, INT64_C(1) << 62 };
    cr_expect_not(shape_make(huge, 2, &shape, &error));
    cr_expect(error && strstr(error->message, "elements"));
    g_clear_error(&error);
    cr_expect_not(shape_make(negative, 2, &shape, &error));
    g_clear_error(&error);
    cr_expect(shape_make(empty, 3, &shape, NULL), "an empty tensor may have huge other dims");
    cr_expect_eq(shape_count(&shape), 0);
    const int64_t deep[SHAPE_MAX_RANK + 1] = { 0 };
    cr_expect_not(shape_make(deep, SHAPE_MAX_RANK + 1, &shape, NULL));
}

Test(shapes, broadcasting)
{
    Shape result;
    cr_expect(shape_broadcast(&SHAPE(3, 1, 5), &SHAPE(4, 1), &result));
    cr_expect(shape_equal(&result, &SHAPE(3, 4, 5)));
    cr_expect(shape_broadcast(&SHAPE(0, 1), &SHAPE(1, 7), &result));
    cr_expect(shape_equal(&result, &SHAPE(0, 7)));
    cr_expect_not(shape_broadcast(&SHAPE(2), &SHAPE(3), &result));
    cr_expect_not(shape_broadcasts_to(&SHAPE(2, 1), &SHAPE(1)));
}

/* Whatever the walk merges, every element of the result meets the right element of each operand, in order. */
Test(shapes, walk_visits_everything_in_order)
{
    static const struct {
        Shape out, a, b;
    } cases[] = {
        { { 3, { 2, 3, 4 } }, { 3, { 2, 3, 4 } }, { 1, { 4 } } },       { { 3, { 2, 3, 4 } }, { 3, { 2, 1, 4 } }, { 3, { 1, 3, 1 } } },
        { { 0, { 0 } }, { 0, { 0 } }, { 0, { 0 } } },                   { { 2, { 5, 1 } }, { 2, { 5, 1 } }, { 2, { 1, 1 } } },
        { { 4, { 1, 2, 1, 3 } }, { 4, { 1, 2, 1, 3 } }, { 1, { 1 } } }, { { 2, { 0, 3 } }, { 2, { 0, 3 } }, { 1, { 3 } } },
    };
    for (gsize c = 0; c < G_N_ELEMENTS(cases); c++) {
        const Shape *out = &cases[c].out, *operands[] = { &cases[c].a, &cases[c].b };
        int64_t seen = 0;
        Walk w;
        for (walk_begin(&w, out, operands, 2); walk_more(&w); walk_next(&w))
            for (int64_t k = 0; k < w.run; k++, seen++) {
                cr_assert_eq(w.position + k, seen, "case %zu", c);
                for (int o = 0; o < 2; o++) { /* the operand's flat index by hand */
                    int64_t rest = seen, flat = 0, stride = 1;
                    for (int d = out->rank - 1; d >= 0; d--) {
                        const int own = d - (out->rank - operands[o]->rank);
                        const int64_t at = rest % out->dims[d];
                        rest /= out->dims[d];
                        if (own >= 0 && operands[o]->dims[own] != 1)
                            flat += at * stride;
                        if (own >= 0)
                            stride *= operands[o]->dims[own];
                    }
                    cr_assert_eq(w.offset[o] + k * w.step[o], flat, "case %zu operand %d element %d", c, o, (int)seen);
                }
            }
        cr_assert_eq(seen, shape_count(out), "case %zu", c);
    }
}

Test(tensors, limit_is_kept_and_memory_returned)
{
    g_autoptr(GError) error = NULL;
    const gsize before = tensor_memory_live();
    tensor_memory_set_limit(before + 4096);
    Tensor *small = tensor_new(DTYPE_FLOAT, &SHAPE(100), NULL);
    cr_expect_not_null(small);
    cr_expect_null(tensor_new(DTYPE_FLOAT, &SHAPE(2000), &error));
    cr_expect(g_error_matches(error, TENSOR_ERROR, TENSOR_ERROR_MEMORY));
    tensor_unref(small);
    tensor_memory_set_limit(0);
    cr_expect_eq(tensor_memory_live(), before);
}

Test(tensors, elements_as_text_read_back)
{
    Tensor *t = tensor_new(DTYPE_DOUBLE, &SHAPE(4), NULL);
    const double values[] = { 0.1, -0.0, 1e-310, 3 };
    for (int64_t i = 0; i < 4; i++) {
        tensor_set_double(t, i, values[i]);
        g_autofree char *text = tensor_element_to_string(t, i);
        const double back = g_ascii_strtod(text, NULL);
        cr_expect(memcmp(&back, &values[i], sizeof back) == 0, "%s", text);
    }
    tensor_unref(t);
}

Test(tensors, strings_are_shared_and_released)
{
    Tensor *t = tensor_new(DTYPE_STRING, &SHAPE(2), NULL);
    tensor_set_string(t, 0, "a\0b", 3);
    Tensor *copy = tensor_copy(t, NULL);
    tensor_unref(t);
    gsize length;
    cr_expect_arr_eq(tensor_get_string(copy, 0, &length), "a\0b", 3);
    cr_expect_eq(length, 3);
    cr_expect_str_eq(tensor_get_string(copy, 1, &length), "");
    tensor_unref(copy);
}
