//! Breakpoints as a client sets them: all of a kind at once.

use std::collections::BTreeMap;

use dap_types::{
    Breakpoint, BreakpointReason, DataBreakpointAccessType, SetBreakpointsArguments, SetBreakpointsResponse,
    SetDataBreakpointsArguments, SetExceptionBreakpointsArguments, SetExceptionBreakpointsResponse,
    SetFunctionBreakpointsArguments, StoppedEventReason,
};
use serde::Deserialize;
use serde_json::Value;

use super::Refusal;
use super::adapter::Adapter;
use super::arguments;
use super::instructions::parse_code;
use super::values::parse_data_id;
use super::wire::{Request, body_of};
use crate::engine::{Access, CodeAddress, Watchpoint};
use crate::expression::Condition;
use crate::session::{HitCondition, Location, Session, Watch};

/// What happens in a program besides its breakpoints.
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) description: &'static str,
    pub(super) default: bool,
}

pub(super) const TRAPS: &str = "trap";
pub(super) const EXCEPTIONS: &str = "exception";
pub(super) const PANICS: &str = "panic";

pub(super) const FILTERS: [Filter; 3] = [
    Filter { name: TRAPS, label: "Traps", description: "Stop at the instruction that traps.", default: true },
    Filter {
        name: EXCEPTIONS,
        label: "Uncaught exceptions",
        description: "Stop where an exception is thrown that nobody catches.",
        default: true,
    },
    Filter {
        name: PANICS,
        label: "Rust panics",
        description: "Stop when a panic begins, before anything is unwound or ended.",
        default: false,
    },
];

/// The function that every panic of Rust's std comes to.
const PANIC_FUNCTION: &str = "rust_panic";

/// All that a client has set. It outlives a restart of the program.
#[derive(Default)]
pub(super) struct Breakpoints {
    last_id: u64,
    /// By the path that the client names.
    lines: BTreeMap<String, Vec<Set>>,
    functions: Vec<Set>,
    instructions: Vec<Set>,
    data: Vec<SetData>,
    /// The exception filters that are on; nothing if the client does not say.
    filters: Option<Vec<String>>,
    panic: Option<Set>,
}

/// A breakpoint that was set.
struct Set {
    /// The client's number.
    id: u64,
    wanted: Wanted,
    /// The session's number, or why there is none.
    placed: Result<u32, String>,
}

#[derive(Clone)]
struct Wanted {
    location: Location,
    condition: Option<String>,
    hit_condition: Option<String>,
    message: Option<String>,
}

/// A watchpoint that was set.
struct SetData {
    id: u64,
    wanted: Option<Watch>,
    /// The session's number, or why there is none.
    placed: Result<u32, String>,
}

/// A breakpoint that the program is at, as the client knows it.
pub(super) struct Hit {
    pub(super) id: u64,
    pub(super) reason: StoppedEventReason,
}

impl Breakpoints {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Set> {
        let lines = self.lines.values_mut().flatten();
        lines.chain(&mut self.functions).chain(&mut self.instructions).chain(&mut self.panic)
    }

    /// The client's breakpoints among these of the session.
    pub(super) fn hits(&self, numbers: &[u32]) -> Vec<Hit> {
        let of = |sets: &[Set], reason: StoppedEventReason| {
            let hit = sets.iter().filter(|set| set.placed.as_ref().is_ok_and(|number| numbers.contains(number)));
            hit.map(|set| Hit { id: set.id, reason: reason.clone() }).collect::<Vec<_>>()
        };
        let mut hits: Vec<Hit> =
            self.lines.values().flat_map(|sets| of(sets, StoppedEventReason::Breakpoint)).collect();
        hits.extend(of(&self.functions, StoppedEventReason::FunctionBreakpoint));
        hits.extend(of(&self.instructions, StoppedEventReason::InstructionBreakpoint));
        hits.extend(of(self.panic.as_slice(), StoppedEventReason::Exception));
        hits
    }

    /// The client's number of a watch of the session.
    pub(super) fn watch(&self, number: u32) -> Option<u64> {
        self.data.iter().find(|data| data.placed == Ok(number)).map(|data| data.id)
    }

    /// Forgets a watch that has ended, and says what the client knows it as.
    pub(super) fn forget_watch(&mut self, number: u32) -> Option<Breakpoint> {
        let at = self.data.iter().position(|data| data.placed == Ok(number))?;
        Some(breakpoint(Some(self.data.remove(at).id), Err("the call is over".to_string())))
    }

    /// Whether a filter for what happens is on.
    pub(super) fn stops_at(&self, filter: &str) -> bool {
        match &self.filters {
            Some(on) => on.iter().any(|on| on == filter),
            None => FILTERS.iter().any(|known| known.name == filter && known.default),
        }
    }

    /// Sets everything in a program that was started anew.
    pub(super) fn set_again(&mut self, session: &mut Session<'_>) {
        for set in self.all() {
            set.placed = place(session, &set.wanted);
        }
        for data in &mut self.data {
            data.placed = match &data.wanted {
                Some(wanted) if wanted.scope.is_some() => Err("the call is over whose variable it was".to_string()),
                Some(wanted) => session.watch(wanted.clone()).map_err(|error| error.to_string()),
                None => continue,
            };
        }
    }

    /// Removes everything from a program.
    pub(super) fn clear(&mut self, session: &mut Session<'_>) {
        for set in self.all() {
            remove(session, set);
        }
        self.data.iter().for_each(|data| unwatch(session, data));
        *self = Breakpoints { last_id: self.last_id, ..Breakpoints::default() };
    }
}

fn place(session: &mut Session<'_>, wanted: &Wanted) -> Result<u32, String> {
    let hit_condition = given(wanted.hit_condition.as_deref(), str::parse::<HitCondition>)?;
    let condition = wanted.condition.clone().filter(|condition| !condition.trim().is_empty());
    let number =
        session.set_breakpoint(wanted.location.clone(), condition, false).map_err(|error| error.to_string())?;
    if let Some(breakpoint) = session.breakpoint_mut(number) {
        breakpoint.hit_condition = hit_condition;
        breakpoint.message = wanted.message.clone();
    }
    Ok(number)
}

fn remove(session: &mut Session<'_>, set: &Set) {
    if let Ok(number) = set.placed {
        // An engine does not refuse fewer breakpoints than it has.
        let _ = session.remove_breakpoint(number);
    }
}

fn unwatch(session: &mut Session<'_>, data: &SetData) {
    if let Ok(number) = data.placed {
        // An engine does not refuse fewer watchpoints than it has.
        let _ = session.unwatch(number);
    }
}

/// A condition that a client gives: an empty one is none.
fn given<T>(text: Option<&str>, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(parse).transpose()
}

impl Adapter<'_, '_> {
    pub(super) fn set_breakpoints(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: SetBreakpointsArguments = arguments(request)?;
        let path = asked.source.path.ok_or("a source without a path has no breakpoints")?;
        let file = self.client.paths.compiled(&path);
        let wanted = asked.breakpoints.unwrap_or_default().into_iter().map(|breakpoint| Wanted {
            location: Location::Line { file: file.clone(), line: self.client.line_meant(breakpoint.line) },
            condition: breakpoint.condition,
            hit_condition: breakpoint.hit_condition,
            message: breakpoint.log_message,
        });
        let wanted: Vec<Wanted> = wanted.collect();
        let before = self.breakpoints.lines.remove(&path).unwrap_or_default();
        let sets = self.replace(before, wanted);
        let described = sets.iter().map(|set| self.describe(set)).collect();
        self.breakpoints.lines.insert(path, sets);
        Ok(body_of(&SetBreakpointsResponse { breakpoints: described }))
    }

    pub(super) fn set_function_breakpoints(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: SetFunctionBreakpointsArguments = arguments(request)?;
        let wanted = asked.breakpoints.into_iter().map(|breakpoint| Wanted {
            location: Location::Function(breakpoint.name),
            condition: breakpoint.condition,
            hit_condition: breakpoint.hit_condition,
            message: None,
        });
        let before = std::mem::take(&mut self.breakpoints.functions);
        let sets = self.replace(before, wanted.collect());
        let described = sets.iter().map(|set| self.describe(set)).collect();
        self.breakpoints.functions = sets;
        Ok(body_of(&SetBreakpointsResponse { breakpoints: described }))
    }

    pub(super) fn set_instruction_breakpoints(&mut self, request: &Request) -> Result<Value, Refusal> {
        // The type of `dap-types` lacks the sign of the offset.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wish {
            instruction_reference: String,
            #[serde(default)]
            offset: i64,
            condition: Option<String>,
            hit_condition: Option<String>,
        }
        #[derive(Deserialize)]
        struct Wishes {
            breakpoints: Vec<Wish>,
        }
        let asked: Wishes = arguments(request)?;
        let mut wanted = Vec::new();
        for breakpoint in asked.breakpoints {
            let start = parse_code(&breakpoint.instruction_reference)?;
            let offset = i64::from(start.offset).saturating_add(breakpoint.offset);
            let offset = u32::try_from(offset).map_err(|_| "an offset that no module has")?;
            wanted.push(Wanted {
                location: Location::Instruction(CodeAddress { offset, ..start }),
                condition: breakpoint.condition,
                hit_condition: breakpoint.hit_condition,
                message: None,
            });
        }
        let before = std::mem::take(&mut self.breakpoints.instructions);
        let sets = self.replace(before, wanted);
        let described = sets.iter().map(|set| self.describe(set)).collect();
        self.breakpoints.instructions = sets;
        Ok(body_of(&SetBreakpointsResponse { breakpoints: described }))
    }

    pub(super) fn set_exception_breakpoints(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: SetExceptionBreakpointsArguments = arguments(request)?;
        let options = asked.filter_options.into_iter().flatten().map(|option| option.filter_id);
        let on: Vec<String> = asked.filters.into_iter().chain(options).collect();
        if let Some(unknown) = on.iter().find(|name| FILTERS.iter().all(|filter| filter.name != **name)) {
            return Err(Refusal(format!("there is no exception filter `{unknown}`")));
        }
        let wanted = on.iter().any(|name| name == PANICS).then(|| Wanted {
            location: Location::Function(PANIC_FUNCTION.to_string()),
            condition: None,
            hit_condition: None,
            message: None,
        });
        let before = self.breakpoints.panic.take();
        let sets = self.replace(before.into_iter().collect(), wanted.into_iter().collect());
        self.breakpoints.panic = sets.into_iter().next();
        let described = on.iter().map(|name| match &self.breakpoints.panic {
            Some(set) if name == PANICS => match set.placed {
                Ok(_) => breakpoint(Some(set.id), Ok(())),
                Err(_) => breakpoint(Some(set.id), Err("the program has no panics of Rust's std".to_string())),
            },
            _ => breakpoint(None, Ok(())),
        });
        let described = described.collect();
        self.breakpoints.filters = Some(on);
        Ok(body_of(&SetExceptionBreakpointsResponse { breakpoints: Some(described) }))
    }

    pub(super) fn set_data_breakpoints(&mut self, request: &Request) -> Result<Value, Refusal> {
        let asked: SetDataBreakpointsArguments = arguments(request)?;
        std::mem::take(&mut self.breakpoints.data).iter().for_each(|data| unwatch(self.session, data));
        let mut data = Vec::new();
        for asked in asked.breakpoints {
            let access = match asked.access_type {
                Some(DataBreakpointAccessType::Read) => Access::Read,
                Some(DataBreakpointAccessType::ReadWrite) => Access::Any,
                Some(DataBreakpointAccessType::Write) | None => Access::Write,
            };
            let wanted = || {
                let (memory, range, scope) = parse_data_id(&asked.data_id).map_err(|refusal| refusal.0)?;
                let parse = |text: &str| Condition::parse(text).map_err(|error| error.to_string());
                Ok::<_, String>(Watch {
                    scope,
                    condition: given(asked.condition.as_deref(), parse)?,
                    hit_condition: given(asked.hit_condition.as_deref(), str::parse::<HitCondition>)?,
                    ..Watch::new(Watchpoint { memory, range, access })
                })
            };
            let (wanted, placed) = match wanted() {
                Ok(wanted) => {
                    let placed = self.session.watch(wanted.clone()).map_err(|error| error.to_string());
                    (Some(wanted), placed)
                }
                Err(reason) => (None, Err(reason)),
            };
            data.push(SetData { id: self.breakpoints.id(), wanted, placed });
        }
        let described =
            data.iter().map(|data| breakpoint(Some(data.id), data.placed.as_ref().map(drop).map_err(Clone::clone)));
        let described = described.collect();
        self.breakpoints.data = data;
        Ok(body_of(&SetBreakpointsResponse { breakpoints: described }))
    }

    /// Removes breakpoints, and sets others in their place.
    fn replace(&mut self, before: Vec<Set>, wanted: Vec<Wanted>) -> Vec<Set> {
        before.iter().for_each(|set| remove(self.session, set));
        let mut sets = Vec::new();
        for wanted in wanted {
            let placed = match self.no_debug {
                false => place(self.session, &wanted),
                true => Err("the program runs without debugging".to_string()),
            };
            sets.push(Set { id: self.breakpoints.id(), wanted, placed });
        }
        sets
    }

    /// A breakpoint with the place where it is.
    fn describe(&mut self, set: &Set) -> Breakpoint {
        let number = match &set.placed {
            Ok(number) => *number,
            Err(reason) => return breakpoint(Some(set.id), Err(reason.clone())),
        };
        let mut described = breakpoint(Some(set.id), Ok(()));
        let known = self.session.breakpoints().iter().find(|breakpoint| breakpoint.number == number);
        let known = known.and_then(|breakpoint| Some((breakpoint.location.clone(), *breakpoint.addresses.first()?)));
        let Some((location, address)) = known else { return described };
        described.instruction_reference = Some(super::instructions::code_reference(address));
        if let Some(place) = self.session.place_at(&location, address) {
            described.line = Some(self.client.line(place.line));
            described.column = place.column.map(|column| self.client.column(Some(column)));
            described.source = Some(self.client.paths.source(&place.path));
        }
        described
    }

    /// Tells the client where its breakpoints are in a program that was started
    /// anew.
    pub(super) fn breakpoints_moved(&mut self) {
        let mut sets: Vec<Set> = Vec::new();
        for set in self.breakpoints.all() {
            sets.push(Set { id: set.id, wanted: set.wanted.clone(), placed: set.placed.clone() });
        }
        for set in sets {
            let breakpoint = self.describe(&set);
            let reason = dap_types::BreakpointEventReason::Changed;
            self.client.out.event::<dap_types::events::Breakpoint>(dap_types::BreakpointEvent { reason, breakpoint });
        }
    }
}

fn breakpoint(id: Option<u64>, placed: Result<(), String>) -> Breakpoint {
    Breakpoint {
        id,
        verified: placed.is_ok(),
        reason: placed.is_err().then_some(BreakpointReason::Failed),
        message: placed.err(),
        source: None,
        line: None,
        column: None,
        end_line: None,
        end_column: None,
        instruction_reference: None,
        offset: None,
    }
}
