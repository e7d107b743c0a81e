pub fn nothing_to_run() {}
