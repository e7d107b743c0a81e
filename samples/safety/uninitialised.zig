// accepted
export fn size(large: bool) u32 {
    var result: u32 = undefined;
    if (large) result = 10;
    return result;
}
