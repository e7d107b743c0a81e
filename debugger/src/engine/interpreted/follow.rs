//! How the interpreter and a run at full speed hand a program to each other.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use wasm_interpreter::{ExportKind, Extern};

use super::Interpreted;
use super::plain::{Calls, Digest, End, Preparation};
use crate::engine::{EngineError, Result, Stop, TrapKind};

/// How many instructions the interpreter runs before it looks around. Programs
/// that end within the first that many are never compiled.
const SLICE: u64 = 1 << 22;
/// How long the interpreter goes on beyond the last thing that it knows an
/// interrupted run to have done, to show what it did then.
const BEYOND: Duration = Duration::from_millis(500);
/// When people want to know that something goes on.
const PATIENCE: Duration = Duration::from_secs(1);

/// A run at full speed that ended; the interpreter is behind.
pub(super) struct Ahead {
    /// What the run left behind.
    digest: Option<u64>,
}

impl Interpreted {
    /// Runs the program until it stops, by the fastest way.
    pub(super) fn run_on(&mut self) -> Result<Stop> {
        while self.may_run_plain() {
            if let Some(stop) = self.run_until(self.machine.instructions().saturating_add(SLICE))? {
                return Ok(stop);
            }
            self.prepare();
            self.plain.look();
            if let Preparation::Done(_) = self.plain
                && let Some(stop) = self.run_plain()?
            {
                return Ok(stop);
            }
        }
        Ok(self.run_until(u64::MAX)?.unwrap_or(Stop::Exited(0)))
    }

    /// Runs the program from its beginning to its end at full speed, even if
    /// making that ready takes longer than the run.
    ///
    /// # Errors
    /// If the program cannot run at full speed, and says why.
    pub fn run_at_full_speed(&mut self) -> Result<Stop> {
        self.diverge();
        if !self.may_run_plain() {
            return Err(EngineError::Unsupported("breakpoints, watchpoints and changes need the interpreter".into()));
        }
        self.prepare();
        self.plain.wait().map_err(EngineError::Unsupported)?;
        let unsupported = || EngineError::Unsupported("the program cannot run as compiled code".to_string());
        self.stop = self.run_plain()?.ok_or_else(unsupported)?;
        Ok(self.stop.clone())
    }

    /// Whether nothing can stop the program that only the interpreter sees.
    fn may_run_plain(&self) -> bool {
        self.breakpoints.is_empty() && self.watchpoints.is_empty() && !matches!(self.plain, Preparation::Never)
    }

    /// Begins to compile the program, if nobody has and it can be.
    fn prepare(&mut self) {
        if let Preparation::None = self.plain {
            match self.calls() {
                Some(calls) => self.plain.begin(self.modules[0].bytes.clone(), calls, self.machine.store.limits()),
                None => self.plain = Preparation::Never,
            }
        }
    }

    /// What the stages call, beside the start function; nothing if the program
    /// cannot run as compiled code.
    fn calls(&self) -> Option<Calls> {
        let store = &self.machine.store;
        let mut instances = store.instances();
        let (instance, None) = (instances.next()?, instances.next()) else { return None };
        let memories = (0..).map_while(|index| store.memory(wasm_interpreter::MemoryId(index)));
        if { memories }.any(|memory| memory.ty().shared) {
            return None;
        }
        let started = usize::from(store.module(instance)?.start().is_some());
        let call = |stage: &super::Stage| Some((store.function_origin(stage.function)?.1, stage.arguments.clone()));
        self.stages.iter().skip(started).map(call).collect()
    }

    /// Runs the program at full speed, from its beginning. Nothing if that is
    /// not possible after all.
    fn run_plain(&mut self) -> Result<Option<Stop>> {
        let Preparation::Done(plain) = &self.plain else { return Ok(None) };
        let visitor = self.visitor.clone().filter(|_| self.receives);
        let Ok(run) = plain.run(self.host.share(), &self.bell, visitor) else {
            self.plain = Preparation::Never;
            return Ok(None);
        };
        match run.end {
            End::Exit(code) => {
                self.ahead = Some(Ahead { digest: run.digest });
                self.tell(run.results);
                Ok(Some(Stop::Exited(code)))
            }
            End::Interrupt => {
                self.bell.answer();
                self.follow_interrupted().map(Some)
            }
            End::Unknown => {
                let stop = self.follow(None)?;
                match &stop {
                    // The depth of calls is each engine's own.
                    Stop::Trap(trap) if trap.kind == TrapKind::StackExhausted => {}
                    // The other run has called what cleans up, too.
                    Stop::Exception { .. } => {}
                    Stop::Trap(_) => self.compare(run.digest)?,
                    Stop::Exited(_) if run.digest.is_some() => {
                        return Err(diverged("that one trapped, this one came to the end"));
                    }
                    _ => {}
                }
                Ok(Some(stop))
            }
        }
    }

    /// Brings the interpreter to where the program is, if it is behind.
    ///
    /// # Errors
    /// If it does not come there.
    pub(super) fn catch_up(&mut self) -> Result<()> {
        let Some(ahead) = self.ahead.take() else { return Ok(()) };
        let quiet = self.quiet();
        self.host.close(true);
        let stop = self.follow(None);
        self.host.close(false);
        self.loud(quiet)?;
        let end = std::mem::replace(&mut self.stop, stop?);
        match self.stop == end {
            true => self.compare(ahead.digest),
            // Someone has lost patience: the program stands where it is now.
            false if self.stop == Stop::Interrupt => Ok(()),
            false => Err(diverged(&format!("that one ended so: {end}, this one so: {}", self.stop))),
        }
    }

    /// Runs the interpreter until it stops by itself, or until it has been on
    /// its way for some time after all that the journal knows.
    fn follow(&mut self, beyond: Option<Duration>) -> Result<Stop> {
        // On its way it is where the program has been.
        let receives = std::mem::take(&mut self.receives);
        let stop = self.follow_on(beyond);
        self.receives = receives;
        stop
    }

    fn follow_on(&mut self, beyond: Option<Duration>) -> Result<Stop> {
        let known = self.host.known();
        let progress = Progress::new(known);
        let mut there = None;
        loop {
            if let Some(stop) = self.run_until(self.machine.instructions().saturating_add(SLICE))? {
                return Ok(if beyond.is_some() && self.host.refused() { Stop::Interrupt } else { stop });
            }
            progress.show(self.host.position());
            if let Some(beyond) = beyond
                && self.host.position() >= known
                && there.get_or_insert_with(Instant::now).elapsed() >= beyond
            {
                return Ok(Stop::Interrupt);
            }
        }
    }

    /// Brings the interpreter to a place where an interrupted run may have
    /// been: beyond all that the host was asked for.
    fn follow_interrupted(&mut self) -> Result<Stop> {
        // What is interrupted must not wait for the host again.
        self.host.close(true);
        let stop = self.follow(Some(BEYOND));
        self.host.close(false);
        stop
    }

    /// Whether the interpreter's state is what a run at full speed left.
    fn compare(&mut self, digest: Option<u64>) -> Result<()> {
        let Preparation::Done(plain) = &self.plain else { return Ok(()) };
        let store = &self.machine.store;
        let mut mine = Digest::default();
        for memory in (0..).map_while(|index| store.memory(wasm_interpreter::MemoryId(index))) {
            mine.memory(memory.bytes());
        }
        for index in plain.globals() {
            let instance = wasm_interpreter::InstanceId(0);
            if let Some(Extern::Global(global)) = store.item(instance, ExportKind::Global, index) {
                mine.bits(store.global(global).map_or(0, |(_, value)| value.to_bits()));
            }
        }
        let mine = mine.finish();
        match digest {
            Some(theirs) if theirs != mine => {
                self.plain = Preparation::Never;
                Err(diverged("memory or globals differ at the end"))
            }
            _ => Ok(()),
        }
    }
}

fn diverged(how: &str) -> EngineError {
    EngineError::Failed(format!("the interpreter went another way than the run at full speed: {how}"))
}

/// Says on a terminal that the interpreter is on its way, when it takes long.
struct Progress {
    started: Instant,
    bar: ProgressBar,
}

impl Progress {
    fn new(calls: usize) -> Progress {
        let bar = ProgressBar::hidden();
        bar.set_length(calls as u64);
        let style =
            "{spinner} the interpreter follows: {pos} of {len} calls of the host, {elapsed} (interrupt to stop here)";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Progress { started: Instant::now(), bar }
    }

    fn show(&self, position: usize) {
        if self.bar.is_hidden() && self.started.elapsed() >= PATIENCE {
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_position(position as u64);
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
