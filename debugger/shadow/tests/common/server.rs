//! GDB's remote protocol, as much of it as looking at a stopped program takes.

use super::machine::Machine;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use wasm_shadow::Flavour;

/// A register: name, bits, GDB's type.
type Register = (String, u32, &'static str);

/// Runs commands in `gdb` on the shadow `elf`, attached to the machine.
pub(crate) fn debug(machine: &Machine, gdb: &str, elf: &[u8], commands: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("target remote {}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadow.elf");
    std::fs::write(&file, elf).unwrap();
    let commands = [&[target.as_str()], commands].concat();
    std::thread::scope(|scope| {
        scope.spawn(|| serve(machine, &listener));
        let text = run(gdb, &file, &commands);
        // If GDB never came, the server waits no longer.
        let _ = TcpStream::connect(listener.local_addr().unwrap());
        text
    })
}

fn run(gdb: &str, file: &Path, commands: &[&str]) -> String {
    super::gdb(gdb, Some(file), commands)
}

fn serve(machine: &Machine, listener: &TcpListener) {
    let Ok((mut stream, _)) = listener.accept() else { return };
    let _ = stream.set_nodelay(true);
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count) = stream.read(&mut chunk) {
        if count == 0 {
            return;
        }
        received.extend_from_slice(&chunk[..count]);
        while let Some(start) = received.iter().position(|byte| *byte == b'$') {
            let Some(length) = received[start..].iter().position(|byte| *byte == b'#') else { break };
            if received.len() < start + length + 3 {
                break;
            }
            let packet = String::from_utf8_lossy(&received[start + 1..start + length]).into_owned();
            received.drain(..start + length + 3);
            let reply = reply(machine, &packet);
            let sum = reply.bytes().fold(0_u8, u8::wrapping_add);
            if stream.write_all(format!("+${reply}#{sum:02x}").as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn reply(machine: &Machine, packet: &str) -> String {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(',').map(|number| u64::from_str_radix(number, 16).unwrap_or(0)).collect()
    };
    if packet.starts_with("qSupported") {
        return "PacketSize=4000;qXfer:features:read+".to_owned();
    }
    if let Some(range) = packet.strip_prefix("qXfer:features:read:target.xml:") {
        let (text, range) = (description(machine.layout.flavour()), numbers(range));
        let (start, end) = ((range[0] as usize).min(text.len()), (range[0] + range[1]) as usize);
        let more = if end < text.len() { 'm' } else { 'l' };
        return format!("{more}{}", &text[start..end.min(text.len())]);
    }
    match packet {
        "?" => return "T05thread:1;".to_owned(),
        "qC" => return "QC1".to_owned(),
        "qfThreadInfo" => return "m1".to_owned(),
        "qsThreadInfo" => return "l".to_owned(),
        "g" => {
            let value = |(name, bits, _): &Register| hex(machine.register(name).into(), *bits);
            return registers(machine.layout.flavour()).iter().map(value).collect();
        }
        _ => {}
    }
    if let Some(range) = packet.strip_prefix('m') {
        let range = numbers(range);
        let bytes = machine.read(range[0], range[1]);
        return if bytes.is_empty() { "E01".to_owned() } else { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    }
    if packet.starts_with('H') || packet.starts_with('T') || packet.starts_with('D') {
        return "OK".to_owned();
    }
    String::new()
}

fn hex(value: u128, bits: u32) -> String {
    value.to_le_bytes()[..bits as usize / 8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn registers(flavour: Flavour) -> Vec<Register> {
    let x87 = || {
        let stack = (0..8).map(|index| (format!("st{index}"), 80, "i387_ext"));
        let control = ["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"];
        stack.chain(control.map(|name| (name.to_owned(), 32, "int"))).collect::<Vec<_>>()
    };
    let named = |names: &str, bits, kind| -> Vec<Register> {
        names.split(' ').map(|name| (name.to_owned(), bits, kind)).collect()
    };
    let segments = || named("cs ss ds es fs gs", 32, "int32");
    match flavour {
        Flavour::I386 => [
            named("eax ecx edx ebx", 32, "int32"),
            named("esp ebp", 32, "data_ptr"),
            named("esi edi", 32, "int32"),
            named("eip", 32, "code_ptr"),
            named("eflags", 32, "int32"),
            segments(),
            x87(),
        ]
        .concat(),
        Flavour::X86_64 => [
            named("rax rbx rcx rdx rsi rdi", 64, "int64"),
            named("rbp rsp", 64, "data_ptr"),
            named("r8 r9 r10 r11 r12 r13 r14 r15", 64, "int64"),
            named("rip", 64, "code_ptr"),
            named("eflags", 32, "int32"),
            segments(),
            x87(),
        ]
        .concat(),
        Flavour::Aarch64 => {
            let general = (0..31).map(|index| (format!("x{index}"), 64, "int")).collect();
            [general, named("sp", 64, "data_ptr"), named("pc", 64, "code_ptr"), named("cpsr", 32, "int")].concat()
        }
    }
}

fn description(flavour: Flavour) -> String {
    let feature = match flavour {
        Flavour::I386 | Flavour::X86_64 => "org.gnu.gdb.i386.core",
        Flavour::Aarch64 => "org.gnu.gdb.aarch64.core",
    };
    let list = registers(flavour);
    let list =
        list.iter().map(|(name, bits, kind)| format!("<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{kind}\"/>"));
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
         <architecture>{}</architecture><osabi>none</osabi><feature name=\"{feature}\">{}</feature></target>",
        flavour.architecture(),
        list.collect::<String>()
    )
}
