/* The memory of a model: one arena, released at once, and lists that grow in it. */
#include "reference/onnx/model.h"

#include <string.h>

enum { FIRST_BLOCK = 4 * 1024, LARGEST_BLOCK = 1024 * 1024, ALIGNMENT = 16 };

typedef struct Block Block;
struct Block {
    Block *older;
    gsize  used, size;
    _Alignas(ALIGNMENT) uint8_t bytes[];
};

struct Arena {
    Block     *block; /* the one being filled, head of the list of all */
    gsize      next;  /* size of the next block: doubles, so that small models stay small */
    GPtrArray *tensors;
};

static void release_tensor(gpointer tensor)
{
    tensor_unref(tensor);
}

Arena *arena_create(void)
{
    Arena *arena = g_new0(Arena, 1);
    arena->next = FIRST_BLOCK;
    arena->tensors = g_ptr_array_new_with_free_func(release_tensor);
    return arena;
}

void arena_free(Arena *arena)
{
    if (!arena)
        return;
    for (Block *block = arena->block, *older; block; block = older) {
        older = block->older;
        g_free(block);
    }
    g_ptr_array_unref(arena->tensors);
    g_free(arena);
}

void *arena_alloc(Arena *arena, gsize size)
{
    if (size > G_MAXSIZE / 2)
        g_error("a model asks for %" G_GSIZE_FORMAT " bytes at once", size);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    Block *block = arena->block;
    if (!block || block->size - block->used < size) {
        gsize room = MAX(arena->next, size);
        block = g_malloc0(sizeof(Block) + room);
        block->size = room;
        /* A single large request goes behind the current block, whose remaining room stays in use. */
        if (arena->block && size > arena->next / 2) {
            block->older = arena->block->older;
            arena->block->older = block;
        } else {
            block->older = arena->block;
            arena->block = block;
            arena->next = MIN(arena->next * 2, (gsize)LARGEST_BLOCK);
        }
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

void *arena_alloc_n(Arena *arena, gsize n, gsize size)
{
    gsize total;
    if (!g_size_checked_mul(&total, n, size))
        g_error("a model asks for %" G_GSIZE_FORMAT " times %" G_GSIZE_FORMAT " bytes", n, size);
    return arena_alloc(arena, total);
}

const char *arena_string(Arena *arena, const char *text)
{
    return text ? (const char *)arena_bytes(arena, text, strlen(text)).data : NULL;
}

const char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return arena_string(arena, text);
}

/* A NUL follows the bytes, so that bytes known to be text serve as a string. */
Bytes arena_bytes(Arena *arena, const void *data, gsize size)
{
    uint8_t *copy = arena_alloc(arena, size + 1);
    if (size)
        memcpy(copy, data, size);
    return (Bytes){ copy, size };
}

Tensor *arena_tensor(Arena *arena, Tensor *tensor)
{
    g_ptr_array_add(arena->tensors, tensor);
    return tensor;
}

static void list_reserve(List *list, Arena *arena)
{
    if (list->n < list->room)
        return;
    gsize  room = list->room ? list->room * 2 : 4;
    void **items = arena_array(arena, void *, room);
    if (list->n)
        memcpy(items, list->items, list->n * sizeof *items);
    list->items = items;
    list->room = room;
}

void list_append(List *list, Arena *arena, void *item)
{
    list_reserve(list, arena);
    list->items[list->n++] = item;
}

void list_insert(List *list, Arena *arena, gsize at, void *item)
{
    g_return_if_fail(at <= list->n);
    list_reserve(list, arena);
    memmove(list->items + at + 1, list->items + at, (list->n - at) * sizeof *list->items);
    list->items[at] = item;
    list->n++;
}

void list_remove(List *list, gsize at)
{
    g_return_if_fail(at < list->n);
    list->n--;
    memmove(list->items + at, list->items + at + 1, (list->n - at) * sizeof *list->items);
}
