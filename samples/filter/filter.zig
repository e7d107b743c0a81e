//! The filter of src/lib.rs.
const std = @import("std");

const gpa = std.heap.wasm_allocator;

const width = 512;
const shift = 3;
const kernel = [3][3]i32{ .{ -1, -2, -1 }, .{ -2, 20, -2 }, .{ -1, -2, -1 } };

const Row = [width][4]u8;

fn filter(rows: [3]*const Row, out: *Row) void {
    for (0..width) |x| {
        const columns = [3]usize{ x -| 1, x, @min(x + 1, width - 1) };
        out[x] = rows[1][x];
        for (0..3) |channel| {
            var sum: i32 = 0;
            for (rows, kernel) |row, weights| {
                for (columns, weights) |column, weight| sum += weight * row[column][channel];
            }
            out[x][channel] = @intCast(std.math.clamp(sum >> shift, 0, 255));
        }
    }
}

export fn alloc(len: usize) ?[*]u8 {
    return (gpa.alloc(u8, len) catch return null).ptr;
}

export fn free(start: [*]u8, len: usize) void {
    gpa.free(start[0..len]);
}

export fn run(input: [*]const u8, len: usize) ?[*]u8 {
    const rows = std.mem.bytesAsSlice(Row, input[0 .. len / @sizeOf(Row) * @sizeOf(Row)]);
    const block = gpa.alloc(u8, 4 + rows.len * @sizeOf(Row)) catch return null;
    std.mem.writeInt(u32, block[0..4], @intCast(block.len - 4), .little);
    for (std.mem.bytesAsSlice(Row, block[4..]), 0..) |*out, y| {
        filter(.{ &rows[y -| 1], &rows[y], &rows[@min(y + 1, rows.len - 1)] }, out);
    }
    return block.ptr;
}
