/* PBM, PGM and PPM, plain (P1 to P3) and raw (P4 to P6). Samples are scaled to 8 bits, halves up. */
#include "reference/ops/shared/image.h"

typedef struct {
    const uint8_t *at, *end;
} Reader;

/* White space and comments from '#' to the end of the line. */
static void skip_space(Reader *r)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '#')
            while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
                r->at++;
        else if (!g_ascii_isspace((char)*r->at))
            return;
        if (r->at == r->end)
            return;
    }
}

static gboolean read_number(Reader *r, int64_t *value)
{
    skip_space(r);
    if (r->at == r->end || !g_ascii_isdigit((char)*r->at))
        return FALSE;
    for (*value = 0; r->at < r->end && g_ascii_isdigit((char)*r->at); r->at++) {
        *value = *value * 10 + (*r->at - '0');
        if (*value > INT32_MAX)
            return FALSE;
    }
    return TRUE;
}

/* Plain bitmaps may leave out the space between digits. */
static gboolean read_plain(Reader *r, gboolean bitmap, int64_t *value)
{
    if (!bitmap)
        return read_number(r, value);
    skip_space(r);
    if (r->at == r->end || (*r->at != '0' && *r->at != '1'))
        return FALSE;
    *value = *r->at++ - '0';
    return TRUE;
}

static gboolean read_raw(Reader *r, int64_t most, int64_t *value)
{
    const int bytes = most > 255 ? 2 : 1;
    if (r->end - r->at < bytes)
        return FALSE;
    *value = bytes == 2 ? r->at[0] << 8 | r->at[1] : r->at[0];
    r->at += bytes;
    return TRUE;
}

/* Rows of packed bits, 1 is black. */
static gboolean read_raw_bitmap(Reader *r, Image *image)
{
    const int64_t stride = (image->width + 7) / 8;
    if ((r->end - r->at) / stride < image->height)
        return FALSE;
    for (int64_t y = 0; y < image->height; y++)
        for (int64_t x = 0; x < image->width; x++) {
            const gboolean black = r->at[y * stride + x / 8] >> (7 - x % 8) & 1;
            uint8_t *pixel = image_pixel(image, y, x);
            pixel[0] = pixel[1] = pixel[2] = black ? 0 : 255;
        }
    return TRUE;
}

static gboolean read_samples(Reader *r, char kind, int64_t most, Image *image)
{
    const gboolean colour = kind == '3' || kind == '6', plain = kind <= '3';
    for (int64_t i = 0; i < image->height * image->width; i++) {
        uint8_t *pixel = image->pixels + 3 * i;
        for (int c = 0; c < (colour ? 3 : 1); c++) {
            int64_t value;
            if (!(plain ? read_plain(r, kind == '1', &value) : read_raw(r, most, &value)) || value > most)
                return FALSE;
            pixel[c] = (uint8_t)(kind == '1' ? (value ? 0 : 255) : (value * 255 + most / 2) / most);
        }
        if (!colour)
            pixel[1] = pixel[2] = pixel[0];
    }
    return TRUE;
}

Image *image_decode_pnm(const uint8_t *data, gsize size)
{
    if (size < 3 || data[0] != 'P' || data[1] < '1' || data[1] > '6')
        return NULL;
    const char kind = (char)data[1];
    const gboolean bitmap = kind == '1' || kind == '4';
    Reader r = { data + 2, data + size };
    int64_t width, height, most = 1;
    if (!read_number(&r, &width) || !read_number(&r, &height) || (!bitmap && !read_number(&r, &most)) || most < 1 ||
        most > 65535 || r.at == r.end)
        return NULL;
    if (kind > '3')
        r.at++; /* the one white space before raw samples */
    g_autofree Image *image = image_new(height, width);
    if (!image || !(kind == '4' ? read_raw_bitmap(&r, image) : read_samples(&r, kind, most, image)))
        return NULL;
    return g_steal_pointer(&image);
}
