// accepted
extern fn spawn(job: *const fn (*u32) callconv(.c) void, argument: *u32) void;

fn job(sum: *u32) callconv(.c) void {
    sum.* += 1;
}

export fn count(sum: *u32) void {
    spawn(&job, sum);
    spawn(&job, sum);
}
