#include "reference/eval/certify.h"
#include "reference/ops/shared/fourier.h"

typedef struct {
    const Tensor *signal, *window; /* window may be NULL: ones */
    int64_t       batch, length, step, frame, frames, kept;
    int64_t       parts; /* 1: real, 2: complex */
} Frames;

static gboolean read_frames(const Eval *ev, Frames *f, GError **error)
{
    const Shape *s = &f->signal->shape;
    f->parts = s->rank == 3 ? s->dims[2] : 1;
    if (s->rank < 2 || s->rank > 3 || f->parts < 1 || f->parts > 2) {
        g_autofree char *found = shape_to_string(s);
        return eval_fail(error, "signal has shape %s, expected [batch_size, signal_length, 1 or 2]", found);
    }
    f->batch = s->dims[0];
    f->length = s->dims[1];
    if (f->window && f->window->shape.rank != 1)
        return eval_fail(error, "window has rank %d, expected 1", f->window->shape.rank);
    f->frame = f->window ? f->window->count : f->length;
    if (!fourier_scalar(eval_input(ev, 1), "frame_step", 1, &f->step, error) ||
        (eval_input(ev, 3) && !fourier_scalar(eval_input(ev, 3), "frame_length", 1, &f->frame, error)))
        return FALSE;
    if (f->window && f->window->count != f->frame)
        return eval_fail(error, "window has %" G_GINT64_FORMAT " elements, frame_length is %" G_GINT64_FORMAT,
                         f->window->count, f->frame);
    if (f->frame < 1 || f->frame > f->length)
        return eval_fail(error,
                         "frame_length is %" G_GINT64_FORMAT ", expected 1 to the signal's length %" G_GINT64_FORMAT,
                         f->frame, f->length);
    if (eval_int(ev, "onesided") && f->parts == 2)
        return eval_fail(error, "onesided output is not possible for a complex signal");
    f->frames = (f->length - f->frame) / f->step + 1;
    f->kept = eval_int(ev, "onesided") ? f->frame / 2 + 1 : f->frame;
    return TRUE;
}

static DD windowed(const Frames *f, int64_t at, int64_t part, int64_t n)
{
    const double x = tensor_get_double(f->signal, (at + n) * f->parts + part);
    return f->window ? dd_mul(dd_from(x), dd_from(tensor_get_double(f->window, n))) : dd_from(x);
}

static gboolean stft(Eval *ev, GError **error)
{
    Frames f = { .signal = eval_input(ev, 0), .window = eval_input(ev, 2) };
    if (!read_frames(ev, &f, error))
        return FALSE;
    const Shape shape = SHAPE(f.batch, f.frames, f.kept, 2);
    Tensor *y = eval_output(ev, 0, f.signal->dtype, &shape, error);
    g_autoptr(Fourier) fourier = y ? fourier_new(f.frame, FALSE, error) : NULL;
    if (!fourier)
        return FALSE;
    DDComplex *in = fourier_input(fourier);
    for (int64_t row = 0; row < f.batch * f.frames; row++) {
        const int64_t at = row / f.frames * f.length + row % f.frames * f.step;
        if (!eval_tick(ev, error))
            return FALSE;
        for (int64_t n = 0; n < f.frame; n++)
            in[n] = (DDComplex){ windowed(&f, at, 0, n), f.parts == 2 ? windowed(&f, at, 1, n) : dd_from(0) };
        const DDComplex *out = fourier_run(fourier);
        for (int64_t k = 0; k < f.kept; k++)
            fourier_store(y, row * f.kept + k, out[k]);
    }
    return TRUE;
}

OPERATOR_DEFINE(stft, "STFT", "",
    { .since = 17, .signature = "signal:T1, frame_step:T2, window:T1?, frame_length:T2? -> output:T1",
      .types = "T1: floats13 | T2: int32 int64", .attributes = "onesided:int=1", .kernel = stft })
