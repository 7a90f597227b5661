/* JPEG 2000, as a JP2 file or a bare codestream: one component (grey) or three or more (the first three are R, G, B) of
 * one size. */
#include "reference/ops/shared/image.h"

#include <openjpeg.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    gsize          size, at;
} Source;

static OPJ_SIZE_T read_bytes(void *out, OPJ_SIZE_T n, void *data)
{
    Source *s = data;
    const gsize take = MIN(s->size - s->at, n);
    if (take == 0)
        return (OPJ_SIZE_T)-1;
    memcpy(out, s->data + s->at, take);
    s->at += take;
    return take;
}

static OPJ_BOOL seek(OPJ_OFF_T offset, void *data)
{
    Source *s = data;
    if (offset < 0 || (gsize)offset > s->size)
        return OPJ_FALSE;
    s->at = (gsize)offset;
    return OPJ_TRUE;
}

static OPJ_OFF_T skip(OPJ_OFF_T n, void *data)
{
    Source *s = data;
    return seek((OPJ_OFF_T)s->at + n, s) ? n : -1;
}

/* A sample of `bits` bits as 8 bits, halves up. */
static uint8_t sample(const opj_image_comp_t *c, gsize i)
{
    const int64_t value = (int64_t)c->data[i] + (c->sgnd ? INT64_C(1) << (c->prec - 1) : 0);
    const int64_t most = (INT64_C(1) << c->prec) - 1;
    return (uint8_t)((CLAMP(value, 0, most) * 255 + most / 2) / most);
}

static gboolean usable(const opj_image_t *picture)
{
    if (picture->color_space == OPJ_CLRSPC_SYCC || picture->color_space == OPJ_CLRSPC_EYCC ||
        picture->color_space == OPJ_CLRSPC_CMYK || picture->numcomps == 0)
        return FALSE;
    for (OPJ_UINT32 c = 0; c < MIN(picture->numcomps, 3); c++) {
        const opj_image_comp_t *comp = &picture->comps[c];
        if (!comp->data || comp->prec < 1 || comp->prec > 31 || comp->w != picture->comps[0].w ||
            comp->h != picture->comps[0].h)
            return FALSE;
    }
    return TRUE;
}

static Image *convert(const opj_image_t *picture)
{
    Image *image = usable(picture) ? image_new(picture->comps[0].h, picture->comps[0].w) : NULL;
    for (gsize i = 0; image && i < (gsize)(image->height * image->width); i++)
        for (gsize c = 0; c < 3; c++)
            image->pixels[3 * i + c] = sample(&picture->comps[picture->numcomps >= 3 ? c : 0], i);
    return image;
}

static Image *decode(opj_codec_t *codec, opj_stream_t *stream)
{
    opj_dparameters_t parameters;
    opj_image_t *picture = NULL;
    Image *image = NULL;
    opj_set_default_decoder_parameters(&parameters);
    if (opj_setup_decoder(codec, &parameters) && opj_read_header(stream, codec, &picture) &&
        (int64_t)(picture->x1 - picture->x0) * (int64_t)(picture->y1 - picture->y0) <= IMAGE_MOST_PIXELS &&
        opj_decode(codec, stream, picture) && opj_end_decompress(codec, stream))
        image = convert(picture);
    opj_image_destroy(picture);
    return image;
}

Image *image_decode_jpeg2000(const uint8_t *data, gsize size)
{
    static const uint8_t box[12] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10 },
                         stream_start[4] = { 0xFF, 0x4F, 0xFF, 0x51 };
    const gboolean boxed = size >= sizeof box && memcmp(data, box, sizeof box) == 0;
    if (!boxed && (size < 4 || memcmp(data, stream_start, 4) != 0))
        return NULL;
    Source source = { data, size, 0 };
    opj_stream_t *stream = opj_stream_default_create(OPJ_TRUE);
    opj_codec_t *codec = opj_create_decompress(boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    opj_stream_set_user_data(stream, &source, NULL);
    opj_stream_set_user_data_length(stream, size);
    opj_stream_set_read_function(stream, read_bytes);
    opj_stream_set_skip_function(stream, skip);
    opj_stream_set_seek_function(stream, seek);
    Image *image = decode(codec, stream);
    opj_destroy_codec(codec);
    opj_stream_destroy(stream);
    return image;
}
