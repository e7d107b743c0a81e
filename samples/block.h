// How bytes get in and out of the benchmark programs, in each of their languages alike: the host writes into what
// `alloc` gave, calls `run(start, len)`, and reads a block there: its length (u32, little endian), then the bytes.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(alloc) void *block_alloc(size_t len) { return malloc(len); }
EXPORT(free) void block_free(void *start, size_t len) { (void)len; free(start); }
EXPORT(run) uint8_t *run(const uint8_t *input, size_t len);
