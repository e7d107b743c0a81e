// accepted
var kept: *const i32 = undefined;

fn make() void {
    var local: i32 = 7;
    local += 1;
    kept = &local;
}

export fn get() i32 {
    make();
    return kept.*;
}
