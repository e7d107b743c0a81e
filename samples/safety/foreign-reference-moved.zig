// accepted
extern fn spawn(job: *const fn (u32) callconv(.c) void, reference: u32) void;
extern fn drop(reference: u32) void;

fn job(reference: u32) callconv(.c) void {
    drop(reference);
}

export fn show(image: u32) void {
    spawn(&job, image);
}
