//! Stock gdb, which has no WebAssembly: it debugs the shadows of the program's
//! modules, ELF files of its own architecture, and is answered as if they ran.
//!
//! The shadows are made for what a client says it is; gdb reads them through
//! this connection, so that `target remote` alone is enough.

mod abi;
mod call;
mod images;
#[cfg(target_os = "linux")]
mod neighbour;
mod registers;
mod returns;
mod space;

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::ops::Range;

use gdbstub::arch::Arch;
use gdbstub::common::{Pid, Signal};
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::stub::run_blocking::{BlockingEventLoop, Event, WaitForStopReasonError};
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
use gdbstub::target::ext::libraries::{Libraries, LibrariesOps};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::target_description_xml_override::{
    TargetDescriptionXmlOverride, TargetDescriptionXmlOverrideOps,
};
use gdbstub::target::{Target, TargetError, TargetResult};
use wasm_shadow::Flavour;

use self::abi::Returned;
use self::call::{Argument, Call, Scratch};
use self::images::Images;
use self::registers::{RegisterFile, Registers};
use self::returns::{Given, Returning};
use self::space::Space;
use super::stop::reason;
use super::watch::Watchpoints;
use super::wire::Wire;
use super::{Left, ServeError, drive, part};
use crate::engine::{CodeAddress, EngineError, InstanceId, ModuleId, Resume, Stop, Value};
use crate::making::Making;
use crate::session::Session;

/// The number of the first file that is open to gdb.
const FIRST_FD: u32 = 3;

/// Serves gdb until it leaves. `hello` is its first packet, which tells its
/// architecture where none is given.
pub(super) fn serve(
    session: &mut Session<'_>,
    wire: Wire,
    hello: &[u8],
    architecture: Option<Flavour>,
) -> Result<Left, ServeError> {
    let mut target = Gdb::new(session, architecture.unwrap_or_else(|| flavour(hello, session)))?;
    #[cfg(target_os = "linux")]
    target.give_file(&wire);
    drive::<Loop>(&mut target, wire)
}

/// The architecture of a gdb by its `qSupported`: one for x86 says that it
/// knows i386 registers (and knows x86-64, too), one for Arm does not.
fn flavour(hello: &[u8], session: &Session<'_>) -> Flavour {
    let knows = |name: &str| hello.windows(name.len()).any(|window| window == name.as_bytes());
    if knows("xmlRegisters=i386") || knows(",i386") {
        if has_narrow_classes(session) { Flavour::I386 } else { Flavour::X86_64 }
    } else if cfg!(target_arch = "aarch64") || knows("aarch64") {
        Flavour::Aarch64
    } else {
        Flavour::X86_64
    }
}

/// Whether a program has classes of C++, whose tables of virtual functions gdb
/// reads with pointers of its architecture, and pointers of 32 bits. Several
/// modules need more room.
fn has_narrow_classes(session: &Session<'_>) -> bool {
    let [code] = &session.code[..] else { return false };
    Making::read(code.bytes).is_cpp()
        && wasm_shadow::Module::parse(code.bytes).is_ok_and(|module| !module.is_memory64())
}

/// An engine as gdb sees it.
struct Gdb<'s, 'm> {
    session: &'s mut Session<'m>,
    images: Images<'m>,
    #[cfg(target_os = "linux")]
    file: Option<neighbour::ProgramFile>,
    registers: RegisterFile,
    description: String,
    space: Space,
    /// By gdb's address: several images may show the same code.
    breakpoints: BTreeMap<u64, CodeAddress>,
    /// Line tables have rows inside of instructions. Of a breakpoint there: the
    /// address of the next instruction, where it is, and gdb's.
    inside: BTreeMap<u64, u64>,
    /// Those that gdb sets where no instruction is, as on the stack.
    elsewhere: BTreeSet<u64>,
    watchpoints: Watchpoints,
    how: How,
    /// A stop that gdb is told of when it has loaded new libraries.
    held: Option<Stop>,
    /// Registers that gdb has set: it calls a function.
    set: Option<Registers>,
    /// What gdb has written below its stack, which is nothing of the program's;
    /// what a call has returned there is read until the program goes on.
    scratch: Scratch,
    /// Calls that gdb waits for to return.
    returning: Vec<Returning>,
    /// What the one that has returned has given.
    given: Option<Given>,
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
        let mut images = Images::new(session, flavour)?;
        let space = Space::read(&mut *session.engine, &mut images);
        let space = space.map_err(|error| ServeError::Shadow(error.to_string()))?;
        let registers = RegisterFile::new(flavour);
        Ok(Gdb {
            description: registers.description(),
            session,
            images,
            #[cfg(target_os = "linux")]
            file: None,
            registers,
            space,
            breakpoints: BTreeMap::new(),
            inside: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            watchpoints: Watchpoints::default(),
            how: How::Engine(Resume::Continue),
            held: None,
            set: None,
            scratch: Scratch::new(),
            returning: Vec::new(),
            given: None,
        })
    }

    /// Where the client is a `rust-gdb` of this machine, it reads the program as
    /// a file, and loads Rust's printers. Else, it reads it through the connection.
    #[cfg(target_os = "linux")]
    fn give_file(&mut self, wire: &Wire) {
        let directory = wire.ends().ok().and_then(|(client, own)| neighbour::rust_gdb_directory(client, own));
        let program = self.images.program_path().to_string();
        let opened = self.images.open(program.as_bytes());
        if let (Some(directory), Some(contents)) = (directory, opened.and_then(|number| self.images.file(number))) {
            self.file = neighbour::ProgramFile::write(&directory, &program, contents).ok();
        }
    }

    /// Where gdb finds the program.
    fn program_path(&self) -> &str {
        #[cfg(target_os = "linux")]
        if let Some(file) = &self.file {
            return &file.path;
        }
        self.images.program_path()
    }

    /// The registers of the program where it stands.
    fn state(&mut self) -> Registers {
        let result = self.space.top_operand(&mut *self.session.engine);
        let mut state = self.registers.state(self.pc(), self.space.top_record(), result);
        if let Some(given) = &self.given {
            self.registers.set_returned(&mut state, &given.place, &given.bytes, given.address);
        }
        state
    }

    /// Where a call of gdb's puts what it needs.
    fn below_stack(&self) -> Range<u64> {
        let layout = self.images.layout();
        let lowest = self.space.top_record().map_or(layout.stack_top(), |record| record.stack_pointer());
        layout.stack_floor()..lowest
    }

    /// The function that gdb can call at an address: it begins there, or a
    /// pointer to a function has this value, which is an index in a table.
    fn function_at(&mut self, address: u64) -> Option<(InstanceId, ModuleId, u32)> {
        if let Some(at) = self.images.code(address) {
            let code = self.session.code(at.module)?;
            let function = code.function_at(at.offset)?;
            let first = code.instruction_from(code.body(function)?.start)?;
            return (first == at.offset).then_some((self.images.instance_at(address)?, at.module, function));
        }
        let caller = self.space.top()?.instance;
        let (instance, function) = self.session.engine.table_function(caller, u32::try_from(address).ok()?).ok()?;
        let module = self.session.engine.instances().ok()?.get(instance.0 as usize)?.module;
        Some((instance, module, function))
    }

    /// Makes the call that gdb has set up, if it has.
    fn call(&mut self) -> Option<Result<(), String>> {
        let set = self.set.clone()?;
        if !self.is_call(&set) {
            return None;
        }
        let called = match self.function_at(set.pc) {
            Some((instance, module, function)) => self.make(set, instance, module, function),
            None => Err(format!("there is no function at {:#x}", set.pc)),
        };
        if called.is_err() {
            // The program stands where it did.
            self.set = None;
        }
        Some(called)
    }

    /// Whether registers are those of a call: it has a place to return to.
    fn is_call(&mut self, set: &Registers) -> bool {
        let state = self.state();
        let flavour = self.registers.flavour();
        let pointer = flavour.registers().stack_pointer.name;
        let places = [Some(pointer), registers::convention(flavour).link];
        places.into_iter().flatten().any(|name| self.registers.number(set, name) != self.registers.number(&state, name))
    }

    fn make(&mut self, set: Registers, instance: InstanceId, module: ModuleId, function: u32) -> Result<(), String> {
        let below = self.below_stack();
        let missing = || "its code is not known".to_string();
        let code = self.session.code.get(module.0 as usize).ok_or_else(missing)?;
        let name = code.function_name(function);
        let refused = |reason: String| format!("`{name}` cannot be called: {reason}");
        let ty = code.signature(function).ok_or_else(|| refused(missing()))?;
        let declared = abi::signature(self.registers.flavour(), code, function);
        let call = Call::read(&self.registers, &set, &self.scratch, &ty, declared.as_ref(), &below).map_err(refused)?;
        let engine = &mut *self.session.engine;
        let failed = |error: EngineError| format!("`{name}`: {error}");
        let memory =
            engine.instances().map_err(failed)?.get(instance.0 as usize).and_then(|i| i.memories.first().copied());
        let area = crate::call::below_stack(engine, code, instance, call.area as u64);
        let place = memory.zip(area).ok_or_else(|| refused("there is no stack to put the arguments on".to_string()));
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            arguments.push(match argument {
                Argument::Number(value) => *value,
                Argument::Copy { at, bytes, is_wide } => {
                    let (memory, start) = place.clone()?;
                    let address = start + *at as u64;
                    engine.write_memory(memory, address, bytes).map_err(failed)?;
                    if *is_wide { Value::I64(address) } else { Value::I32(address as u32) }
                }
            });
        }
        let results = crate::call::call(engine, code, instance, function, &arguments, area).map_err(failed)?;
        let Some(Returned::Value(passed)) = declared.as_ref().map(|declared| &declared.result) else {
            let mut registers = call.returned(&self.registers, set, &mut self.scratch, None);
            if let Some(result) = results.first() {
                self.registers.set_result(&mut registers, *result);
            }
            self.set = Some(registers);
            return Ok(());
        };
        let bytes = if call.returns_in_memory {
            let (memory, address) = place?;
            let mut bytes = vec![0; passed.bytes];
            engine.read_memory(memory, address, &mut bytes).map_err(failed)?;
            bytes
        } else {
            let bytes = call::result_bytes(passed, &results);
            bytes.ok_or_else(|| format!("what `{name}` has returned is not of the declared type"))?
        };
        self.set = Some(call.returned(&self.registers, set, &mut self.scratch, Some((passed, &bytes))));
        Ok(())
    }

    fn pc(&self) -> u64 {
        self.shown(self.space.top_pc(&self.images))
    }

    /// The address of the next instruction as gdb is to see it.
    fn shown(&self, pc: u64) -> u64 {
        self.inside.get(&pc).copied().unwrap_or(pc)
    }

    /// The instruction at gdb's address, or the next one.
    fn instruction(&self, address: u64) -> Option<CodeAddress> {
        let code = self.images.code(address)?;
        let offset = self.session.code(code.module)?.instruction_from(code.offset)?;
        Some(CodeAddress { offset, ..code })
    }

    /// How many bytes of gdb's an instruction takes, and its text: for the
    /// disassembler that the script gives to gdb.
    fn instruction_text(&self, address: u64) -> Option<String> {
        let at = self.images.code(address)?;
        let code = self.session.code(at.module)?;
        let function = code.function_at(at.offset)?;
        let lines = code.disassembly(function);
        let index = lines.iter().position(|line| line.offset == at.offset)?;
        let next = lines.get(index + 1).map_or(code.body(function)?.end, |line| line.offset);
        let next = self.images.address_beside(address, CodeAddress { offset: next, ..at })?;
        Some(format!("{} {}\n", next.checked_sub(address)?, lines[index].text))
    }

    fn refresh(&mut self) -> Result<(), String> {
        let space = Space::read(&mut *self.session.engine, &mut self.images);
        self.space = space.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Goes on as gdb wants; `None` if the client says something.
    fn go(&mut self, wire: &mut Wire) -> Result<Option<SingleThreadStopReason<u64>>, String> {
        let is_continuing = matches!(self.how, How::Engine(Resume::Continue | Resume::ReverseContinue));
        self.returning = returns::expected(self);
        self.given = None;
        let mut held = self.held.take().filter(|stop| !(is_continuing && *stop == Stop::Step));
        loop {
            let stop = match held.take() {
                Some(stop) => Some(stop),
                None => self.run(wire)?,
            };
            let images = self.images.count();
            self.refresh()?;
            let Some(stop) = stop else { return Ok(None) };
            if self.images.count() > images && !matches!(stop, Stop::Exited(_) | Stop::Dead) {
                // Of new code gdb has to know before it is told of a place there.
                self.held = Some(stop);
                return Ok(Some(SingleThreadStopReason::Library(())));
            }
            if is_continuing && stop == Stop::Breakpoint && !self.breakpoints.contains_key(&self.pc()) {
                // It is in another instance of the same code.
                continue;
            }
            self.given = returns::given(self, wire);
            if let Some(line) = self.watchpoints.line(&stop) {
                wire.say(&line);
            }
            return Ok(Some(reason(&stop, &self.watchpoints)));
        }
    }

    fn run(&mut self, wire: &mut Wire) -> Result<Option<Stop>, String> {
        let failed = |error: crate::engine::EngineError| error.to_string();
        match self.how {
            How::Engine(how) => wire.run(&mut *self.session.engine, how).map_err(failed),
            How::Range(start, end) => loop {
                let stop = wire.run(&mut *self.session.engine, Resume::Step).map_err(failed)?;
                if stop != Some(Stop::Step) {
                    return Ok(stop);
                }
                let top = self.session.top().map_err(|error| error.to_string())?;
                let pc = self.images.address(top.instance, top.pc).unwrap_or(0);
                if !(start..end).contains(&pc) {
                    return Ok(stop);
                }
            },
        }
    }

    fn set_breakpoints(&mut self) -> bool {
        let all = self.breakpoints.values().copied().collect();
        self.session.engine.set_breakpoints(&all).is_ok()
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

    fn support_libraries(&mut self) -> Option<LibrariesOps<'_, Self>> {
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

    /// Registers are set for calls, and set back afterwards. The program itself
    /// goes on where it stands: it cannot be sent elsewhere.
    fn write_registers(&mut self, registers: &Registers) -> TargetResult<(), Self> {
        let mut set = registers.clone();
        set.pc = self.registers.number(&set, self.images.layout().flavour().registers().pc.name);
        let is_known = set.pc == self.pc() || self.set.as_ref().is_some_and(|before| before.pc == set.pc);
        if !is_known && !self.is_call(&set) {
            self.set = None;
            return Err(TargetError::NonFatal);
        }
        if set == self.state() {
            self.set = None;
        } else {
            self.set = Some(set);
        }
        Ok(())
    }

    fn read_addrs(&mut self, start: u64, into: &mut [u8]) -> TargetResult<usize, Self> {
        let loaded = self.space.load(&mut *self.session.engine, &self.images, start, into);
        let mut length = loaded.unwrap_or(0);
        while let Some(byte) = self.scratch.get(&(start + length as u64)).filter(|_| length < into.len()) {
            into[length] = *byte;
            length += 1;
        }
        if length == 0 { Err(TargetError::NonFatal) } else { Ok(length) }
    }

    fn write_addrs(&mut self, start: u64, bytes: &[u8]) -> TargetResult<(), Self> {
        if self.below_stack().contains(&start) {
            self.scratch.extend(bytes.iter().zip(start..).map(|(byte, address)| (address, *byte)));
            return Ok(());
        }
        let stored = self.space.store(&mut *self.session.engine, &self.images, start, bytes);
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
        let is_new = self.breakpoints.insert(addr, code).is_none();
        if is_new && !self.set_breakpoints() {
            self.breakpoints.remove(&addr);
            return Ok(false);
        }
        if let Some(address) = self.images.address_beside(addr, code).filter(|address| *address != addr) {
            self.inside.insert(address, addr);
        }
        Ok(true)
    }

    fn remove_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        let Some(code) = self.instruction(addr) else {
            return Ok(self.elsewhere.remove(&addr));
        };
        if let Some(address) = self.images.address_beside(addr, code) {
            self.inside.remove(&address);
        }
        Ok(self.breakpoints.remove(&addr).is_some() && self.set_breakpoints())
    }
}

impl HwWatchpoint for Gdb<'_, '_> {
    fn add_hw_watchpoint(&mut self, addr: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        let (Some(memory), at) = self.space.memory_at(&self.images, addr) else { return Ok(false) };
        Ok(self.watchpoints.add(self.session, addr, (memory, at), len, kind))
    }

    fn remove_hw_watchpoint(&mut self, addr: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.watchpoints.remove(self.session, addr, len, kind))
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
        Ok(part(self.program_path().as_bytes(), offset, length, into))
    }
}

impl Libraries for Gdb<'_, '_> {
    fn get_libraries(&self, offset: u64, length: usize, into: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(self.images.library_list().as_bytes(), offset, length, into))
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
        let file = self.images.open(name).ok_or(HostIoError::Errno(HostIoErrno::ENOENT))?;
        Ok(FIRST_FD + file as u32)
    }
}

impl HostIoClose for Gdb<'_, '_> {
    fn close(&mut self, _: u32) -> HostIoResult<(), Self> {
        Ok(())
    }
}

impl HostIoPread for Gdb<'_, '_> {
    fn pread(&mut self, fd: u32, count: usize, offset: u64, into: &mut [u8]) -> HostIoResult<usize, Self> {
        Ok(part(self.file(fd)?, offset, count, into))
    }
}

impl HostIoFstat for Gdb<'_, '_> {
    fn fstat(&mut self, fd: u32) -> HostIoResult<HostIoStat, Self> {
        let size = self.file(fd)?.len() as u64;
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

impl Gdb<'_, '_> {
    fn file(&self, fd: u32) -> HostIoResult<&[u8], Self> {
        let number = fd.checked_sub(FIRST_FD).map(|number| number as usize);
        number.and_then(|number| self.images.file(number)).ok_or(HostIoError::Errno(HostIoErrno::EBADF))
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
        // It may watch something, for which the session sets what it knows of.
        self.watchpoints.set(self.session);
        self.set_breakpoints();
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
        match wire.interruptible(|| target.call()) {
            Some(Ok(())) => return Ok(Event::TargetStopped(SingleThreadStopReason::SwBreak(()))),
            // gdb says that the program was signalled in a function called by it.
            Some(Err(error)) => {
                wire.say(&error);
                return Ok(Event::TargetStopped(SingleThreadStopReason::Signal(Signal::SIGABRT)));
            }
            None => {}
        }
        target.set = None;
        target.scratch.clear();
        match target.go(wire).map_err(WaitForStopReasonError::Target)? {
            Some(reason) => Ok(Event::TargetStopped(reason)),
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
