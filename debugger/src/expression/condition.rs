//! Conditions of breakpoints: parsed when they are set, their names looked up
//! where the program first comes to them.

use std::fmt;

use super::evaluate::Evaluator;
use super::frame::Stopped;
use super::plan::{Here, Plan};
use super::syntax::{self, Expression, ExpressionError};
use crate::code::Code;
use crate::engine::{CodeAddress, Engine, InstanceId, MemoryId, WasmFrame};

/// An expression that must be true for a breakpoint to stop the program.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    expression: Expression,
    /// What it means at the places that it was evaluated at.
    places: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    pc: CodeAddress,
    instance: InstanceId,
    memory: Option<MemoryId>,
    /// Nothing if the evaluator must be asked each time.
    plan: Option<Plan>,
}

impl Condition {
    /// Reads a condition; what it means is seen when it is evaluated.
    ///
    /// # Errors
    /// If it cannot be read: column and reason.
    pub fn parse(text: &str) -> Result<Condition, ExpressionError> {
        let text = text.trim().to_string();
        Ok(Condition { expression: syntax::parse(&text)?, text, places: Vec::new() })
    }

    /// Whether it is true in the innermost frame, which is `top`, in this
    /// inlined call of it.
    ///
    /// # Errors
    /// If it cannot be evaluated, or is neither a truth value nor a number.
    pub fn holds(
        &mut self,
        engine: &mut dyn Engine,
        code: &[Code<'_>],
        top: &WasmFrame,
        inlined_at: usize,
    ) -> Result<bool, ExpressionError> {
        let is_here = |known: &&Known| known.pc == top.pc && known.instance == top.instance;
        if let Some(known) = self.places.iter().find(is_here) {
            let number =
                known.plan.as_ref().and_then(|plan| plan.run(&mut Here::new(engine, known.instance, known.memory)));
            if let Some(number) = number {
                return Ok(number.truth());
            }
        }
        let is_new = !self.places.iter().any(|known| is_here(&known));
        let stopped = Stopped::new(engine, code, 0)?;
        let mut evaluator = Evaluator::new(&stopped, inlined_at);
        if is_new {
            let plan = Plan::of(&mut evaluator, &self.expression);
            self.places.push(Known { pc: top.pc, instance: top.instance, memory: stopped.memory, plan });
        }
        let data = evaluator.evaluate(&self.expression)?;
        evaluator.truth(&data, self.expression.column)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
