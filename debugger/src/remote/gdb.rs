//! Stock gdb, which has no WebAssembly: it debugs the module's shadow, an ELF
//! file of its own architecture, and is answered as if that ran.
//!
//! The shadow is made when a client connects, by what it says it is; gdb reads
//! it through this connection, so that `target remote` alone is enough.

mod call;
mod registers;
mod space;

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use gdbstub::arch::Arch;
use gdbstub::common::{Pid, Signal};
use gdbstub::stub::run_blocking::{BlockingEventLoop, Event, WaitForStopReasonError};
use gdbstub::stub::{DisconnectReason, GdbStubBuilder, SingleThreadStopReason};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::reverse_exec::{ReverseCont, ReverseContOps, ReverseStep, ReverseStepOps};
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadRangeStepping, SingleThreadRangeSteppingOps, SingleThreadResume,
    SingleThreadResumeOps, SingleThreadSingleStep, SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::exec_file::{ExecFile, ExecFileOps};
use gdbstub::target::ext::host_io::{
    FsKind, HostIo, HostIoClose, HostIoCloseOps, HostIoErrno, HostIoError, HostIoFstat, HostIoFstatOps, HostIoOpen,
    HostIoOpenFlags, HostIoOpenMode, HostIoOpenOps, HostIoOps, HostIoPread, HostIoPreadOps, HostIoResult, HostIoSetfs,
    HostIoSetfsOps, HostIoStat,
};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::target_description_xml_override::{
    TargetDescriptionXmlOverride, TargetDescriptionXmlOverrideOps,
};
use gdbstub::target::{Target, TargetError, TargetResult};
use wasm_shadow::{Flavour, Layout};

use self::call::{Call, Scratch};
use self::registers::{RegisterFile, Registers};
use self::space::{CodeMap, Space};
use super::stop::{access, kind, reason};
use super::wire::Wire;
use super::{Left, ServeError, part};
use crate::engine::{CodeAddress, InstanceId, MemoryId, Resume, Stop, Watchpoint};
use crate::session::Session;

const PACKET_BYTES: usize = 1 << 18;
/// The only file that is open to gdb.
const SHADOW_FD: u32 = 3;

/// Serves gdb until it leaves. `hello` is its first packet.
pub(super) fn serve(session: &mut Session<'_>, wire: Wire, hello: &[u8]) -> Result<Left, ServeError> {
    let mut target = Gdb::new(session, flavour(hello))?;
    let mut buffer = vec![0; PACKET_BYTES];
    let stub = GdbStubBuilder::new(wire).with_packet_buffer(&mut buffer).build();
    let stub = stub.map_err(|error| ServeError::Protocol(error.to_string()))?;
    match stub.run_blocking::<Loop>(&mut target) {
        Ok(DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_)) => Ok(Left::Ended),
        Ok(DisconnectReason::Disconnect) => Ok(Left::Detached),
        Ok(DisconnectReason::Kill) => Ok(Left::Killed),
        Err(error) if error.is_connection_error() => Ok(Left::Detached),
        Err(error) => Err(ServeError::Protocol(error.to_string())),
    }
}

/// The architecture of a gdb by its `qSupported`: one for x86 says that it
/// knows i386 registers (and knows x86-64, too), one for Arm does not.
fn flavour(hello: &[u8]) -> Flavour {
    let knows = |name: &str| hello.windows(name.len()).any(|window| window == name.as_bytes());
    if knows("xmlRegisters=i386") || knows(",i386") {
        Flavour::X86_64
    } else if cfg!(target_arch = "aarch64") || knows("aarch64") {
        Flavour::Aarch64
    } else {
        Flavour::X86_64
    }
}

/// An engine as gdb sees it.
struct Gdb<'s, 'm> {
    session: &'s mut Session<'m>,
    layout: Layout,
    map: CodeMap,
    /// The contents of each module's code section.
    code: Vec<&'m [u8]>,
    shadow: Vec<u8>,
    path: String,
    registers: RegisterFile,
    description: String,
    space: Space,
    breakpoints: BTreeSet<CodeAddress>,
    /// Line tables have rows inside of instructions. Of a breakpoint there: the
    /// address of the next instruction, where it is, and gdb's.
    inside: BTreeMap<u64, u64>,
    /// Those that gdb sets where no instruction is, as on the stack.
    elsewhere: BTreeSet<u64>,
    watchpoints: Vec<Watchpoint>,
    how: How,
    /// Registers that gdb has set: it calls a function.
    set: Option<Registers>,
    scratch: Scratch,
}

/// How gdb wants to go on.
#[derive(Clone, Copy)]
enum How {
    Engine(Resume),
    /// By instructions while the pc is in this range.
    Range(u64, u64),
}

impl<'s, 'm> Gdb<'s, 'm> {
    fn new(session: &'s mut Session<'m>, flavour: Flavour) -> Result<Gdb<'s, 'm>, ServeError> {
        let protocol = |error: &dyn std::fmt::Display| ServeError::Shadow(error.to_string());
        let bytes: Vec<&'m [u8]> = session.code.iter().map(|code| code.bytes).collect();
        let modules = bytes.iter().map(|bytes| wasm_shadow::Module::parse(bytes));
        let modules = modules.collect::<Result<Vec<_>, _>>().map_err(|error| protocol(&error))?;
        let layout = Layout::new(flavour, &modules).map_err(|error| protocol(&error))?;
        let shadow = match modules.first() {
            Some(module) => wasm_shadow::shadow(module, &layout, 0).map_err(|error| protocol(&error))?.elf,
            None => Vec::new(),
        };
        let ranges = || modules.iter().map(|module| module.code_range());
        let map = CodeMap::new(session, ranges().map(|range| range.start));
        let code = bytes.iter().zip(ranges());
        let code = code.map(|(bytes, range)| bytes.get(range.start as usize..range.end as usize).unwrap_or_default());
        let code = code.collect();
        // Always the same, so that gdb's auto-load folder can have a script for it.
        let path = "/wasm/program".to_string();
        let space = Space::read(&mut *session.engine, &layout, &map).map_err(|error| protocol(&error))?;
        let registers = RegisterFile::new(flavour);
        Ok(Gdb {
            description: registers.description(),
            session,
            layout,
            map,
            code,
            shadow,
            path,
            registers,
            space,
            breakpoints: BTreeSet::new(),
            inside: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            watchpoints: Vec::new(),
            how: How::Engine(Resume::Continue),
            set: None,
            scratch: Scratch::new(),
        })
    }

    /// The registers of the program where it stands.
    fn state(&mut self) -> Registers {
        let result = self.space.top_operand(&mut *self.session.engine);
        self.registers.state(self.pc(), self.space.top_record(), result)
    }

    /// Whether an address is where a call of gdb's puts what it needs.
    fn is_below_stack(&self, address: u64) -> bool {
        let lowest = self.space.top_record().map_or(self.layout.stack_top(), |record| record.stack_pointer());
        (self.layout.stack_floor()..lowest).contains(&address)
    }

    /// Makes the call that gdb has set up, if it has.
    fn call(&mut self) -> Option<Result<(), String>> {
        let set = self.set.clone().filter(|set| set.pc != self.pc())?;
        let at = self.map.code(&self.layout, set.pc)?;
        let code = self.session.code(at.module)?;
        let function = code.function_at(at.offset)?;
        let call = Call::read(&self.registers, &set, &self.scratch, &code.signature(function)?)?;
        let instances = self.session.engine.instances().ok()?;
        let instance = instances.iter().position(|instance| instance.module == at.module)?;
        let results = self.session.engine.call(InstanceId(instance as u32), function, &call.arguments);
        Some(match results {
            Ok(results) => {
                self.set = Some(call.returned(&self.registers, set, &results));
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        })
    }

    fn pc(&self) -> u64 {
        self.shown(self.space.top_pc(&self.layout, &self.map))
    }

    /// The address of the next instruction as gdb is to see it.
    fn shown(&self, pc: u64) -> u64 {
        self.inside.get(&pc).copied().unwrap_or(pc)
    }

    /// The instruction at gdb's address, or the next one.
    fn instruction(&self, address: u64) -> Option<CodeAddress> {
        let code = self.map.code(&self.layout, address)?;
        let offset = self.session.code(code.module)?.instruction_from(code.offset)?;
        Some(CodeAddress { offset, ..code })
    }

    /// How many bytes of gdb's an instruction takes, and its text: for the
    /// disassembler that the script gives to gdb.
    fn instruction_text(&self, address: u64) -> Option<String> {
        let at = self.map.code(&self.layout, address)?;
        let code = self.session.code(at.module)?;
        let function = code.function_at(at.offset)?;
        let lines = code.disassembly(function);
        let index = lines.iter().position(|line| line.offset == at.offset)?;
        let next = lines.get(index + 1).map_or(code.body(function)?.end, |line| line.offset);
        let next = self.layout.modules()[at.module.0 as usize].address(u64::from(next - code.section_start))?;
        Some(format!("{} {}\n", next.checked_sub(address)?, lines[index].text))
    }

    fn refresh(&mut self) -> Result<(), String> {
        self.space =
            Space::read(&mut *self.session.engine, &self.layout, &self.map).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Goes on as gdb wants; `None` if the client says something.
    fn go(&mut self, wire: &mut Wire) -> Result<Option<Stop>, String> {
        let failed = |error: crate::engine::EngineError| error.to_string();
        match self.how {
            How::Engine(how) => wire.run(&mut *self.session.engine, how).map_err(failed),
            How::Range(start, end) => loop {
                let stop = wire.run(&mut *self.session.engine, Resume::Step).map_err(failed)?;
                if stop != Some(Stop::Step) {
                    return Ok(stop);
                }
                let top = self.session.top().map_err(|error| error.to_string())?;
                let pc = self.map.address(&self.layout, top.pc).unwrap_or(0);
                if !(start..end).contains(&pc) {
                    return Ok(stop);
                }
            },
        }
    }

    fn reason(&self, stop: &Stop) -> SingleThreadStopReason<u64> {
        reason(stop, |watchpoint, at| match self.watchpoints.get(watchpoint) {
            Some(watchpoint) => (kind(watchpoint.access), self.data_address(watchpoint.memory, at)),
            None => (WatchKind::Write, at),
        })
    }

    /// gdb's address of a byte of a memory.
    fn data_address(&self, memory: MemoryId, at: u64) -> u64 {
        match memory.0.checked_sub(1).and_then(|index| self.layout.memory_window(index)) {
            Some(window) => window + at,
            None => at,
        }
    }

    /// The memory that gdb's address is in.
    fn memory_at(&self, address: u64) -> (MemoryId, u64) {
        let window = |index: &u32| {
            self.layout.memory_window(*index).is_some_and(|window| (window..window + (1 << 40)).contains(&address))
        };
        match (0..64).find(window) {
            Some(index) => (MemoryId(index + 1), address - self.layout.memory_window(index).unwrap_or_default()),
            None => (MemoryId(0), address),
        }
    }
}

/// The shadow's architecture. Addresses are of 64 bits, also for i386: the
/// protocol writes them without leading zeros.
enum Shadow {}

impl Arch for Shadow {
    type Usize = u64;
    type Registers = Registers;
    type BreakpointKind = usize;
    type RegId = ();
}

impl Target for Gdb<'_, '_> {
    type Arch = Shadow;
    type Error = String;

    fn base_ops(&mut self) -> BaseOps<'_, Shadow, String> {
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

    fn use_lldb_register_info(&self) -> bool {
        false
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_target_description_xml_override(&mut self) -> Option<TargetDescriptionXmlOverrideOps<'_, Self>> {
        Some(self)
    }

    fn support_exec_file(&mut self) -> Option<ExecFileOps<'_, Self>> {
        Some(self)
    }

    fn support_host_io(&mut self) -> Option<HostIoOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadBase for Gdb<'_, '_> {
    fn read_registers(&mut self, registers: &mut Registers) -> TargetResult<(), Self> {
        *registers = match &self.set {
            Some(set) => set.clone(),
            None => self.state(),
        };
        Ok(())
    }

    /// Registers are set for calls, and set back afterwards.
    fn write_registers(&mut self, registers: &Registers) -> TargetResult<(), Self> {
        let mut set = registers.clone();
        set.pc = self.registers.number(&set, self.layout.flavour().registers().pc.name);
        if set == self.state() {
            self.set = None;
            self.scratch.clear();
        } else {
            self.set = Some(set);
        }
        Ok(())
    }

    fn read_addrs(&mut self, start: u64, into: &mut [u8]) -> TargetResult<usize, Self> {
        let loaded = self.space.load(&mut *self.session.engine, &self.layout, &self.code, start, into);
        let mut length = loaded.unwrap_or(0);
        while let Some(byte) = self.scratch.get(&(start + length as u64)).filter(|_| length < into.len()) {
            into[length] = *byte;
            length += 1;
        }
        if length == 0 { Err(TargetError::NonFatal) } else { Ok(length) }
    }

    fn write_addrs(&mut self, start: u64, bytes: &[u8]) -> TargetResult<(), Self> {
        if self.is_below_stack(start) {
            self.scratch.extend(bytes.iter().zip(start..).map(|(byte, address)| (address, *byte)));
            return Ok(());
        }
        let stored = self.space.store(&mut *self.session.engine, &self.layout, start, bytes);
        stored.map_err(|_| TargetError::NonFatal)
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadResume for Gdb<'_, '_> {
    fn resume(&mut self, _: Option<Signal>) -> Result<(), String> {
        self.how = How::Engine(Resume::Continue);
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_range_step(&mut self) -> Option<SingleThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }

    fn support_reverse_step(&mut self) -> Option<ReverseStepOps<'_, (), Self>> {
        if self.session.engine.abilities().reverse { Some(self) } else { None }
    }

    fn support_reverse_cont(&mut self) -> Option<ReverseContOps<'_, (), Self>> {
        if self.session.engine.abilities().reverse { Some(self) } else { None }
    }
}

impl SingleThreadSingleStep for Gdb<'_, '_> {
    fn step(&mut self, _: Option<Signal>) -> Result<(), String> {
        self.how = How::Engine(Resume::Step);
        Ok(())
    }
}

impl SingleThreadRangeStepping for Gdb<'_, '_> {
    fn resume_range_step(&mut self, start: u64, end: u64) -> Result<(), String> {
        self.how = How::Range(start, end);
        Ok(())
    }
}

impl ReverseStep<()> for Gdb<'_, '_> {
    fn reverse_step(&mut self, (): ()) -> Result<(), String> {
        self.how = How::Engine(Resume::ReverseStep);
        Ok(())
    }
}

impl ReverseCont<()> for Gdb<'_, '_> {
    fn reverse_cont(&mut self) -> Result<(), String> {
        self.how = How::Engine(Resume::ReverseContinue);
        Ok(())
    }
}

impl Breakpoints for Gdb<'_, '_> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        if self.session.engine.abilities().watch { Some(self) } else { None }
    }
}

impl SwBreakpoint for Gdb<'_, '_> {
    fn add_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        let Some(code) = self.instruction(addr) else {
            return Ok(self.elsewhere.insert(addr));
        };
        let known = !self.breakpoints.insert(code);
        if !known && self.session.engine.set_breakpoints(&self.breakpoints).is_err() {
            self.breakpoints.remove(&code);
            return Ok(false);
        }
        if let Some(address) = self.map.address(&self.layout, code).filter(|address| *address != addr) {
            self.inside.insert(address, addr);
        }
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        let Some(code) = self.instruction(addr) else {
            return Ok(self.elsewhere.remove(&addr));
        };
        if let Some(address) = self.map.address(&self.layout, code) {
            self.inside.remove(&address);
        }
        Ok(self.breakpoints.remove(&code) && self.session.engine.set_breakpoints(&self.breakpoints).is_ok())
    }
}

impl HwWatchpoint for Gdb<'_, '_> {
    fn add_hw_watchpoint(&mut self, addr: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        let (memory, at) = self.memory_at(addr);
        self.watchpoints.push(Watchpoint { memory, range: at..at.saturating_add(len), access: access(kind) });
        if self.session.engine.set_watchpoints(&self.watchpoints).is_err() {
            self.watchpoints.pop();
            return Ok(false);
        }
        Ok(true)
    }

    fn remove_hw_watchpoint(&mut self, addr: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        let (memory, at) = self.memory_at(addr);
        let gone = Watchpoint { memory, range: at..at.saturating_add(len), access: access(kind) };
        let Some(index) = self.watchpoints.iter().position(|known| *known == gone) else { return Ok(false) };
        self.watchpoints.remove(index);
        Ok(self.session.engine.set_watchpoints(&self.watchpoints).is_ok())
    }
}

impl TargetDescriptionXmlOverride for Gdb<'_, '_> {
    fn target_description_xml(
        &self,
        annex: &[u8],
        offset: u64,
        length: usize,
        into: &mut [u8],
    ) -> TargetResult<usize, Self> {
        match annex {
            b"target.xml" => Ok(part(self.description.as_bytes(), offset, length, into)),
            _ => Err(TargetError::NonFatal),
        }
    }
}

impl ExecFile for Gdb<'_, '_> {
    fn get_exec_file(&self, _: Option<Pid>, offset: u64, length: usize, into: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(self.path.as_bytes(), offset, length, into))
    }
}

impl HostIo for Gdb<'_, '_> {
    fn support_open(&mut self) -> Option<HostIoOpenOps<'_, Self>> {
        Some(self)
    }

    fn support_close(&mut self) -> Option<HostIoCloseOps<'_, Self>> {
        Some(self)
    }

    fn support_pread(&mut self) -> Option<HostIoPreadOps<'_, Self>> {
        Some(self)
    }

    fn support_fstat(&mut self) -> Option<HostIoFstatOps<'_, Self>> {
        Some(self)
    }

    fn support_setfs(&mut self) -> Option<HostIoSetfsOps<'_, Self>> {
        Some(self)
    }
}

impl HostIoOpen for Gdb<'_, '_> {
    fn open(&mut self, name: &[u8], _: HostIoOpenFlags, _: HostIoOpenMode) -> HostIoResult<u32, Self> {
        if name == self.path.as_bytes() { Ok(SHADOW_FD) } else { Err(HostIoError::Errno(HostIoErrno::ENOENT)) }
    }
}

impl HostIoClose for Gdb<'_, '_> {
    fn close(&mut self, _: u32) -> HostIoResult<(), Self> {
        Ok(())
    }
}

impl HostIoPread for Gdb<'_, '_> {
    fn pread(&mut self, fd: u32, count: usize, offset: u64, into: &mut [u8]) -> HostIoResult<usize, Self> {
        match fd {
            SHADOW_FD => Ok(part(&self.shadow, offset, count, into)),
            _ => Err(HostIoError::Errno(HostIoErrno::EBADF)),
        }
    }
}

impl HostIoFstat for Gdb<'_, '_> {
    fn fstat(&mut self, fd: u32) -> HostIoResult<HostIoStat, Self> {
        if fd != SHADOW_FD {
            return Err(HostIoError::Errno(HostIoErrno::EBADF));
        }
        let size = self.shadow.len() as u64;
        Ok(HostIoStat {
            st_dev: 0,
            st_ino: 0,
            st_mode: HostIoOpenMode::S_IFREG | HostIoOpenMode::S_IRUSR,
            st_nlink: 1,
            st_uid: 0,
            st_gid: 0,
            st_rdev: 0,
            st_size: size,
            st_blksize: 4096,
            st_blocks: size.div_ceil(512),
            st_atime: 0,
            st_mtime: 0,
            st_ctime: 0,
        })
    }
}

impl HostIoSetfs for Gdb<'_, '_> {
    fn setfs(&mut self, _: FsKind) -> HostIoResult<(), Self> {
        Ok(())
    }
}

impl MonitorCmd for Gdb<'_, '_> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), String> {
        let command = String::from_utf8_lossy(command);
        let answer = match command.strip_prefix("wasm instruction ").map(|address| address.trim().parse()) {
            Some(address) => address.ok().and_then(|address| self.instruction_text(address)).unwrap_or_default(),
            None => crate::commands::run(self.session, &command),
        };
        out.write_raw(answer.as_bytes());
        self.refresh()
    }
}

/// Runs the program for the stub.
struct Loop<'s, 'm>(PhantomData<&'s mut Session<'m>>);

impl<'s, 'm> BlockingEventLoop for Loop<'s, 'm> {
    type Target = Gdb<'s, 'm>;
    type Connection = Wire;
    type StopReason = SingleThreadStopReason<u64>;

    fn wait_for_stop_reason(
        target: &mut Gdb<'s, 'm>,
        wire: &mut Wire,
    ) -> Result<Event<Self::StopReason>, WaitForStopReasonError<String, std::io::Error>> {
        match target.call() {
            Some(Ok(())) => return Ok(Event::TargetStopped(SingleThreadStopReason::SwBreak(()))),
            // gdb says that the program was signalled in a function called by it.
            Some(Err(_)) => return Ok(Event::TargetStopped(SingleThreadStopReason::Signal(Signal::SIGABRT))),
            None => {}
        }
        target.set = None;
        let stop = target.go(wire);
        target.refresh().map_err(WaitForStopReasonError::Target)?;
        match stop.map_err(WaitForStopReasonError::Target)? {
            Some(stop) => Ok(Event::TargetStopped(target.reason(&stop))),
            None => {
                let byte = gdbstub::conn::ConnectionExt::read(wire).map_err(WaitForStopReasonError::Connection)?;
                Ok(Event::IncomingData(byte))
            }
        }
    }

    fn on_interrupt(_: &mut Gdb<'s, 'm>) -> Result<Option<Self::StopReason>, String> {
        Ok(Some(SingleThreadStopReason::Signal(Signal::SIGINT)))
    }
}
