#include "reference/ops/shared/attention_spread.h"

#include "reference/tensor/clones.h"
#include "reference/tensor/unroll.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

/* Keys at a time: their weights and errors of a tile's queries stay in the first cache for all columns. */
#define KEYS 128

/* Adds keys [from, to) to the sums of a tile of queries from i and columns from d. */
typedef void (*Tile)(const AttentionSpread *s, int64_t i, int64_t d, int64_t from, int64_t to, double *moved, double *totals);

typedef struct {
    int64_t rows, columns;
    Tile    tile;
} Tiles;

#define TILE(name, target_of, VECTOR, cells, rows, vectors, fused, magnitude)                                                      \
    __attribute__((target(target_of))) static void name(const AttentionSpread *s, int64_t i, int64_t d, int64_t from, int64_t to,  \
                                                        double *moved, double *totals)                                             \
    {                                                                                                                              \
        VECTOR m[rows][vectors], t[rows][vectors], o[rows][vectors];                                                               \
        UNROLL for (int r = 0; r < rows; r++)                                                                                      \
            UNROLL for (int v = 0; v < vectors; v++) {                                                                             \
                const int64_t at = (i + r) * s->depth + d + v * cells;                                                             \
                m[r][v] = t[r][v] = (VECTOR){ 0 };                                                                                 \
                memcpy(&o[r][v], s->out + at, sizeof o[r][v]);                                                                     \
                if (from > 0) {                                                                                                    \
                    memcpy(&m[r][v], moved + at, sizeof m[r][v]);                                                                  \
                    memcpy(&t[r][v], totals + at, sizeof t[r][v]);                                                                 \
                }                                                                                                                  \
            }                                                                                                                      \
        const double *e = s->errors + from * s->n + i, *w = s->weights + from * s->n + i, *x = s->values + from * s->depth + d;    \
        for (int64_t j = from; j < to; j++, e += s->n, w += s->n, x += s->depth) {                                                 \
            VECTOR value[vectors];                                                                                                 \
            memcpy(value, x, sizeof value);                                                                                        \
            UNROLL for (int r = 0; r < rows; r++) {                                                                                \
                const VECTOR error = e[r] - (VECTOR){ 0 }, weight = w[r] - (VECTOR){ 0 };                                          \
                UNROLL for (int v = 0; v < vectors; v++) {                                                                         \
                    m[r][v] = fused(error, magnitude(value[v] - o[r][v]), m[r][v]);                                                \
                    t[r][v] = fused(weight, magnitude(value[v]), t[r][v]);                                                         \
                }                                                                                                                  \
            }                                                                                                                      \
        }                                                                                                                          \
        UNROLL for (int r = 0; r < rows; r++)                                                                                      \
            UNROLL for (int v = 0; v < vectors; v++) {                                                                             \
                const int64_t at = (i + r) * s->depth + d + v * cells;                                                             \
                memcpy(moved + at, &m[r][v], sizeof m[r][v]);                                                                      \
                memcpy(totals + at, &t[r][v], sizeof t[r][v]);                                                                     \
            }                                                                                                                      \
    }

#if defined __x86_64__
typedef double  Double4 __attribute__((vector_size(32)));
typedef int64_t Word4 __attribute__((vector_size(32)));
typedef double  Double8 __attribute__((vector_size(64)));
typedef int64_t Word8 __attribute__((vector_size(64)));
#define FUSED4(a, b, c) ((Double4)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define FUSED8(a, b, c) ((Double8)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define MAGNITUDE4(x) ((Double4)((Word4)(x) & INT64_MAX))
#define MAGNITUDE8(x) ((Double8)((Word8)(x) & INT64_MAX))
TILE(tile4, "avx2,fma", Double4, 4, 2, 2, FUSED4, MAGNITUDE4)
TILE(tile8, "avx512f,avx512dq,fma", Double8, 8, 4, 2, FUSED8, MAGNITUDE8)
#endif

/* Whatever tiles leave over, in the same order. */
CLONES static void plain(const AttentionSpread *s, int64_t i, int64_t d, int64_t columns, int64_t from, int64_t to,
                         double *restrict moved, double *restrict totals)
{
    const double *restrict out = s->out + i * s->depth + d;
    moved += i * s->depth + d;
    totals += i * s->depth + d;
    for (int64_t c = 0; from == 0 && c < columns; c++)
        moved[c] = totals[c] = 0;
    for (int64_t j = from; j < to; j++) {
        const double *restrict x = s->values + j * s->depth + d;
        const double error = s->errors[j * s->n + i], weight = s->weights[j * s->n + i];
        for (int64_t c = 0; c < columns; c++) {
            moved[c] = fma(error, fabs(x[c] - out[c]), moved[c]);
            totals[c] = fma(weight, fabs(x[c]), totals[c]);
        }
    }
}

static void some_keys(const AttentionSpread *s, const Tiles *t, int64_t from, int64_t to, double *moved, double *totals)
{
    const int64_t rows = s->n - s->n % t->rows, columns = s->depth - s->depth % t->columns;
    for (int64_t i = 0; i < rows; i += t->rows) {
        for (int64_t d = 0; d < columns; d += t->columns)
            t->tile(s, i, d, from, to, moved, totals);
        for (int64_t r = i; r < i + t->rows; r++)
            plain(s, r, columns, s->depth - columns, from, to, moved, totals);
    }
    for (int64_t r = rows; r < s->n; r++)
        plain(s, r, 0, s->depth, from, to, moved, totals);
}

/* Without tiles, one that nothing is a multiple of. */
static Tiles tiles_nth(gsize i)
{
    const Tiles all[] = {
#if defined __x86_64__
        { 4, 16, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? tile8 : NULL },
        { 2, 8, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? tile4 : NULL },
#endif
        { G_MAXINT64, G_MAXINT64, NULL },
    };
    gsize n = 0;
    for (gsize k = 0; k < G_N_ELEMENTS(all); k++)
        if ((all[k].tile || k == G_N_ELEMENTS(all) - 1) && n++ == i)
            return all[k];
    return (Tiles){ 0 };
}

gboolean attention_spread_nth(const AttentionSpread *s, gsize i, double *moved, double *totals)
{
    const Tiles tiles = tiles_nth(i);
    for (int64_t from = 0; tiles.rows > 0 && from < s->total; from += KEYS)
        some_keys(s, &tiles, from, MIN(from + KEYS, s->total), moved, totals);
    return tiles.rows > 0;
}

void attention_spread(const AttentionSpread *s, double *moved, double *totals)
{
    attention_spread_nth(s, 0, moved, totals);
}
