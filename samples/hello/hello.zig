const std = @import("std");

pub fn main() void {
    const text = "Hello, world!\n";
    const parts = [_]std.os.wasi.ciovec_t{.{ .base = text, .len = text.len }};
    var written: usize = 0;
    _ = std.os.wasi.fd_write(1, &parts, parts.len, &written);
}
