//! Tries what a program can reach of the machine that it runs on.
use std::io::Read;
use std::{env, fs, net};

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
    say("a new link", std::os::wasi::fs::symlink_path(&secret, "/data/mine").is_ok());
    say("its link", fs::read_to_string("/data/mine").is_ok());
    say("the network", net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
    let mut input = String::new();
    say("the input", std::io::stdin().read_to_string(&mut input).is_ok() && !input.is_empty());
    println!("variables: {:?}", env::vars().collect::<Vec<_>>());
}
