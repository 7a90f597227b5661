/* Fourier transforms, windows and the mel scale. */
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>

Test(dft, real_and_complex_lines)
{
    /* 1, 2, 3, 4: 10, -2 + 2i, -2, -2 - 2i; exact, for the roots of unity of order four are. */
    expect_holds("g () => (float[1,4,2] y) <float[1,4,1] x = {1.0, 2.0, 3.0, 4.0},"
                 " float[1,4,2] want_y = {10.0, 0.0, -2.0, 2.0, -2.0, 0.0, -2.0, -2.0}> { y = DFT(x) }", 20);
    expect_holds("g () => (float[1,3,2] y) <float[1,4,1] x = {1.0, 2.0, 3.0, 4.0},"
                 " float[1,3,2] want_y = {10.0, 0.0, -2.0, 2.0, -2.0, 0.0}> { y = DFT<onesided = 1>(x) }", 17);
    expect_holds("g () => (float[1,4,2] y) <float[1,4,2] x = {10.0, 0.0, -2.0, 2.0, -2.0, 0.0, -2.0, -2.0},"
                 " float[1,4,2] want_y = {1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0, 0.0}> { y = DFT<inverse = 1>(x) }", 17);
}

Test(dft, cuts_and_pads_along_any_axis)
{
    expect_holds("g () => (float[2,2,2] y) <float[1,2,1] x = {1.0, 2.0}, int64 n = {2}, int64 a = {0},"
                 " float[2,2,2] want_y = {1.0, 0.0, 2.0, 0.0, 1.0, 0.0, 2.0, 0.0}> { y = DFT(x, n, a) }", 20);
    expect_holds(
        "g () => (float[1,1,2] y) <float[1,3,1] x = {5.0, 2.0, 7.0}, int32 n = {1}, float[1,1,2] want_y = {5.0, 0.0}>"
        "{ y = DFT(x, n) }",
        20);
}

Test(dft, lengths_that_are_no_powers_of_two)
{
    /* A unit impulse at 1: the roots of unity of order six. */
    expect_near("g () => (double[1,6,2] y) <double[1,6,1] x = {0.0, 1.0, 0.0, 0.0, 0.0, 0.0}, double[1,6,2] want_y ="
                " {1.0, 0.0, 0.5, -0.8660254037844386, -0.5, -0.8660254037844386, -1.0, 0.0, -0.5, 0.8660254037844386, "
                "0.5, 0.8660254037844386}>"
                "{ y = DFT(x) }",
                20, 2e-16);
    expect_near(
        "g () => (float[1,7,2] y) <float[1,7,1] x = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0},"
        " float[1,7,2] want_y = {7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}> { y = DFT(x) }",
        20, 1e-25);
}

Test(dft, half_spectrum_back_to_a_real_signal)
{
    /* The half spectrum of 1, 2, 3, 4; imaginary parts of bins 0 and 2 belong to no real signal. */
    expect_holds("g () => (float[1,4,1] y) <float[1,3,2] x = {10.0, 7.0, -2.0, 2.0, -2.0, 9.0},"
                 " float[1,4,1] want_y = {1.0, 2.0, 3.0, 4.0}> { y = DFT<inverse = 1, onesided = 1>(x) }", 17);
    /* Cut to bins 0 and 1 of length 2, and of odd length 3: 10/3 + 2 (-2 cos - 2 sin)/3. */
    expect_holds("g () => (float[1,2,1] y) <float[1,3,2] x = {10.0, 0.0, -2.0, 2.0, -2.0, 0.0}, int64 n = {2},"
                 " float[1,2,1] want_y = {4.0, 6.0}> { y = DFT<inverse = 1, onesided = 1>(x, n) }", 20);
    expect_near("g () => (float[1,3,1] y) <float[1,3,2] x = {10.0, 5.0, -2.0, 2.0, -2.0, 0.0}, int64 n = {3},"
                " float[1,3,1] want_y = {2.0, 2.8452995, 5.1547005}> { y = DFT<inverse = 1, onesided = 1>(x, n) }", 20, 1e-6);
    /* Padded: bins beyond the input are 0. */
    expect_holds("g () => (float[1,4,1] y) <float[1,1,2] x = {8.0, 0.0}, int64 n = {4},"
                 " float[1,4,1] want_y = {2.0, 2.0, 2.0, 2.0}> { y = DFT<inverse = 1, onesided = 1>(x, n) }", 20);
    expect_fails("g () => (float[1,2,1] y) <float[1,2,1] x = {1.0, 2.0}> { y = DFT<inverse = 1, onesided = 1>(x) }", 20,
                 "complex input");
    expect_fails("g () => (float[1,0,1] y) <float[1,1,2] x = {1.0, 2.0}> { y = DFT<inverse = 1, onesided = 1>(x) }", 20,
                 "too short");
}

Test(dft, refuses)
{
    expect_fails("g () => (float[1,2,2] y) <float[1,2,2] x = {1.0, 2.0, 3.0, 4.0}> { y = DFT<onesided = 1>(x) }", 17,
                 "onesided");
    expect_fails("g () => (float[1,2,2] y) <float[1,2,1] x = {1.0, 2.0}> { y = DFT<axis = -1>(x) }", 17, "axis -1");
    expect_fails("g () => (float[1,2,2] y) <float[1,2,1] x = {1.0, 2.0}, int64 n = {0}> { y = DFT(x, n) }", 20,
                 "dft_length");
    expect_fails("g () => (float[1,2,2] y) <float[1,3] x = {1.0, 2.0, 3.0}> { y = DFT(x) }", 20, "last dim");
}

Test(stft, frames_windows_and_steps)
{
    /* Frames (1, 2) and (3, 4) of five samples; sums and differences. */
    expect_holds("g () => (float[1,2,2,2] y) <float[1,5,1] x = {1.0, 2.0, 3.0, 4.0, 5.0}, int64 s = {2}, int64 n = {2},"
                 " float[1,2,2,2] want_y = {3.0, 0.0, -1.0, 0.0, 7.0, 0.0, -1.0, 0.0}> { y = STFT(x, s, , n) }", 17);
    expect_holds("g () => (float[1,2,1,2] y) <float[1,2,1] x = {1.0, 2.0}, int64 s = {1}, float[1] w = {0.5},"
                 " float[1,2,1,2] want_y = {0.5, 0.0, 1.0, 0.0}> { y = STFT<onesided = 0>(x, s, w) }", 17);
    expect_fails("g () => (float[1,1,1,2] y) <float[1,2,1] x = {1.0, 2.0}, int64 s = {0}, int64 n = {2}> { y = STFT(x, "
                 "s, , n) }",
                 17, "frame_step");
    expect_fails("g () => (float[1,1,1,2] y) <float[1,2,1] x = {1.0, 2.0}, int64 s = {1}, int64 n = {3}> { y = STFT(x, "
                 "s, , n) }",
                 17, "frame_length");
    expect_fails("g () => (float[1,1,1,2] y) <float[1,1,2] x = {1.0, 2.0}, int64 s = {1}, int64 n = {1}> { y = STFT(x, "
                 "s, , n) }",
                 17, "onesided");
}

Test(windows, periodic_and_symmetric)
{
    expect_holds("g () => (float[4] y) <int64 n = {4}, float[4] want_y = {0.0, 0.5, 1.0, 0.5}> { y = HannWindow(n) }",
                 17);
    expect_holds("g () => (double[3] y) <int32 n = {3}, double[3] want_y = {0.0, 1.0, 0.0}>"
                 "{ y = HannWindow<periodic = 0, output_datatype = 11>(n) }", 17);
    /* 4 / 46 and 1; 25 / 46. */
    expect_holds("g () => (double[4] y) <int64 n = {4}, double[4] want_y = {0.08695652173913043, 0.5434782608695652, "
                 "1.0, 0.5434782608695652}>"
                 "{ y = HammingWindow<output_datatype = 11>(n) }",
                 17);
    /* Ends that cancel are zero, not tiny; (42 + 8 cos pi) / 100. */
    expect_holds("g () => (double[5] y) <int64 n = {5}, double[5] want_y = {0.0, 0.34, 1.0, 0.34, 0.0}>"
                 "{ y = BlackmanWindow<periodic = 0, output_datatype = 11>(n) }", 17);
    expect_holds("g () => (int32[4] y) <int64 n = {4}, int32[4] want_y = {0, 0, 1, 0}> { y = "
                 "HannWindow<output_datatype = 6>(n) }",
                 17);
    expect_holds("g () => (float[0] y) <int64 n = {0}, float[0] want_y = {}> { y = HannWindow(n) }", 17);
}

Test(windows, refuses)
{
    expect_fails("g () => (float[1] y) <int64 n = {-1}> { y = HannWindow(n) }", 17, "size is -1");
    expect_fails("g () => (string[1] y) <int64 n = {1}> { y = HannWindow<output_datatype = 8>(n) }", 17,
                 "not a numeric type");
    expect_fails("g () => (float[1] y) <int64 n = {4611686018427387904}> { y = HannWindow(n) }", 17, "");
}

Test(mel_weight_matrix, triangles)
{
    /* Three bands from 0 to 8000 Hz of a 16 kHz signal, nine bins. Corners: 0, 458.7, 1218.1, 2475.1, 4555.8 Hz, times
     * 17 / 16000: bins 0, 0, 1, 2, 4. */
    expect_holds("g () => (float[9,3] y) <int64 bands = {3}, int64 n = {16}, int64 rate = {16000}, float low = {0.0}, "
                 "float high = {8000.0},"
                 " float[9,3] want_y = {1.0, 0.0, 0.0,  0.0, 1.0, 0.0,  0.0, 0.0, 1.0,  0.0, 0.0, 0.5,  0.0, 0.0, 0.0,"
                 " 0.0, 0.0, 0.0,  0.0, 0.0, 0.0,  0.0, 0.0, 0.0,  0.0, 0.0, 0.0}>"
                 "{ y = MelWeightMatrix(bands, n, rate, low, high) }",
                 17);
    expect_fails("g () => (float[9,3] y) <int64 bands = {3}, int64 n = {16}, int64 rate = {4000}, float low = {0.0}, "
                 "float high = {8000.0}>"
                 "{ y = MelWeightMatrix(bands, n, rate, low, high) }",
                 17, "the spectrum has 9");
    expect_fails("g () => (float[9,3] y) <int64 bands = {3}, int64 n = {16}, int64 rate = {4000}, float low = {9.0}, "
                 "float high = {8.0}>"
                 "{ y = MelWeightMatrix(bands, n, rate, low, high) }",
                 17, "in order");
}
