// refused: index 3 outside array of length 3
export fn last() u32 {
    const list = [3]u32{ 1, 2, 3 };
    return list[3];
}
