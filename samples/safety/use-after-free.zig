// accepted
const std = @import("std");
const gpa = std.heap.wasm_allocator;

export fn use() u8 {
    const bytes = gpa.alloc(u8, 3) catch return 0;
    bytes[0] = 1;
    gpa.free(bytes);
    return bytes[0];
}
