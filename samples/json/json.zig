//! Reads JSON and writes it back in one form, as src/lib.rs does.
const std = @import("std");

const gpa = std.heap.wasm_allocator;
const Allocator = std.mem.Allocator;
const max_depth = 100;

const Member = struct { key: []const u8, value: Value };

const Value = union(enum) {
    null,
    bool: bool,
    number: f64,
    text: []const u8,
    list: []Value,
    /// In the order of the keys.
    object: []Member,
};

const Error = error{ Syntax, OutOfMemory };

const Parser = struct {
    text: []const u8,
    at: usize = 0,
    arena: Allocator,

    fn document(p: *Parser) Error!Value {
        const result = try p.value(0);
        p.space();
        return if (p.at == p.text.len) result else error.Syntax;
    }

    fn peek(p: *Parser) ?u8 {
        return if (p.at < p.text.len) p.text[p.at] else null;
    }

    fn eat(p: *Parser, byte: u8) bool {
        if (p.peek() != byte) return false;
        p.at += 1;
        return true;
    }

    fn expect(p: *Parser, byte: u8) Error!void {
        if (!p.eat(byte)) return error.Syntax;
    }

    fn space(p: *Parser) void {
        while (p.peek()) |byte| switch (byte) {
            ' ', '\t', '\n', '\r' => p.at += 1,
            else => return,
        };
    }

    fn word(p: *Parser, text: []const u8, result: Value) Error!Value {
        for (text) |byte| try p.expect(byte);
        return result;
    }

    fn value(p: *Parser, depth: u32) Error!Value {
        p.space();
        if (depth > max_depth) return error.Syntax;
        return switch (p.peek() orelse return error.Syntax) {
            'n' => p.word("null", .null),
            't' => p.word("true", .{ .bool = true }),
            'f' => p.word("false", .{ .bool = false }),
            '"' => .{ .text = try p.string() },
            '[' => p.list(depth),
            '{' => p.object(depth),
            else => p.number(),
        };
    }

    fn list(p: *Parser, depth: u32) Error!Value {
        var items: std.ArrayList(Value) = .empty;
        p.at += 1;
        p.space();
        if (p.eat(']')) return .{ .list = items.items };
        while (true) {
            try items.append(p.arena, try p.value(depth + 1));
            p.space();
            if (p.eat(',')) continue;
            try p.expect(']');
            return .{ .list = items.items };
        }
    }

    fn object(p: *Parser, depth: u32) Error!Value {
        var members: std.ArrayList(Member) = .empty;
        p.at += 1;
        p.space();
        if (p.eat('}')) return .{ .object = members.items };
        while (true) {
            p.space();
            const key = try p.string();
            p.space();
            try p.expect(':');
            const member: Member = .{ .key = key, .value = try p.value(depth + 1) };
            const at = std.sort.lowerBound(Member, members.items, key, compare);
            if (at < members.items.len and std.mem.eql(u8, members.items[at].key, key)) {
                members.items[at] = member;
            } else {
                try members.insert(p.arena, at, member);
            }
            p.space();
            if (p.eat(',')) continue;
            try p.expect('}');
            return .{ .object = members.items };
        }
    }

    fn compare(key: []const u8, member: Member) std.math.Order {
        return std.mem.order(u8, key, member.key);
    }

    fn string(p: *Parser) Error![]const u8 {
        try p.expect('"');
        var out: std.ArrayList(u8) = .empty;
        while (true) {
            const start = p.at;
            while (p.peek()) |byte| {
                if (byte == '"' or byte == '\\' or byte < ' ') break;
                p.at += 1;
            }
            try out.appendSlice(p.arena, p.text[start..p.at]);
            if (p.eat('"')) return out.items;
            try p.expect('\\');
            var bytes: [4]u8 = undefined;
            const len = std.unicode.utf8Encode(try p.escape(), &bytes) catch return error.Syntax;
            try out.appendSlice(p.arena, bytes[0..len]);
        }
    }

    fn escape(p: *Parser) Error!u21 {
        const code: u21 = switch (p.peek() orelse return error.Syntax) {
            '"', '\\', '/' => |byte| byte,
            'b' => 8,
            'f' => 12,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return p.unicode(),
            else => return error.Syntax,
        };
        p.at += 1;
        return code;
    }

    fn unicode(p: *Parser) Error!u21 {
        const high = try p.hex();
        if (high & 0xfc00 != 0xd800) return high;
        try p.expect('\\');
        const low = try p.hex();
        if (low & 0xfc00 != 0xdc00) return error.Syntax;
        return 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
    }

    fn hex(p: *Parser) Error!u21 {
        try p.expect('u');
        var code: u21 = 0;
        for (0..4) |_| {
            const digit = std.fmt.charToDigit(p.peek() orelse return error.Syntax, 16) catch return error.Syntax;
            code = code << 4 | digit;
            p.at += 1;
        }
        return code;
    }

    fn number(p: *Parser) Error!Value {
        const start = p.at;
        _ = p.eat('-');
        if (!p.eat('0')) try p.digits();
        if (p.eat('.')) try p.digits();
        if (p.eat('e') or p.eat('E')) {
            if (!p.eat('+')) _ = p.eat('-');
            try p.digits();
        }
        return .{ .number = std.fmt.parseFloat(f64, p.text[start..p.at]) catch return error.Syntax };
    }

    fn digits(p: *Parser) Error!void {
        const start = p.at;
        while (p.peek()) |byte| {
            if (byte < '0' or byte > '9') break;
            p.at += 1;
        }
        if (p.at == start) return error.Syntax;
    }
};

const Out = struct {
    bytes: std.ArrayList(u8) = .empty,

    fn put(out: *Out, bytes: []const u8) Allocator.Error!void {
        try out.bytes.appendSlice(gpa, bytes);
    }

    fn value(out: *Out, from: *const Value) Allocator.Error!void {
        switch (from.*) {
            .null => try out.put("null"),
            .bool => |is| try out.put(if (is) "true" else "false"),
            .number => |number| try out.bytes.print(gpa, "{d:.3}", .{number}),
            .text => |text| try out.string(text),
            .list => |list| {
                try out.put("[");
                for (list, 0..) |*item, i| {
                    if (i > 0) try out.put(",");
                    try out.value(item);
                }
                try out.put("]");
            },
            .object => |members| {
                try out.put("{");
                for (members, 0..) |*member, i| {
                    if (i > 0) try out.put(",");
                    try out.string(member.key);
                    try out.put(":");
                    try out.value(&member.value);
                }
                try out.put("}");
            },
        }
    }

    fn string(out: *Out, text: []const u8) Allocator.Error!void {
        try out.put("\"");
        for (text) |byte| switch (byte) {
            '"', '\\' => try out.put(&.{ '\\', byte }),
            0...31 => try out.bytes.print(gpa, "\\u{x:0>4}", .{byte}),
            else => try out.put(&.{byte}),
        };
        try out.put("\"");
    }
};

fn convert(input: []const u8, out: *Out) Error!void {
    try out.put(&.{ 0, 0, 0, 0 });
    var arena: std.heap.ArenaAllocator = .init(gpa);
    defer arena.deinit();
    var parser: Parser = .{ .text = input, .arena = arena.allocator() };
    if (parser.document()) |*value| {
        try out.value(value);
    } else |err| switch (err) {
        error.OutOfMemory => return err,
        error.Syntax => try out.bytes.print(gpa, "error at {d}", .{parser.at}),
    }
}

export fn alloc(len: usize) ?[*]u8 {
    return (gpa.alloc(u8, len) catch return null).ptr;
}

export fn free(start: [*]u8, len: usize) void {
    gpa.free(start[0..len]);
}

export fn run(start: [*]const u8, len: usize) ?[*]u8 {
    var out: Out = .{};
    convert(start[0..len], &out) catch return null;
    const block = out.bytes.toOwnedSlice(gpa) catch return null;
    std.mem.writeInt(u32, block[0..4], @intCast(block.len - 4), .little);
    return block.ptr;
}
