//! LLDB's dialect: a stack of its own making, and addresses that name a module
//! or a memory in their upper half.
//!
//! An address has its kind in bits 62 and 63 (0 memory, 1 module), an index of
//! a memory or module in bits 32 to 61, and an offset below. LLDB reads the
//! module's file through such addresses and needs no copy of its own. Source:
//! `lldb/source/Plugins/Process/wasm` of LLVM.
//!
//! It looks variables up in memory 0, whichever function they are of: that is
//! the memory of the stopped function's instance. The program's first memory is
//! 1, and so on.

mod host;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::num::NonZeroUsize;

use gdbstub::arch::Arch;
use gdbstub::arch::lldb::{Encoding, Format, Generic, Register, RegisterInfo};
use gdbstub::common::{Endianness, Pid, Signal, Tid};
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::stub::run_blocking::{BlockingEventLoop, Event, WaitForStopReasonError};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadResume, SingleThreadResumeOps, SingleThreadSingleStep, SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::host_info::{HostInfo, HostInfoOps, HostInfoResponse};
use gdbstub::target::ext::libraries::{Libraries, LibrariesOps};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::process_info::{ProcessInfo, ProcessInfoOps, ProcessInfoResponse};
use gdbstub::target::ext::wasm::{Wasm, WasmOps};
use gdbstub::target::{Target, TargetError, TargetResult};

use self::host::Host;
use super::stop::reason;
use super::watch::Watchpoints;
use super::wire::Wire;
use super::{Left, ServeError, drive, part};
use crate::engine::{CodeAddress, Engine, Frame, MemoryId, ModuleId, Resume, Stop, Value, WasmFrame};
use crate::session::{MAX_FRAMES, Session};

const TRIPLE: &str = "wasm32-unknown-unknown-wasm";

/// Serves LLDB until it leaves.
pub(super) fn serve(session: &mut Session<'_>, wire: Wire) -> Result<Left, ServeError> {
    drive::<Loop>(&mut Lldb::new(session)?, wire)
}

/// An engine as LLDB sees it.
struct Lldb<'s, 'm> {
    /// The protocol's questions about frames come with a shared borrow.
    session: RefCell<&'s mut Session<'m>>,
    /// Where LLDB has set them, and where they are: symbols of functions lead to
    /// their declarations of locals, which are no instruction.
    breakpoints: BTreeMap<CodeAddress, CodeAddress>,
    watchpoints: Watchpoints,
    how: Resume,
    /// The frames of the present stop: LLDB asks for them again and again.
    frames: Vec<Frame>,
    /// The memory of the innermost function.
    memory: MemoryId,
    host: Host,
    libraries: String,
}

enum Place {
    Module(ModuleId, u32),
    /// By LLDB's index.
    Memory(u32, u64),
}

fn place(address: u64) -> Option<Place> {
    let (index, offset) = ((address >> 32) as u32 & 0x3fff_ffff, address as u32);
    match address >> 62 {
        0 => Some(Place::Memory(index, offset.into())),
        1 => Some(Place::Module(ModuleId(index), offset)),
        _ => None,
    }
}

fn address(code: CodeAddress) -> u64 {
    1 << 62 | u64::from(code.module.0) << 32 | u64::from(code.offset)
}

impl<'s, 'm> Lldb<'s, 'm> {
    fn new(session: &'s mut Session<'m>) -> Result<Lldb<'s, 'm>, ServeError> {
        let mut libraries = String::from("<library-list>");
        let host = Host::new(session);
        let modules = session.engine.modules().iter().map(|module| (module.name.as_str(), module.bytes.len()));
        let modules: Vec<(&str, usize)> = modules.chain([("host", host.bytes.len())]).collect();
        for ((name, bytes), id) in modules.iter().copied().zip(0..) {
            if bytes == 0 {
                // What the engine makes itself, to join components, has no file.
                continue;
            }
            let start = address(CodeAddress { module: ModuleId(id), offset: 0 });
            // LLDB takes two of one name for one.
            let is_only = modules.iter().filter(|(other, _)| *other == name).count() == 1;
            let name = if is_only { name.to_string() } else { format!("{name}#{id}") };
            let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            libraries += &format!("<library name=\"{name}\"><section address=\"{start:#x}\"/></library>");
        }
        libraries += "</library-list>";
        let mut target = Lldb {
            session: RefCell::new(session),
            breakpoints: BTreeMap::new(),
            watchpoints: Watchpoints::default(),
            how: Resume::Continue,
            frames: Vec::new(),
            memory: MemoryId(0),
            host,
            libraries,
        };
        target.refresh();
        Ok(target)
    }

    /// Reads the frames of a new stop.
    fn refresh(&mut self) {
        let engine = &mut self.session.get_mut().engine;
        self.frames = engine.frames(MAX_FRAMES).unwrap_or_default();
        let top = self.frames.iter().find_map(wasm);
        let instances = engine.instances().unwrap_or_default();
        let instance = top.and_then(|top| instances.get(top.instance.0 as usize));
        self.memory = instance.and_then(|instance| instance.memories.first().copied()).unwrap_or(MemoryId(0));
    }

    /// Whether the program stands where a loop is opened whose first line LLDB
    /// is shown at where its rounds begin.
    fn opens_loop(&mut self) -> bool {
        let session = self.session.get_mut();
        let Ok(top) = session.top() else { return false };
        session.code(top.pc.module).is_some_and(|code| code.line_start(top.pc.offset) != top.pc.offset)
    }

    /// A value of a frame.
    fn value(&self, frame: usize, question: impl FnOnce(&mut dyn Engine, usize) -> Option<Value>) -> Option<Value> {
        self.frames.get(frame).and_then(wasm)?;
        question(&mut *self.session.borrow_mut().engine, frame)
    }

    /// LLDB's program counter of a frame.
    fn pc(&self, frame: &Frame) -> u64 {
        match frame {
            Frame::Wasm(frame) => {
                // LLDB looks for a breakpoint where it has set it.
                let is_there = |asked: &&CodeAddress| self.breakpoints.get(asked) == Some(&frame.pc);
                let before = self.breakpoints.range(..frame.pc).next_back().map(|(asked, _)| asked).filter(is_there);
                let is_known = self.breakpoints.contains_key(&frame.pc);
                let before = before.filter(|_| !is_known).copied();
                // And for the beginning of a line where its table has that.
                let opening = || {
                    let session = self.session.borrow();
                    let offset = session.code(frame.pc.module)?.opening_of(frame.pc.offset)?;
                    Some(CodeAddress { offset, ..frame.pc })
                };
                address(before.or_else(opening).unwrap_or(frame.pc))
            }
            Frame::Host { name } => {
                let module = ModuleId(self.session.borrow().engine.modules().len() as u32);
                address(CodeAddress { module, offset: self.host.pc(name) })
            }
        }
    }

    /// The program counter of the innermost frame.
    fn top_pc(&self) -> u64 {
        self.frames.first().map_or(0, |frame| self.pc(frame))
    }

    fn set_breakpoints(&mut self) -> bool {
        let all = self.breakpoints.values().copied().collect();
        self.session.get_mut().engine.set_breakpoints(&all).is_ok()
    }

    /// The memory with LLDB's index.
    fn memory(&self, index: u32) -> MemoryId {
        index.checked_sub(1).map_or(self.memory, MemoryId)
    }
}

fn wasm(frame: &Frame) -> Option<WasmFrame> {
    match frame {
        Frame::Wasm(frame) => Some(*frame),
        Frame::Host { .. } => None,
    }
}

/// Copies a value's bytes. A reference has none, nor has a value that a core
/// dump lacks: LLDB shows what it needs that for as unavailable.
fn give(value: Option<Value>, into: &mut [u8]) -> usize {
    let bytes = value.map(|value| value.bytes()).unwrap_or_default();
    let length = bytes.len().min(into.len());
    into[..length].copy_from_slice(&bytes[..length]);
    length
}

/// WebAssembly as LLDB has it: 64-bit addresses, and a program counter.
enum WasmArch {}

/// The registers: there is only a program counter.
#[derive(Clone, Debug, Default, PartialEq)]
struct Registers {
    pc: u64,
}

impl gdbstub::arch::Registers for Registers {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        self.pc.to_le_bytes().into_iter().for_each(|byte| write_byte(Some(byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        self.pc = u64::from_le_bytes(bytes.try_into().map_err(|_| ())?);
        Ok(())
    }
}

/// The only register's number, 0.
#[derive(Debug)]
struct ProgramCounter;

impl gdbstub::arch::RegId for ProgramCounter {
    fn from_raw_id(id: usize) -> Option<(Self, Option<NonZeroUsize>)> {
        (id == 0).then_some((ProgramCounter, NonZeroUsize::new(size_of::<u64>())))
    }
}

impl Arch for WasmArch {
    type Usize = u64;
    type Registers = Registers;
    type BreakpointKind = usize;
    type RegId = ProgramCounter;

    fn lldb_register_info(register: usize) -> Option<RegisterInfo<'static>> {
        match register {
            0 => Some(RegisterInfo::Register(Register {
                name: "pc",
                alt_name: Some("pc"),
                bitsize: 64,
                offset: 0,
                encoding: Encoding::Uint,
                format: Format::Hex,
                set: "PC",
                gcc: Some(16),
                dwarf: Some(16),
                generic: Some(Generic::Pc),
                container_regs: None,
                invalidate_regs: None,
            })),
            _ => Some(RegisterInfo::Done),
        }
    }
}

impl Target for Lldb<'_, '_> {
    type Arch = WasmArch;
    type Error = String;

    fn base_ops(&mut self) -> BaseOps<'_, WasmArch, String> {
        BaseOps::SingleThread(self)
    }

    fn use_fork_stop_reason(&self) -> bool {
        false
    }

    fn use_vfork_stop_reason(&self) -> bool {
        false
    }

    fn use_vforkdone_stop_reason(&self) -> bool {
        false
    }

    /// Stop replies get a reason added, for which they must be plain.
    fn use_rle(&self) -> bool {
        false
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_host_info(&mut self) -> Option<HostInfoOps<'_, Self>> {
        Some(self)
    }

    fn support_process_info(&mut self) -> Option<ProcessInfoOps<'_, Self>> {
        Some(self)
    }

    fn support_libraries(&mut self) -> Option<LibrariesOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }

    fn support_wasm(&mut self) -> Option<WasmOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadBase for Lldb<'_, '_> {
    fn read_registers(&mut self, registers: &mut Registers) -> TargetResult<(), Self> {
        registers.pc = self.top_pc();
        Ok(())
    }

    fn write_registers(&mut self, _: &Registers) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, (), Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, start: u64, into: &mut [u8]) -> TargetResult<usize, Self> {
        match place(start) {
            Some(Place::Module(module, offset)) => {
                let modules = self.session.get_mut().engine.modules();
                let bytes = match modules.get(module.0 as usize) {
                    Some(module) => &module.bytes[..],
                    None if module.0 as usize == modules.len() => &self.host.bytes,
                    None => return Err(TargetError::NonFatal),
                };
                let rest = bytes.get(offset as usize..).unwrap_or_default();
                let length = rest.len().min(into.len());
                into[..length].copy_from_slice(&rest[..length]);
                if length == 0 { Err(TargetError::NonFatal) } else { Ok(length) }
            }
            Some(Place::Memory(memory, at)) => {
                let memory = self.memory(memory);
                let memories = self.session.get_mut().engine.memories().map_err(|_| TargetError::NonFatal)?;
                let bytes = memories.get(memory.0 as usize).ok_or(TargetError::NonFatal)?.bytes;
                let length = usize::try_from(bytes.saturating_sub(at)).unwrap_or(usize::MAX).min(into.len());
                if length == 0 {
                    return Err(TargetError::NonFatal);
                }
                let read = self.session.get_mut().engine.read_memory(memory, at, &mut into[..length]);
                read.map(|()| length).map_err(|_| TargetError::NonFatal)
            }
            None => Err(TargetError::NonFatal),
        }
    }

    fn write_addrs(&mut self, start: u64, bytes: &[u8]) -> TargetResult<(), Self> {
        match place(start) {
            Some(Place::Memory(memory, at)) => {
                let memory = self.memory(memory);
                self.session.get_mut().engine.write_memory(memory, at, bytes).map_err(|_| TargetError::NonFatal)
            }
            _ => Err(TargetError::NonFatal),
        }
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

/// LLDB reads the program counter by itself, to find the breakpoint there.
impl SingleRegisterAccess<()> for Lldb<'_, '_> {
    fn read_register(&mut self, (): (), _: ProgramCounter, into: &mut [u8]) -> TargetResult<usize, Self> {
        let pc = self.top_pc().to_le_bytes();
        into.get_mut(..pc.len()).ok_or(TargetError::NonFatal)?.copy_from_slice(&pc);
        Ok(pc.len())
    }

    fn write_register(&mut self, (): (), _: ProgramCounter, _: &[u8]) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }
}

impl SingleThreadResume for Lldb<'_, '_> {
    fn resume(&mut self, _: Option<Signal>) -> Result<(), String> {
        self.how = Resume::Continue;
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadSingleStep for Lldb<'_, '_> {
    fn step(&mut self, _: Option<Signal>) -> Result<(), String> {
        self.how = Resume::Step;
        Ok(())
    }
}

impl Breakpoints for Lldb<'_, '_> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Lldb<'_, '_> {
    fn add_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        let Some(Place::Module(module, offset)) = place(addr) else { return Ok(false) };
        let asked = CodeAddress { module, offset };
        let code = self.session.get_mut().code(module);
        let Some(offset) = code.and_then(|code| code.instruction_from(code.line_start(offset))) else {
            return Ok(false);
        };
        self.breakpoints.insert(asked, CodeAddress { module, offset });
        if !self.set_breakpoints() {
            self.breakpoints.remove(&asked);
            return Ok(false);
        }
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        let Some(Place::Module(module, offset)) = place(addr) else { return Ok(false) };
        let known = self.breakpoints.remove(&CodeAddress { module, offset }).is_some();
        Ok(known && self.set_breakpoints())
    }
}

impl HwWatchpoint for Lldb<'_, '_> {
    fn add_hw_watchpoint(&mut self, addr: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        let Some(Place::Memory(memory, at)) = place(addr) else { return Ok(false) };
        let memory = self.memory(memory);
        Ok(self.watchpoints.add(self.session.get_mut(), addr, (memory, at), len, kind))
    }

    fn remove_hw_watchpoint(&mut self, addr: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.watchpoints.remove(self.session.get_mut(), addr, len, kind))
    }
}

impl HostInfo for Lldb<'_, '_> {
    fn host_info(&self, write: &mut dyn FnMut(&HostInfoResponse<'_>)) -> Result<(), String> {
        write(&HostInfoResponse::Triple(TRIPLE));
        write(&HostInfoResponse::Endianness(Endianness::Little));
        write(&HostInfoResponse::PointerSize(4));
        Ok(())
    }
}

impl ProcessInfo for Lldb<'_, '_> {
    fn process_info(&self, write: &mut dyn FnMut(&ProcessInfoResponse<'_>)) -> Result<(), String> {
        write(&ProcessInfoResponse::Pid(Pid::MIN));
        write(&ProcessInfoResponse::Triple(TRIPLE));
        write(&ProcessInfoResponse::Endianness(Endianness::Little));
        write(&ProcessInfoResponse::PointerSize(4));
        Ok(())
    }
}

impl Libraries for Lldb<'_, '_> {
    fn get_libraries(&self, offset: u64, length: usize, into: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(self.libraries.as_bytes(), offset, length, into))
    }
}

impl MonitorCmd for Lldb<'_, '_> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), String> {
        let answer = crate::commands::run(self.session.get_mut(), &String::from_utf8_lossy(command));
        out.write_raw(answer.as_bytes());
        // It may watch something, for which the session sets what it knows of.
        self.watchpoints.set(self.session.get_mut());
        self.set_breakpoints();
        Ok(())
    }
}

impl Wasm for Lldb<'_, '_> {
    fn wasm_call_stack(&self, _: Tid, next_pc: &mut dyn FnMut(u64)) -> Result<(), String> {
        self.frames.iter().for_each(|frame| next_pc(self.pc(frame)));
        Ok(())
    }

    fn read_wasm_local(&self, _: Tid, frame: usize, local: usize, into: &mut [u8]) -> Result<usize, String> {
        let value = self.value(frame, |engine, frame| engine.locals(frame).ok()?.get(local).copied());
        Ok(give(value, into))
    }

    fn read_wasm_stack(&self, _: Tid, frame: usize, index: usize, into: &mut [u8]) -> Result<usize, String> {
        let value = self.value(frame, |engine, frame| engine.operands(frame).ok()?.get(index).copied());
        Ok(give(value, into))
    }

    fn read_wasm_global(&self, _: Tid, frame: usize, global: usize, into: &mut [u8]) -> Result<usize, String> {
        let instance = self.frames.get(frame).and_then(wasm).map(|frame| frame.instance);
        let value = self.value(frame, |engine, _| engine.global(instance?, u32::try_from(global).ok()?).ok());
        Ok(give(value, into))
    }
}

/// Runs the program for the stub.
struct Loop<'s, 'm>(PhantomData<&'s mut Session<'m>>);

impl<'s, 'm> BlockingEventLoop for Loop<'s, 'm> {
    type Target = Lldb<'s, 'm>;
    type Connection = Wire;
    type StopReason = SingleThreadStopReason<u64>;

    fn wait_for_stop_reason(
        target: &mut Lldb<'s, 'm>,
        wire: &mut Wire,
    ) -> Result<Event<Self::StopReason>, WaitForStopReasonError<String, std::io::Error>> {
        let how = target.how;
        let mut stop = wire.run(&mut *target.session.get_mut().engine, how);
        while matches!((how, &stop), (Resume::Step, Ok(Some(Stop::Step)))) && target.opens_loop() {
            stop = wire.run(&mut *target.session.get_mut().engine, how);
        }
        target.refresh();
        match stop.map_err(|error| WaitForStopReasonError::Target(error.to_string()))? {
            Some(stop) => {
                if let Some(line) = target.watchpoints.line(&stop) {
                    wire.say(&line);
                }
                if let Some(reason) = target.told(&stop) {
                    wire.give_reason(reason);
                }
                Ok(Event::TargetStopped(reason(&stop, &target.watchpoints)))
            }
            None => {
                let byte = gdbstub::conn::ConnectionExt::read(wire).map_err(WaitForStopReasonError::Connection)?;
                Ok(Event::IncomingData(byte))
            }
        }
    }

    fn on_interrupt(_: &mut Lldb<'s, 'm>) -> Result<Option<Self::StopReason>, String> {
        Ok(Some(SingleThreadStopReason::Signal(Signal::SIGINT)))
    }
}

impl Lldb<'_, '_> {
    /// What LLDB wants to be told of a stop beside its signal.
    fn told(&self, stop: &Stop) -> Option<String> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let pc = self.top_pc();
        let reason = match stop {
            Stop::Entry | Stop::Step => "reason:trace;".to_string(),
            Stop::Breakpoint => "reason:breakpoint;".to_string(),
            Stop::Watchpoint(touch) => {
                let (_, at) = self.watchpoints.touched(touch)?;
                format!("reason:watchpoint;description:{};", hex(at.to_string().as_bytes()))
            }
            Stop::Trap(trap) => format!("reason:exception;description:{};", hex(trap.message.as_bytes())),
            Stop::Exception { message } => format!("reason:exception;description:{};", hex(message.as_bytes())),
            Stop::Interrupt => String::new(),
            Stop::HistoryStart | Stop::Exited(_) | Stop::Dead => return None,
        };
        // LLDB looks for a breakpoint where it believes the program to be.
        Some(format!("00:{};{reason}", hex(&pc.to_le_bytes())))
    }
}
