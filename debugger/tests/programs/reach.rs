//! Tries what a program can reach of the machine that it runs on.
use std::ffi::{CString, c_char, c_int};
use std::io::Read;
use std::{env, fs, net};

unsafe extern "C" {
    fn symlink(target: *const c_char, link: *const c_char) -> c_int;
}

fn main() {
    let mut arguments = env::args().skip(1);
    let (secret, port) = (arguments.next().unwrap(), arguments.next().unwrap());
    let say = |what: &str, reached: bool| println!("{what}: {}", if reached { "reached" } else { "not there" });
    say("given", fs::read_to_string("/data/given").is_ok_and(|text| text == "given"));
    say("its path", fs::read_to_string(&secret).is_ok());
    say("above", fs::read_to_string("/data/../secret").is_ok());
    say("a link", fs::read_to_string("/data/link").is_ok());
    say("the root", fs::read_dir("/").is_ok_and(|all| all.flatten().any(|entry| entry.file_name() == "etc")));
    say("a new file", fs::write("/new", "new").is_ok());
    let [target, link] = [secret.as_str(), "/data/mine"].map(|path| CString::new(path).unwrap());
    // SAFETY: both are texts that end with a zero.
    let _ = unsafe { symlink(target.as_ptr(), link.as_ptr()) };
    say("its own link", fs::read_to_string("/data/mine").is_ok());
    say("the network", net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
    let mut input = String::new();
    say("the input", std::io::stdin().read_to_string(&mut input).is_ok() && !input.is_empty());
    println!("variables: {:?}", env::vars().collect::<Vec<_>>());
}
