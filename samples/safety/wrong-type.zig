// refused: expected type '*const u32', found '*const f32'
export fn first(number: *const f32) u32 {
    const bits: *const u32 = number;
    return bits.*;
}
