// refused: is ignored
fn save(bytes: []const u8) !void {
    if (bytes.len == 0) return error.Empty;
}

export fn close(bytes: [*]const u8, count: usize) void {
    save(bytes[0..count]);
}
