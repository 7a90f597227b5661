/* Windows bitmaps: palettes of 1, 4 and 8 bits, 16, 24 and 32 bits a pixel with or without masks, rows bottom-up or
 * top-down. Run-length compression is not read. */
#include "reference/ops/shared/image.h"

#include <string.h>

typedef struct {
    const uint8_t *data;
    gsize          size;
    gsize          pixels, palette, colours; /* offsets of the pixels and the palette, and its entries */
    int            entry;                    /* bytes of a palette entry */
    int64_t        width, height;
    gboolean       top_down;
    unsigned       bits;
    uint32_t       masks[3];
} Bmp;

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)(p[0] | p[1] << 8);
}

static uint32_t u32(const uint8_t *p)
{
    return u16(p) | u16(p + 2) << 16;
}

enum { BI_RGB = 0, BI_BITFIELDS = 3, BI_ALPHABITFIELDS = 6 };

static gboolean read_core_header(Bmp *b)
{
    b->width = u16(b->data + 18);
    b->height = u16(b->data + 20);
    b->bits = u16(b->data + 24);
    b->palette = 26;
    b->entry = 3;
    return TRUE;
}

static gboolean read_info_header(Bmp *b, gsize header)
{
    if (header < 40 || b->size < 54 || header > b->size - 14)
        return FALSE;
    b->width = (int32_t)u32(b->data + 18);
    b->height = (int32_t)u32(b->data + 22);
    b->top_down = b->height < 0;
    b->height = b->top_down ? -b->height : b->height;
    b->bits = u16(b->data + 28);
    const uint32_t compression = u32(b->data + 30);
    b->colours = u32(b->data + 46);
    b->palette = 14 + header;
    b->entry = 4;
    if (compression == BI_RGB)
        return TRUE;
    if ((compression != BI_BITFIELDS && compression != BI_ALPHABITFIELDS) || (b->bits != 16 && b->bits != 32) ||
        b->size < 66)
        return FALSE;
    for (int c = 0; c < 3; c++) /* after the header, or its part in the newer ones: the same place */
        b->masks[c] = u32(b->data + 54 + 4 * c);
    return TRUE;
}

static gboolean read_header(Bmp *b)
{
    if (b->size < 26 || memcmp(b->data, "BM", 2) != 0)
        return FALSE;
    b->pixels = u32(b->data + 10);
    const gsize header = u32(b->data + 14);
    if (!(header == 12 ? read_core_header(b) : read_info_header(b, header)))
        return FALSE;
    if (b->bits <= 8 && (b->colours == 0 || b->colours > 1u << b->bits))
        b->colours = (gsize)1 << b->bits;
    if (b->bits == 16 && !b->masks[0] && !b->masks[1] && !b->masks[2])
        memcpy(b->masks, (const uint32_t[]){ 0x7C00, 0x03E0, 0x001F }, sizeof b->masks);
    if (b->bits == 32 && !b->masks[0] && !b->masks[1] && !b->masks[2])
        memcpy(b->masks, (const uint32_t[]){ 0xFF0000, 0xFF00, 0xFF }, sizeof b->masks);
    return b->bits == 1 || b->bits == 4 || b->bits == 8 || b->bits == 16 || b->bits == 24 || b->bits == 32;
}

/* The bits under a mask as 8 bits, halves up. */
static uint8_t masked(uint32_t value, uint32_t mask)
{
    if (mask == 0)
        return 0;
    const int shift = __builtin_ctz(mask);
    const uint64_t most = mask >> shift;
    return (uint8_t)(((uint64_t)((value & mask) >> shift) * 255 + most / 2) / most);
}

static gboolean read_pixel(const Bmp *b, const uint8_t *row, int64_t x, uint8_t *rgb)
{
    if (b->bits <= 8) {
        const unsigned per_byte = 8 / b->bits, place = (unsigned)(x % per_byte);
        const unsigned byte = row[x / per_byte], index = byte >> (8 - b->bits * (place + 1)) & ((1u << b->bits) - 1);
        const gsize at = b->palette + (gsize)index * (gsize)b->entry;
        if (index >= b->colours || at + 3 > b->size)
            return FALSE;
        for (int c = 0; c < 3; c++)
            rgb[c] = b->data[at + 2 - (gsize)c];
    } else if (b->bits == 24) {
        for (int c = 0; c < 3; c++)
            rgb[c] = row[3 * x + 2 - c];
    } else {
        const uint32_t value = b->bits == 16 ? u16(row + 2 * x) : u32(row + 4 * x);
        for (int c = 0; c < 3; c++)
            rgb[c] = masked(value, b->masks[c]);
    }
    return TRUE;
}

Image *image_decode_bmp(const uint8_t *data, gsize size)
{
    Bmp b = { .data = data, .size = size };
    if (!read_header(&b))
        return NULL;
    g_autofree Image *image = image_new(b.height, b.width);
    const gsize stride = ((gsize)b.width * b.bits + 31) / 32 * 4; /* rows are padded to 4 bytes */
    if (!image || b.pixels > size || (size - b.pixels) / stride < (gsize)b.height)
        return NULL;
    for (int64_t y = 0; y < b.height; y++) {
        const uint8_t *row = data + b.pixels + stride * (gsize)(b.top_down ? y : b.height - 1 - y);
        for (int64_t x = 0; x < b.width; x++)
            if (!read_pixel(&b, row, x, image_pixel(image, y, x)))
                return NULL;
    }
    return g_steal_pointer(&image);
}
