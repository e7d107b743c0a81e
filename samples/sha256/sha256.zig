//! SHA-256 (FIPS 180-4) of the input.
const std = @import("std");

const gpa = std.heap.wasm_allocator;

const k = [64]u32{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

fn compress(state: *[8]u32, block: *const [64]u8) void {
    var w: [64]u32 = undefined;
    for (0..16) |i| w[i] = std.mem.readInt(u32, block[4 * i ..][0..4], .big);
    for (16..64) |i| {
        const s0 = std.math.rotr(u32, w[i - 15], 7) ^ std.math.rotr(u32, w[i - 15], 18) ^ (w[i - 15] >> 3);
        const s1 = std.math.rotr(u32, w[i - 2], 17) ^ std.math.rotr(u32, w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = s1 +% w[i - 7] +% s0 +% w[i - 16];
    }
    var a, var b, var c, var d, var e, var f, var g, var h = state.*;
    for (k, w) |ki, wi| {
        const s1 = std.math.rotr(u32, e, 6) ^ std.math.rotr(u32, e, 11) ^ std.math.rotr(u32, e, 25);
        const t1 = h +% s1 +% ((e & f) ^ (~e & g)) +% ki +% wi;
        const s0 = std.math.rotr(u32, a, 2) ^ std.math.rotr(u32, a, 13) ^ std.math.rotr(u32, a, 22);
        const t2 = s0 +% ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d +% t1;
        d = c;
        c = b;
        b = a;
        a = t1 +% t2;
    }
    for (state, [8]u32{ a, b, c, d, e, f, g, h }) |*word, now| word.* +%= now;
}

export fn alloc(len: usize) ?[*]u8 {
    return (gpa.alloc(u8, len) catch return null).ptr;
}

export fn free(start: [*]u8, len: usize) void {
    gpa.free(start[0..len]);
}

export fn run(start: [*]const u8, len: usize) ?[*]u8 {
    const input = start[0..len];
    var state = [8]u32{ 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    const whole = len / 64 * 64;
    var at: usize = 0;
    while (at < whole) : (at += 64) compress(&state, input[at..][0..64]);
    // The end: a one bit, zeros, the length in bits.
    var end: [128]u8 = @splat(0);
    const rest = input[whole..];
    const end_len: usize = if (rest.len < 56) 64 else 128;
    @memcpy(end[0..rest.len], rest);
    end[rest.len] = 0x80;
    std.mem.writeInt(u64, end[0..end_len][end_len - 8 ..][0..8], @as(u64, len) * 8, .big);
    at = 0;
    while (at < end_len) : (at += 64) compress(&state, end[at..][0..64]);
    const block = gpa.alloc(u8, 36) catch return null;
    std.mem.writeInt(u32, block[0..4], 32, .little);
    for (state, 0..) |word, i| std.mem.writeInt(u32, block[4 + 4 * i ..][0..4], word, .big);
    return block.ptr;
}
