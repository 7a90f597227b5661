/* Resampling, regions and boxes. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

/* ---- Resize, Upsample
 * ------------------------------------------------------------------------------------------------- */

#define LINE "float[4] x = {1.0, 2.0, 3.0, 4.0}"

Test(resize, nearest_rounds_as_asked)
{
    /* Places 0.5, 2.5 (half pixel, scale 1/2). */
    expect_holds(
        "g () => (float[2] y) <" LINE ", float[1] s = {0.5}, float[2] want_y = {1.0, 3.0}> { y = Resize(x, , s) }", 13);
    expect_holds("g () => (float[2] y) <" LINE ", float[1] s = {0.5}, float[2] want_y = {2.0, 4.0}>"
                 "{ y = Resize<nearest_mode = \"round_prefer_ceil\">(x, , s) }", 13);
    expect_holds("g () => (float[2] y) <" LINE
                 ", float[1] s = {0.5}, float[2] want_y = {2.0, 4.0}> { y = Resize<nearest_mode = \"ceil\">(x, , s) }",
                 19);
    /* The first versions: below when growing, above when shrinking. */
    expect_holds(
        "g () => (float[2] y) <" LINE ", float[1] s = {0.6}, float[2] want_y = {1.0, 3.0}> { y = Resize(x, s) }", 10);
    expect_holds("g () => (string[3] y) <string[2] x = {\"a\", \"b\"}, float[1] s = {1.5}, string[3] want_y = {\"a\", "
                 "\"a\", \"b\"}> { y = Resize(x, s) }",
                 10);
}

Test(resize, linear_places)
{
    expect_holds("g () => (float[8] y) <" LINE
                 ", int64[1] n = {8}, float[8] want_y = {1.0, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4.0}>"
                 "{ y = Resize<mode = \"linear\">(x, , , n) }",
                 13);
    expect_holds("g () => (float[7] y) <" LINE
                 ", int64[1] n = {7}, float[7] want_y = {1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0}>"
                 "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"align_corners\">(x, , , n) }",
                 13);
    expect_holds("g () => (float[1] y) <" LINE ", int64[1] n = {1}, float[1] want_y = {1.0}>"
                 "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"pytorch_half_pixel\">(x, , , n) }",
                 13);
    /* floor(4 * 0.6) = 2 of 2.4: the centre of the output lies at the centre of the input. */
    expect_near("g () => (double[2] y) <double[4] x = {1.0, 2.0, 3.0, 4.0}, float[1] s = {0.625}, double[2] want_y = "
                "{1.7, 3.3}>"
                "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"half_pixel_symmetric\">(x, , s) }",
                19, 1e-12);
}

Test(resize, integer_lengths_count_with_align_corners)
{
    /* length_resized is 2, not 2.4. */
    expect_holds("g () => (float[2] y) <" LINE ", float[1] s = {0.6}, float[2] want_y = {1.0, 4.0}>"
                 "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"align_corners\">(x, , s) }", 13);
}

Test(resize, weights)
{
    /* Cubic with a = -0.5 between 2 and 3 of a straight line: on the line. */
    expect_holds("g () => (float[2] y) <" LINE ", int64[1] n = {2}, float[2] want_y = {1.4375, 3.5625}>"
                 "{ y = Resize<mode = \"cubic\", cubic_coeff_a = -0.5>(x, , , n) }", 13);
    /* Antialiasing: the triangle of half-width 2 weighs 1/8, 3/8, 3/8, 1/8; the end repeats. */
    expect_holds("g () => (float[2] y) <" LINE ", float[1] s = {0.5}, float[2] want_y = {1.625, 3.375}>"
                 "{ y = Resize<mode = \"linear\", antialias = 1>(x, , s) }", 18);
    /* Without what lies outside: (3 + 2 * 3 + 3 * 1) / 7. */
    expect_near("g () => (double[2] y) <double[4] x = {1.0, 2.0, 3.0, 4.0}, float[1] s = {0.5},"
                " double[2] want_y = {1.7142857142857142, 3.2857142857142856}>"
                "{ y = Resize<mode = \"linear\", antialias = 1, exclude_outside = 1>(x, , s) }", 18, 1e-15);
    /* A weight of zero does not meet an infinity. */
    expect_holds("g () => (float[3] y) <float[2] x = {1.0, inf}, int64[1] n = {3}, float[3] want_y = {1.0, inf, inf}>"
                 "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"align_corners\">(x, , , n) }", 13);
}

Test(resize, integers_truncate_and_saturate)
{
    expect_holds("g () => (uint8[4] y) <uint8[2] x = {0, 255}, int64[1] n = {4}, uint8[4] want_y = {0, 63, 191, 255}>"
                 "{ y = Resize<mode = \"linear\">(x, , , n) }", 13);
    /* 57.8 and 197.2 beside the step; -26.9 and 281.9 next to those. */
    expect_holds("g () => (uint8[8] y) <uint8[4] x = {0, 0, 255, 255}, int64[1] n = {8}, uint8[8] want_y = {0, 0, 0, "
                 "57, 197, 255, 255, 255}>"
                 "{ y = Resize<mode = \"cubic\">(x, , , n) }",
                 13);
    expect_holds("g () => (complex64[3] y) <complex64[2] x = {0.0, 2.0, 2.0, 0.0}, int64[1] n = {3}, complex64[3] "
                 "want_y = {0.0, 2.0, 1.0, 1.0, 2.0, 0.0}>"
                 "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"align_corners\">(x, , , n) }",
                 13);
}

Test(resize, regions_and_extrapolation)
{
    expect_holds("g () => (float[3] y) <" LINE
                 ", float[2] roi = {0.5, 1.5}, int64[1] n = {3}, float[3] want_y = {2.5, 4.0, 9.0}>"
                 "{ y = Resize<mode = \"linear\", coordinate_transformation_mode = \"tf_crop_and_resize\", "
                 "extrapolation_value = 9.0>(x, roi, , n) }",
                 13);
}

Test(resize, axes_and_ratios)
{
    expect_holds("g () => (float[1,4] y) <float[2,2] x = {1.0, 2.0, 3.0, 4.0}, int64[2] n = {4, 1}, float[1,4] want_y "
                 "= {1.0, 1.0, 2.0, 2.0}>"
                 "{ y = Resize<axes = [-1, 0]>(x, , , n) }",
                 18);
    expect_holds("g () => (float[1,2] y) <float[2,4] x = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0}, int64[2] n = {8, "
                 "2}, float[1,2] want_y = {1.0, 3.0}>"
                 "{ y = Resize<keep_aspect_ratio_policy = \"not_larger\">(x, , , n) }",
                 18);
    expect_holds("g () => (float[3,2] y) <float[2,1] x = {1.0, 2.0}, int64[2] n = {3, 1}, float[3,2] want_y = {1.0, "
                 "1.0, 1.0, 1.0, 2.0, 2.0}>"
                 "{ y = Resize<keep_aspect_ratio_policy = \"not_smaller\">(x, , , n) }",
                 18);
}

Test(resize, refuses)
{
    expect_fails("g () => (float[4] y) <" LINE "> { y = Resize(x) }", 13, "exactly one of scales and sizes");
    expect_fails("g () => (float[4] y) <" LINE ", float[1] s = {0.0}> { y = Resize(x, , s) }", 13, "scale 0");
    expect_fails("g () => (float[4] y) <" LINE ", float[2] s = {1.0, 1.0}> { y = Resize(x, , s) }", 13,
                 "scales has 2 entries");
    expect_fails("g () => (float[4] y) <" LINE ", int64[1] n = {1152921504606846976}> { y = Resize(x, , , n) }", 13,
                 "");
    expect_fails("g () => (float[1] y) <float[0] x = {}, int64[1] n = {1}> { y = Resize(x, , , n) }", 13, "length 0");
    expect_fails("g () => (string[4] y) <string[2] x = {\"a\", \"b\"}, int64[1] n = {4}> { y = Resize<mode = "
                 "\"linear\">(x, , , n) }",
                 13, "strings");
    expect_fails(
        "g () => (float[4] y) <" LINE
        ", int64[1] n = {4}> { y = Resize<coordinate_transformation_mode = \"half_pixel_symmetric\">(x, , , n) }",
        13, "not known to opset 13");
}

Test(upsample, every_version)
{
    expect_holds(
        "g () => (float[1,1,2,2] y) <float[1,1,1,2] x = {1.0, 2.0}, float[1,1,2,2] want_y = {1.0, 2.0, 1.0, 2.0}>"
        "{ y = Upsample<height_scale = 2.0, width_scale = 1.0>(x) }",
        1);
    expect_holds("g () => (float[4] y) <float[2] x = {1.0, 2.0}, float[4] want_y = {1.0, 1.5, 2.0, 2.0}>"
                 "{ y = Upsample<mode = \"linear\", scales = [2.0]>(x) }", 7);
    expect_fails("g () => (float[1] y) <float[2] x = {1.0, 2.0}, float[1] s = {0.5}> { y = Upsample(x, s) }", 9,
                 "expected 1 or more");
}

/* ---- GridSample, AffineGrid
 * ------------------------------------------------------------------------------------------- */

#define MAP "float[1,1,2,2] x = {1.0, 2.0, 3.0, 4.0}"

Test(grid_sample, coordinates_run_from_the_innermost_dim)
{
    expect_holds("g () => (float[1,1,1,2] y) <" MAP
                 ", float[1,1,2,2] g = {1.0, -1.0, 0.0, 0.0}, float[1,1,1,2] want_y = {2.0, 2.5}>"
                 "{ y = GridSample<align_corners = 1>(x, g) }",
                 16);
}

Test(grid_sample, padding)
{
    /* Corner -1 of unaligned corners is half a pixel outside. */
    expect_holds("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,1,1,2] g = {-1.0, -1.0}, float[1,1,1,1] want_y = {0.25}> { y = GridSample(x, g) }",
                 20);
    expect_holds("g () => (float[1,1,1,1] y) <" MAP ", float[1,1,1,2] g = {-9.0, inf}, float[1,1,1,1] want_y = {3.0}>"
                 "{ y = GridSample<padding_mode = \"border\">(x, g) }", 20);
    /* x = 3 mirrored at 1: -1, at 0: 1. */
    expect_holds("g () => (float[1,1,1,1] y) <" MAP ", float[1,1,1,2] g = {5.0, -1.0}, float[1,1,1,1] want_y = {2.0}>"
                 "{ y = GridSample<padding_mode = \"reflection\", align_corners = 1>(x, g) }", 20);
    expect_holds("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,1,1,2] g = {nan, 0.0}, float[1,1,1,1] want_y = {0.0}> { y = GridSample(x, g) }",
                 20);
}

Test(grid_sample, nearest_takes_even_halves_and_any_type)
{
    expect_holds("g () => (string[1,1,3] y) <string[1,1,3] x = {\"a\", \"b\", \"c\"}, float[1,3,1] g = {-0.5, 0.5, "
                 "3.0}, string[1,1,3] want_y = {\"a\", \"c\", \"\"}>"
                 "{ y = GridSample<mode = \"nearest\", align_corners = 1>(x, g) }",
                 20);
}

Test(grid_sample, refuses)
{
    expect_fails("g () => (float[1,1,1,1] y) <" MAP ", float[1,1,1,3] g = {0.0, 0.0, 0.0}> { y = GridSample(x, g) }",
                 20, "does not fit");
    expect_fails("g () => (float[1,1,1] y) <float[1,1,1] x = {0.0}, float[1,1,1] g = {0.0}> { y = GridSample(x, g) }",
                 16, "expected 4");
    expect_fails("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,1,1,2] g = {0.0, 0.0}> { y = GridSample<mode = \"bilinear\">(x, g) }",
                 20, "mode is");
    expect_fails("g () => (float[1,1,1] y) <float[1,1,0] x = {}, float[1,1,1] g = {0.0}> { y = GridSample(x, g) }", 20,
                 "nothing to sample");
}

Test(affine_grid, identity_and_shift)
{
    expect_holds(
        "g () => (float[1,1,2,2] y) <float[1,2,3] t = {1.0, 0.0, 0.5, 0.0, 1.0, 0.0}, int64[4] s = {1, 1, 1, 2},"
        " float[1,1,2,2] want_y = {0.0, 0.0, 1.0, 0.0}> { y = AffineGrid(t, s) }",
        20);
    expect_holds(
        "g () => (float[1,2,2,2] y) <float[1,2,3] t = {1.0, 0.0, 0.0, 0.0, 2.0, 0.0}, int64[4] s = {1, 1, 2, 2},"
        " float[1,2,2,2] want_y = {-1.0, -2.0, 1.0, -2.0, -1.0, 2.0, 1.0, 2.0}> { y = AffineGrid<align_corners = 1>(t, "
        "s) }",
        20);
    expect_fails("g () => (float[1,1,1,2] y) <float[1,2,2] t = {1.0, 0.0, 0.0, 0.0}, int64[4] s = {1, 1, 1, 1}> { y = "
                 "AffineGrid(t, s) }",
                 20, "expected [1,2,3]");
}

/* ---- RoiAlign, NonMaxSuppression
 * -------------------------------------------------------------------------------------- */

Test(roi_align, averages_and_takes_the_largest_of_interpolated_samples)
{
    /* One bin over the whole map; samples at 0.5, 1.5 of each axis, minus a half: the four elements. */
    expect_holds("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,4] r = {0.0, 0.0, 2.0, 2.0}, int64[1] b = {0}, float[1,1,1,1] want_y = {2.5}>"
                 "{ y = RoiAlign(x, r, b) }",
                 16);
    expect_holds("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,4] r = {0.0, 0.0, 2.0, 2.0}, int64[1] b = {0}, float[1,1,1,1] want_y = {4.0}>"
                 "{ y = RoiAlign<mode = \"max\">(x, r, b) }",
                 16);
    /* Version 10 does not shift: the one sample of a region at least one wide lies at (1, 1) . */
    expect_holds("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,4] r = {0.5, 0.5, 0.5, 0.5}, int64[1] b = {0}, float[1,1,1,1] want_y = {4.0}>"
                 "{ y = RoiAlign(x, r, b) }",
                 10);
}

Test(roi_align, refuses)
{
    expect_fails("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,4] r = {0.0, 0.0, 2.0, 2.0}, int64[1] b = {1}> { y = RoiAlign(x, r, b) }",
                 16, "batch index");
    expect_fails("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,4] r = {0.0, 0.0, inf, 2.0}, int64[1] b = {0}> { y = RoiAlign(x, r, b) }",
                 16, "region");
    expect_fails("g () => (float[1,1,1,1] y) <" MAP
                 ", float[1,4] r = {0.0, 0.0, 1e30, 2.0}, int64[1] b = {0}> { y = RoiAlign(x, r, b) }",
                 16, "samples");
}

#define BOXES                                                                                    \
    "float[1,3,4] boxes = {0.0, 0.0, 1.0, 1.0,  1.0, 1.0, 0.0, 0.5,  5.0, 5.0, 6.0, 6.0},"       \
    " float[1,1,3] scores = {0.5, 0.9, 0.5}"

Test(non_max_suppression, by_score_index_and_overlap)
{
    /* Box 1 is half of box 0 (corners in any order): overlap one half, and no more. */
    expect_holds("g () => (int64[3,3] y) <" BOXES
                 ", int64 n = {9}, float t = {0.5}, int64[3,3] want_y = {0, 0, 1, 0, 0, 0, 0, 0, 2}>"
                 "{ y = NonMaxSuppression(boxes, scores, n, t) }",
                 11);
    expect_holds("g () => (int64[2,3] y) <" BOXES
                 ", int64 n = {9}, float t = {0.49}, int64[2,3] want_y = {0, 0, 1, 0, 0, 2}>"
                 "{ y = NonMaxSuppression(boxes, scores, n, t) }",
                 11);
}

Test(non_max_suppression, limits)
{
    expect_holds("g () => (int64[0,3] y) <" BOXES ", int64[0,3] want_y = {}> { y = NonMaxSuppression(boxes, scores) }",
                 11);
    /* "Less than score_threshold are removed": an equal one stays. */
    expect_holds("g () => (int64[3,3] y) <" BOXES
                 ", int64 n = {3}, float t = {1.0}, float s = {0.5}, int64[3,3] want_y = {0, 0, 1, 0, 0, 0, 0, 0, 2}>"
                 "{ y = NonMaxSuppression(boxes, scores, n, t, s) }",
                 11);
    expect_fails("g () => (int64[0,3] y) <" BOXES
                 ", int64 n = {3}, float t = {1.5}> { y = NonMaxSuppression(boxes, scores, n, t) }",
                 11, "iou_threshold");
}

/* ---- ImageDecoder
 * ----------------------------------------------------------------------------------------------------- */

Test(image_decoder, portable_pixmaps)
{
    /* P6, one pixel row of red and blue. */
    expect_holds(
        "g () => (uint8[1,2,3] y) <uint8[17] x = {80, 54, 32, 50, 32, 49, 32, 50, 53, 53, 10, 255, 0, 0, 0, 0, 255},"
        " uint8[1,2,3] want_y = {255, 0, 0, 0, 0, 255}> { y = ImageDecoder(x) }",
        20);
    expect_holds(
        "g () => (uint8[1,2,3] y) <uint8[17] x = {80, 54, 32, 50, 32, 49, 32, 50, 53, 53, 10, 255, 0, 0, 0, 0, 255},"
        " uint8[1,2,3] want_y = {0, 0, 255, 255, 0, 0}> { y = ImageDecoder<pixel_format = \"BGR\">(x) }",
        20);
    /* P1 with a comment: white, black. */
    expect_holds("g () => (uint8[1,2,1] y) <uint8[13] x = {80, 49, 10, 35, 33, 10, 50, 32, 49, 10, 48, 49, 10}, "
                 "uint8[1,2,1] want_y = {255, 0}>"
                 "{ y = ImageDecoder<pixel_format = \"Grayscale\">(x) }",
                 20);
}

Test(image_decoder, what_cannot_be_decoded_is_empty)
{
    static const char *const files[] = {
        "uint8[0] x = {}",
        "uint8[3] x = {255, 216, 255}",                               /* JPEG without an end */
        "uint8[8] x = {137, 80, 78, 71, 13, 10, 26, 10}",             /* PNG */
        "uint8[11] x = {80, 54, 32, 57, 57, 57, 57, 57, 57, 57, 57}", /* a width and no more */
        /* Far too large a picture. */
        "uint8[21] x = {80, 54, 32, 57, 57, 57, 57, 57, 57, 57, 57, 32, 57, 57, 57, 57, 57, 32, 57, 10, 0}",
        "uint8[8] x = {73, 73, 42, 0, 8, 0, 0, 0}", /* TIFF */
        "uint8[12] x = {0, 0, 0, 12, 106, 80, 32, 32, 13, 10, 135, 10}",
        "uint8[12] x = {82, 73, 70, 70, 4, 0, 0, 0, 87, 69, 66, 80}",
        "uint8[26] x = {66, 77, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 12, 0, 0, 0, 255, 255, 255, 255, 1, 0, 24, 0}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *graph = g_strdup_printf(
            "g () => (uint8[0,0,3] y) <%s, uint8[0,0,3] want_y = {}> { y = ImageDecoder(x) }", files[i]);
        expect_holds(graph, 20);
    }
}

Test(image_decoder, bitmaps)
{
    /* 12-byte header, 1 x 2 pixels of 24 bits, rows bottom-up and padded to 4 bytes: blue below red. */
    expect_holds("g () => (uint8[2,1,3] y) <uint8[34] x = {66, 77, 0, 0, 0, 0, 0, 0, 0, 0, 26, 0, 0, 0, 12, 0, 0, 0, "
                 "1, 0, 2, 0, 1, 0, 24, 0,"
                 " 255, 0, 0, 0, 0, 0, 255, 0}, uint8[2,1,3] want_y = {255, 0, 0, 0, 0, 255}> { y = ImageDecoder(x) }",
                 20);
    /* A palette index without an entry is damage. */
    expect_holds("g () => (uint8[0,0,3] y) <uint8[30] x = {66, 77, 0, 0, 0, 0, 0, 0, 0, 0, 26, 0, 0, 0, 12, 0, 0, 0, "
                 "1, 0, 1, 0, 1, 0, 8, 0,"
                 " 255, 0, 0, 0}, uint8[0,0,3] want_y = {}> { y = ImageDecoder(x) }",
                 20);
}
