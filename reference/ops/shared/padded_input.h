/* The input of a convolution or pooling widened once, with `fill` where its pads are: every tap of every window is then found by
 * adding two offsets, without a comparison or a division. */
#ifndef ASSAY_OPS_SHARED_PADDED_INPUT_H
#define ASSAY_OPS_SHARED_PADDED_INPUT_H

#include "reference/ops/shared/spatial.h"

/* Tap t of the window at output position p of channel c (batch item * channels + channel) is
 * cells[c * plane + taps[t] + positions[p]]. Neighbours along the last dim lie next to each other, whatever the stride: a plane is
 * taken apart into phases, elements that a stride apart in every dim leads to, each with its own rows. Free with
 * padded_input_clear(). */
typedef struct {
    double  *cells;                  /* PADDED_SLACK more can be read behind the last plane */
    int64_t  plane, phase;           /* cells of a plane, and of one of its phases */
    int64_t  extent[SHAPE_MAX_RANK]; /* of a phase */
    int64_t  stride[SHAPE_MAX_RANK]; /* of the window, 1 where it has one place */
    int64_t *taps, *positions;
    gboolean refused;                /* not made for want of memory: on another machine it might have been */
} PaddedInput;

#define PADDED_SLACK 8 /* a vector */

/* FALSE if that takes much more memory than the input, or memory is refused: nothing is held then. */
gboolean padded_input_make(Eval *ev, const Tensor *x, const Spatial *window, double fill, PaddedInput *padded);
/* The same without cells, for who fills a plane at a time: `room` is for padded_room() cells, `cells` for padded->plane. */
gboolean padded_input_plan(const Tensor *x, const Spatial *window, PaddedInput *padded);
int64_t  padded_room(const Tensor *x, const Spatial *window);
void     padded_plane(const PaddedInput *padded, const Spatial *window, const Tensor *x, int64_t plane, double fill, double *room,
                      double *cells);
void     padded_input_clear(PaddedInput *padded);

/* Outputs that are computed at once: rows along the last dim whose taps lie as far apart as they do in one row, so that what lies
 * between two rows is computed too, for nobody; or a part of one row. Output i of row r is number r * pitch + i of the run, and
 * tap t of number j lies j behind that of the first. */
typedef struct {
    int64_t rows, n;      /* n outputs of each */
    int64_t pitch, count; /* from row to row; numbers in all */
} PaddedRun;

/* From output position `at` on, at most `most` numbers. */
PaddedRun padded_run(const PaddedInput *padded, const Spatial *window, int64_t at, int64_t most);
/* Of count results, numbered as in the run: what lies between its rows goes, so that rows * n outputs are left. */
void      padded_run_close(const PaddedRun *run, double *results);

#endif
