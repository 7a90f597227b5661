#include "reference/ops/shared/gemm.h"

#include "reference/ops/shared/gemm_kernels.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/select.h"

#include <math.h>
#include <string.h>

/* Cells of a tile of outputs and of the panels that feed it: the left block stays in the second-level cache, a right
 * panel in the first. */
#define TILE_ROWS    256
#define TILE_COLUMNS 480
#define DEPTH        256

#define CELL sizeof(double)
#define ALIGNMENT 64
G_STATIC_ASSERT(sizeof(uint64_t) == CELL);

GemmArithmetic gemm_arithmetic(DType dtype)
{
    if (!dtype_is_float(dtype))
        return GEMM_INTEGER;
    return dtype == DTYPE_DOUBLE ? GEMM_COMPENSATED : GEMM_NARROW;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------ */

static int64_t round_up(int64_t n, int64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* Panels of `most` indices each; what is left is padded to a multiple of `unit`. Whatever is added for padding is never
 * written out. */
static void pack_block(GemmRead read, gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth,
                       uint64_t *panels, int64_t most, int64_t unit)
{
    for (int64_t i = 0; i < n; i += most) {
        const int64_t some = MIN(n - i, most), width = round_up(some, unit);
        uint64_t *panel = panels + i * depth;
        if (some < width)
            memset(panel, 0, (gsize)(width * depth) * CELL);
        read(data, item, first + i, some, from, depth, panel, width);
    }
}

/* Bit j % 64 of words[j / 64 * width + i] := whether cells[j * step + i] is not zero. */
CLONES static void note_zeros(const double *restrict cells, int64_t step, int64_t depth, int64_t width, uint64_t *restrict words)
{
    memset(words, 0, (gsize)((depth + 63) / 64 * width) * CELL);
    for (int64_t j = 0; j < depth; j++)
        for (int64_t i = 0; i < width; i++)
            words[j / 64 * width + i] |= (uint64_t)(cells[j * step + i] != 0) << (j % 64);
}

static int64_t words_of(int64_t depth)
{
    return (depth + 63) / 64;
}

/* An operand's block: panels of `most` indices each, the last of a multiple of `unit`; packed, or as it lies in memory. */
typedef struct {
    const uint64_t *cells;
    int64_t         step;  /* from k to k + 1; 0: packed, the panel's width */
    int64_t         n, depth, most, unit;
} Block;

static int64_t panel_width(const Block *b, int64_t i)
{
    return round_up(MIN(b->n - i, b->most), b->unit);
}

static const uint64_t *panel(const Block *b, int64_t i)
{
    return b->cells + (b->step ? i : i * b->depth);
}

static int64_t panel_step(const Block *b, int64_t i)
{
    return b->step ? b->step : panel_width(b, i);
}

/* A dense operand may count cells that the other does not have. */
static Block note_block(const Block *b, gboolean dense, uint64_t *words)
{
    const int64_t depth = words_of(b->depth);
    for (int64_t i = 0; i < b->n; i += b->most) {
        const int64_t width = panel_width(b, i);
        if (dense)
            memset(words + i * depth, 0xff, (gsize)(width * depth) * CELL);
        else
            note_zeros((const double *)panel(b, i), panel_step(b, i), b->depth, width, words + i * depth);
    }
    return (Block){ words, 0, b->n, depth, b->most, b->unit };
}

/* ---- tiles ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Gemm       *gemm;
    const GemmKernel *kernel;
    int64_t           tile_rows, tile_columns; /* multiples of the kernel's */
    int64_t           reach_columns;           /* tile_columns rounded up to GEMM_REACH's */
    int64_t           down, across;            /* tiles of one product */
} Tiling;

typedef struct {
    uint64_t *left, *right, *sums;
    double   *rests;
    int64_t   left_item, left_row; /* of the product and row whose block, of all k, the left panels hold; -1: none */
    /* for certificates; NULL where nobody asks */
    uint64_t *left_words, *right_words, *left_floats, *right_floats, *magnitudes, *terms;
} Scratch;

static void one_block(const Tiling *t, GemmArithmetic arithmetic, const Block *left, const Block *right, gboolean fresh, uint64_t *sums,
                      double *rests)
{
    const GemmKernel *kernel = gemm_kernel(arithmetic);
    for (int64_t c = 0; c < right->n; c += kernel->columns) {
        const GemmAdd add = kernel->add[panel_width(right, c) / kernel->unit - 1];
        for (int64_t r = 0; r < left->n; r += kernel->rows) {
            const int64_t at = r * t->tile_columns + c;
            add(left->depth, panel(left, r), panel_step(left, r), panel(right, c), panel_step(right, c), fresh, sums + at,
                rests ? rests + at : NULL, t->tile_columns);
        }
    }
}

/* What a certificate needs of a block, while its panels are in the caches. */
static void certify_block(const Tiling *t, const Scratch *s, const Block *left, const Block *right, gboolean fresh)
{
    one_block(t, GEMM_MAGNITUDE, left, right, fresh, s->magnitudes, NULL);
    if (!s->terms)
        return;
    const Block left_words = note_block(left, t->gemm->left_dense, s->left_words);
    const Block right_words = note_block(right, FALSE, s->right_words);
    one_block(t, GEMM_COUNT, &left_words, &right_words, fresh, s->terms, NULL);
}

CLONES static void narrow_magnitudes(const double *restrict cells, int64_t n, float *restrict out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)fabs(cells[i]);
}

static gboolean has_reach(const Gemm *g)
{
    return g->left_reach || g->right_reach;
}

/* The same where magnitudes are those of other operands. The block itself is done: its panels' room is free. */
static void certify_reach(const Tiling *t, const Scratch *s, gboolean packed, int64_t item, int64_t row, int64_t rows, int64_t column,
                          int64_t columns, int64_t from, int64_t depth)
{
    const Gemm *g = t->gemm;
    const GemmKernel *kernel = gemm_kernel(GEMM_REACH);
    float *left = (float *)s->left_floats, *right = (float *)s->right_floats, *sums = (float *)s->magnitudes;
    if (!packed && (g->left_reach || g->left_cells.cells)) /* else its panels are there, as wide as they are to be */
        pack_block(g->left, g->left_reach ? g->left_reach : g->data, item, row, rows, from, depth, s->left, kernel->rows, kernel->rows);
    pack_block(g->right, g->right_reach ? g->right_reach : g->data, item, column, columns, from, depth, s->right, kernel->columns,
               kernel->unit);
    if (!packed)
        narrow_magnitudes((const double *)s->left, round_up(rows, kernel->rows) * depth, left);
    narrow_magnitudes((const double *)s->right, round_up(columns, kernel->unit) * depth, right);
    for (int64_t c = 0; c < columns; c += kernel->columns) {
        const int64_t width = round_up(MIN(columns - c, kernel->columns), kernel->unit);
        for (int64_t r = 0; r < rows; r += kernel->rows)
            kernel->add[width / kernel->unit - 1](depth, left + r * depth, kernel->rows, right + c * depth, width, from == 0,
                                                  sums + r * t->reach_columns + c, NULL, t->reach_columns);
    }
}

/* Indices [first, first + n), of which kernels can read whole panels, as they lie, or packed; or as they were packed before. */
static Block block_of(const Gemm *g, const GemmCells *cells, GemmRead read, int64_t item, int64_t first, int64_t n, int64_t from,
                      int64_t depth, gboolean packed, uint64_t *panels, int64_t most, int64_t unit)
{
    if (cells->cells && n % unit == 0)
        return (Block){ (const uint64_t *)cells->cells + from * cells->step + first, cells->step, n, depth, most, unit };
    if (!packed)
        pack_block(read, g->data, item, first, n, from, depth, panels, most, unit);
    return (Block){ panels, 0, n, depth, most, unit };
}

/* Which NaN an operation makes depends on the machine. Where a sum overflowed or met a NaN, its errors mean nothing. */
CLONES static void settle(double *restrict sums, double *restrict rests, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sums[i] = select_double(sums[i] != sums[i], (double)NAN, sums[i]);
    for (int64_t i = 0; rests && i < n; i++)
        if (!isfinite(sums[i]) || !isfinite(rests[i]))
            rests[i] = 0;
}

CLONES static void to_doubles(const uint64_t *restrict counts, double *restrict out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (double)(int64_t)counts[i];
}

static void write_row(const Tiling *t, const Scratch *s, int64_t item, int64_t row, int64_t r, int64_t column, int64_t columns)
{
    const Gemm *g = t->gemm;
    const int64_t at = r * t->tile_columns;
    double *rests = g->arithmetic == GEMM_COMPENSATED ? s->rests + at : NULL;
    double terms[TILE_COLUMNS], magnitudes[TILE_COLUMNS];
    if (g->arithmetic != GEMM_INTEGER && !g->raw)
        settle((double *)s->sums + at, rests, columns);
    if (!g->certify) {
        g->write(g->data, item, row, column, columns, s->sums + at, rests);
        return;
    }
    if (s->terms)
        to_doubles(s->terms + at, terms, columns);
    if (has_reach(g))
        convert_to_double(DTYPE_FLOAT, (const float *)s->magnitudes + r * t->reach_columns, magnitudes, (gsize)columns);
    g->certify(g->data, item, row, column, columns, (const double *)s->sums + at,
               has_reach(g) ? magnitudes : (const double *)s->magnitudes + at, s->terms ? terms : NULL);
}

/* Whether the left panels hold the block already, from the tile before. */
static gboolean is_packed(Scratch *s, const Gemm *g, int64_t item, int64_t row)
{
    const gboolean is = s->left_item == item && s->left_row == row;
    s->left_item = g->k <= DEPTH && !g->left_reach ? item : -1;
    s->left_row = row;
    return is;
}

static void clear_sums(const Tiling *t, const Scratch *s, int64_t rows)
{
    const gsize n = (gsize)(rows * t->tile_columns) * CELL;
    memset(s->sums, 0, n);
    if (s->rests)
        memset(s->rests, 0, n);
    if (s->magnitudes)
        memset(s->magnitudes, 0, (gsize)(rows * t->reach_columns) * CELL);
    if (s->terms)
        memset(s->terms, 0, n);
}

static void one_tile(const Tiling *t, Scratch *s, int64_t item, int64_t row, int64_t column)
{
    const Gemm *g = t->gemm;
    const int64_t rows = MIN(t->tile_rows, g->m - row), columns = MIN(t->tile_columns, g->n - column);
    const gboolean packed = is_packed(s, g, item, row);
    if (g->k <= 0)
        clear_sums(t, s, rows);
    for (int64_t from = 0; from < g->k; from += DEPTH) {
        const int64_t depth = MIN(DEPTH, g->k - from);
        const GemmKernel *kernel = t->kernel;
        const Block left = block_of(g, &g->left_cells, g->left, item, row, rows, from, depth, packed, s->left, kernel->rows, kernel->rows);
        const Block right = block_of(g, &g->right_cells, g->right, item, column, columns, from, depth, FALSE, s->right, kernel->columns,
                                     kernel->unit);
        one_block(t, g->arithmetic, &left, &right, from == 0, s->sums, s->rests);
        if (s->magnitudes && has_reach(g))
            certify_reach(t, s, packed, item, row, rows, column, columns, from, depth);
        else if (s->magnitudes)
            certify_block(t, s, &left, &right, from == 0);
    }
    for (int64_t r = 0; r < rows; r++)
        write_row(t, s, item, row + r, r, column, columns);
}

/* Room for the scratch of the thread's next product: what is given back to the system comes page by page, which costs as much as
 * a small product. */
typedef struct {
    uint64_t *cells;
    gsize     n;
} Room;

static void room_free(gpointer data)
{
    Room *room = data;
    g_aligned_free(room->cells);
    g_free(room);
}

static GPrivate spare = G_PRIVATE_INIT(room_free);

/* The thread's spare room, or new; with at least n cells. Give it back with room_return(). */
static Room *room_take(gsize n)
{
    Room *room = g_private_get(&spare);
    g_private_set(&spare, NULL);
    if (!room)
        room = g_new0(Room, 1);
    if (room->n < n) {
        g_aligned_free(room->cells);
        *room = (Room){ g_aligned_alloc(n, CELL, ALIGNMENT), n };
    }
    return room;
}

static void room_return(Room *room)
{
    g_private_replace(&spare, room);
}

/* n cells of a room, *used of which are taken; NULL if they are not wanted, or there is none. */
static void *cells_of(const Room *room, gsize *used, gboolean wanted, int64_t n)
{
    void *cells = wanted && room ? room->cells + *used : NULL;
    *used += wanted ? (gsize)round_up(n, ALIGNMENT / (int64_t)CELL) : 0;
    return cells;
}

/* The scratch of a tiling in a room, or with room NULL only how many cells it takes. */
static gsize place_scratch(const Tiling *t, const Room *room, Scratch *s)
{
    const Gemm *g = t->gemm;
    const int64_t depth = MIN(DEPTH, MAX(g->k, 1)), tile = t->tile_rows * t->tile_columns;
    const gboolean counts = g->certify && g->counts;
    gsize used = 0;
    s->left = cells_of(room, &used, TRUE, t->tile_rows * depth);
    s->right = cells_of(room, &used, TRUE, t->reach_columns * depth);
    s->sums = cells_of(room, &used, TRUE, tile);
    s->rests = cells_of(room, &used, g->arithmetic == GEMM_COMPENSATED, tile);
    s->magnitudes = cells_of(room, &used, g->certify != NULL, t->tile_rows * t->reach_columns);
    s->left_words = cells_of(room, &used, counts, t->tile_rows * words_of(depth));
    s->right_words = cells_of(room, &used, counts, t->tile_columns * words_of(depth));
    s->terms = cells_of(room, &used, counts, tile);
    s->left_floats = cells_of(room, &used, has_reach(g), (t->tile_rows * depth + 1) / 2);
    s->right_floats = cells_of(room, &used, has_reach(g), (t->reach_columns * depth + 1) / 2);
    return used;
}

static void some_tiles(int64_t first, int64_t last, gpointer data)
{
    const Tiling *t = data;
    Scratch s;
    Room *room = room_take(place_scratch(t, NULL, &s));
    place_scratch(t, room, &s);
    s.left_item = -1;
    for (int64_t i = first; i < last; i++) {
        const int64_t item = i / (t->down * t->across), tile_index = i % (t->down * t->across);
        one_tile(t, &s, item, tile_index / t->across * t->tile_rows, tile_index % t->across * t->tile_columns);
    }
    room_return(room);
}

static gboolean make_tiling(const Gemm *gemm, Tiling *t)
{
    if (gemm->count <= 0 || gemm->m <= 0 || gemm->n <= 0)
        return FALSE;
    const GemmKernel *kernel = gemm_kernel(gemm->arithmetic);
    *t = (Tiling){ .gemm = gemm, .kernel = kernel };
    t->tile_rows = MIN(round_up(gemm->m, kernel->rows), TILE_ROWS / kernel->rows * kernel->rows);
    t->tile_columns = MIN(round_up(gemm->n, kernel->columns), TILE_COLUMNS / kernel->columns * kernel->columns);
    t->reach_columns = round_up(t->tile_columns, gemm_kernel(GEMM_REACH)->columns);
    t->down = (gemm->m + t->tile_rows - 1) / t->tile_rows;
    t->across = (gemm->n + t->tile_columns - 1) / t->tile_columns;
    return TRUE;
}

void gemm_run(Eval *ev, const Gemm *gemm)
{
    Tiling t;
    if (!make_tiling(gemm, &t))
        return;
    const double work = (double)t.tile_rows * (double)t.tile_columns * (double)MAX(gemm->k, 1);
    const int64_t grain = (int64_t)MAX(1.0, 4e6 / work); /* less is not worth waking a thread */
    eval_parallel(ev, gemm->count * t.down * t.across, grain, some_tiles, &t);
}

void gemm_run_alone(const Gemm *gemm)
{
    Tiling t;
    if (make_tiling(gemm, &t))
        some_tiles(0, gemm->count * t.down * t.across, &t);
}
