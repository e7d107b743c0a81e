//! Expressions of C and Rust over the variables of a stopped program: for
//! conditions of breakpoints, `print`, watch windows, assignments.

mod condition;
mod evaluate;
mod frame;
mod plan;
mod syntax;
mod types;

use std::ops::Range;

use wasm_source::Limits;

use crate::engine::{Frame, Value};
use crate::session::Session;
use evaluate::{Data, Evaluator};
use frame::Stopped;

pub use condition::Condition;
pub use syntax::ExpressionError;

/// How values are shown where nothing else is asked for.
pub const LIMITS: Limits = Limits { depth: 6, elements: 200, text: 200, total: 8192 };

/// A value, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The value in one line, as its language writes it.
    pub text: String,
    /// The name of its type.
    pub type_name: String,
    /// Its address in linear memory, if it is there.
    pub address: Option<u64>,
    /// Its size in bytes, where that is known.
    pub size_bytes: Option<u64>,
    /// Its number, if it is one: of pointers the address, of enumerations the
    /// constant.
    pub integer: Option<i128>,
    /// How many parts it unfolds into.
    pub child_count: u64,
    /// The value itself, to ask for its parts.
    pub handle: Handle,
}

/// A value of a stopped program. It means nothing any more once that has gone
/// on.
#[derive(Clone, Debug, PartialEq)]
pub struct Handle {
    data: Data,
    frame: usize,
    inlined_at: usize,
    /// A variable of the frame has led to it.
    is_local: bool,
}

impl Evaluated {
    /// The engine's frame whose variable has led to the value: it means
    /// nothing when that is left.
    pub fn scope(&self) -> Option<usize> {
        self.handle.is_local.then_some(self.handle.frame)
    }
}

/// A variable in scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it is a parameter.
    pub is_parameter: bool,
    /// Whether another one of that name, in an inner block, hides it.
    pub is_hidden: bool,
    /// Its value, or why there is none.
    pub value: Result<Evaluated, String>,
}

/// What a type is made of, in the words of its language: of an expression, or
/// a type by its name.
///
/// # Errors
/// If there is neither.
pub fn describe_type(
    session: &mut Session<'_>,
    frame: usize,
    inlined_at: usize,
    text: &str,
) -> Result<String, ExpressionError> {
    let stopped = Stopped::of(session, frame)?;
    let mut evaluator = Evaluator::new(&stopped, inlined_at);
    if let Some(described) = evaluator.describe_named(text) {
        return Ok(described);
    }
    let expression = syntax::parse(text)?;
    let data = evaluator.evaluate(&expression)?;
    let data = evaluator.resolved(data, expression.column)?;
    Ok(evaluator.describe(&data))
}

/// Evaluates an expression in a frame: `frame` is the engine's, `inlined_at`
/// the inlined call in it, 0 the innermost (as in
/// [`Call`](crate::session::Call)).
///
/// # Errors
/// If it cannot be read or evaluated: column and reason.
pub fn evaluate(
    session: &mut Session<'_>,
    frame: usize,
    inlined_at: usize,
    text: &str,
) -> Result<Evaluated, ExpressionError> {
    let expression = syntax::parse(text)?;
    let stopped = Stopped::of(session, frame)?;
    let mut evaluator = Evaluator::new(&stopped, inlined_at);
    let data = evaluator.evaluate(&expression)?;
    let data = evaluator.resolved(data, expression.column)?;
    Ok(evaluator.show(data, LIMITS))
}

/// The text that an expression gives: of strings, and of what C has for them;
/// nothing of other values.
///
/// # Errors
/// As [`evaluate`].
pub fn text(
    session: &mut Session<'_>,
    frame: usize,
    inlined_at: usize,
    text: &str,
) -> Result<Option<String>, ExpressionError> {
    let expression = syntax::parse(text)?;
    let stopped = Stopped::of(session, frame)?;
    let mut evaluator = Evaluator::new(&stopped, inlined_at);
    let data = evaluator.evaluate(&expression)?;
    let data = evaluator.resolved(data, expression.column)?;
    Ok(evaluator.text(&data)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The variables of a frame: parameters and locals, as the source declares
/// them.
///
/// # Errors
/// If the program has ended.
pub fn variables(session: &mut Session<'_>, frame: usize, inlined_at: usize) -> Result<Vec<Variable>, ExpressionError> {
    let stopped = Stopped::of(session, frame)?;
    Ok(Evaluator::new(&stopped, inlined_at).variables(LIMITS))
}

/// What a function that has just returned to the innermost frame gave back;
/// nothing if that is not known, or too large for the operand stack.
pub fn returned(session: &mut Session<'_>, ty: wasm_source::TypeId) -> Option<Evaluated> {
    let operand = session.engine.operands(0).ok()?.last()?.bytes();
    let stopped = Stopped::of(session, 0).ok()?;
    let size = usize::try_from(stopped.code.source()?.size_of(ty)?).ok()?;
    let bytes = operand.get(..size).filter(|bytes| !bytes.is_empty())?.to_vec();
    let value = Data::Typed(wasm_source::Value::of_bytes(ty, bytes), None);
    Some(Evaluator::new(&stopped, 0).show(value, LIMITS))
}

/// The parts of a value, at these places among them, by name.
///
/// # Errors
/// If they cannot be read.
pub fn children(
    session: &mut Session<'_>,
    handle: &Handle,
    places: Range<u64>,
) -> Result<Vec<(String, Evaluated)>, ExpressionError> {
    let stopped = Stopped::of(session, handle.frame)?;
    let evaluator = Evaluator::new(&stopped, handle.inlined_at);
    evaluator.is_local.set(handle.is_local);
    evaluator.children(&handle.data, places, LIMITS)
}

/// A value of WebAssembly as it is shown: an object with its parts.
///
/// # Errors
/// If there is no such frame.
pub fn show(session: &mut Session<'_>, frame: usize, value: Value) -> Result<Evaluated, ExpressionError> {
    let stopped = Stopped::of(session, frame)?;
    let evaluator = Evaluator::new(&stopped, 0);
    Ok(evaluator.show(evaluator.wasm(value), LIMITS))
}

/// A value in linear memory as it is now, wherever the program stands.
///
/// # Errors
/// If the program has ended.
pub fn again(session: &mut Session<'_>, handle: &Handle) -> Result<Evaluated, ExpressionError> {
    let frames = session.engine.frames(2).unwrap_or_default();
    let frame = frames.iter().position(|frame| matches!(frame, Frame::Wasm(_))).unwrap_or(0);
    let stopped = Stopped::of(session, frame)?;
    Ok(Evaluator::new(&stopped, 0).show(handle.data.clone(), LIMITS))
}

/// Remembers a value as it is now, and gives it its number: expressions name it
/// `$1` and so on. What it points to is not kept.
pub fn remember(session: &mut Session<'_>, value: &Evaluated) -> usize {
    let mut handle = value.handle.clone();
    if let Data::Typed(typed, _) = &handle.data
        && let Ok(stopped) = Stopped::of(session, handle.frame)
        && let Some(bytes) = Evaluator::new(&stopped, handle.inlined_at).copy(typed)
    {
        handle.data = Data::Typed(wasm_source::Value::of_bytes(typed.ty, bytes), None);
    }
    session.history.push(handle);
    session.history.len()
}

/// Assigns what an expression gives to a value.
///
/// # Errors
/// If it cannot be evaluated, or does not lie where it can be set.
pub fn assign(session: &mut Session<'_>, handle: &Handle, text: &str) -> Result<Evaluated, ExpressionError> {
    let expression = syntax::parse(text)?;
    let stopped = Stopped::of(session, handle.frame)?;
    let mut evaluator = Evaluator::new(&stopped, handle.inlined_at);
    let value = evaluator.evaluate(&expression)?;
    let data = evaluator.store(handle.data.clone(), value, expression.column)?;
    Ok(evaluator.show(data, LIMITS))
}
