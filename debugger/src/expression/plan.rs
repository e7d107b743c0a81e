//! Expressions whose names are looked up once for a place in the code, so that
//! a condition in a hot loop costs little more than the values that it reads.
//!
//! A plan has numbers, variables of numbers and pointers, their fields,
//! arithmetic and comparisons. It gives what the evaluator gives, or nothing:
//! then the evaluator is asked, which also knows the words for what went wrong.

use wasm_source::{Encoding, FixedPlace, Language, Register, Source, Type, TypeId, TypeKind};

use super::evaluate::{Data, Evaluator, MAX_DEREFS, arithmetic, compare, holds, negated};
use super::syntax::{Binary, Expression, Kind, Unary};
use super::types::{Builtin, Number};
use crate::engine::{Engine, InstanceId, MemoryId, Value};

/// How to compute a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plan {
    Number(Number),
    Load(Place, Builtin),
    Unary(Unary, bool, Box<Plan>),
    Binary(Binary, Box<Plan>, Box<Plan>),
    Cast(Box<Plan>, Builtin),
}

/// Where a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Register(Register),
    /// So many bytes from an address.
    Memory(Box<Address>, i64),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Address {
    Zero,
    Register(Register),
    /// A pointer's target, and the pointer's type.
    Target(Place, Builtin),
}

/// What a part of an expression is while it is planned.
enum Part {
    Number(Plan),
    Value(Place, TypeId),
}

impl Plan {
    /// The plan for an expression, if it can have one.
    pub(super) fn of(evaluator: &mut Evaluator<'_, '_, '_>, expression: &Expression) -> Option<Plan> {
        let part = part(evaluator, expression)?;
        number(evaluator, part, true)
    }

    /// The number that it gives in the innermost frame.
    pub(super) fn run(&self, at: &mut Here<'_>) -> Option<Number> {
        match self {
            Plan::Number(number) => Some(*number),
            Plan::Load(place, ty) => at.load(place, *ty),
            Plan::Unary(operator, is_rust, operand) => Some(negated(*operator, operand.run(at)?, *is_rust)),
            Plan::Binary(operator, left, right) => {
                let first = left.run(at)?;
                match operator {
                    Binary::And if !first.truth() => return Some(Number::Boolean(false)),
                    Binary::Or if first.truth() => return Some(Number::Boolean(true)),
                    _ => {}
                }
                let second = right.run(at)?;
                Some(match operator {
                    Binary::And | Binary::Or => Number::Boolean(second.truth()),
                    _ if operator.compares() => Number::Boolean(holds(*operator, compare(first, second))),
                    _ => return arithmetic(*operator, first, second).ok(),
                })
            }
            Plan::Cast(operand, ty) => Some(operand.run(at)?.cast(*ty)),
        }
    }
}

/// The innermost frame, while a plan runs in it.
pub(super) struct Here<'e> {
    engine: &'e mut dyn Engine,
    instance: InstanceId,
    memory: Option<MemoryId>,
    locals: Option<Vec<Value>>,
}

impl<'e> Here<'e> {
    pub(super) fn new(engine: &'e mut dyn Engine, instance: InstanceId, memory: Option<MemoryId>) -> Here<'e> {
        Here { engine, instance, memory, locals: None }
    }

    fn load(&mut self, place: &Place, ty: Builtin) -> Option<Number> {
        match place {
            Place::Register(register) => {
                let (bits, size) = bits(self.register(*register)?)?;
                (size >= ty.size()).then(|| ty.read(&bits.to_le_bytes()))
            }
            Place::Memory(address, offset) => {
                let address = self.address(address)?.wrapping_add_signed(*offset);
                let mut bytes = [0; 16];
                let into = bytes.get_mut(..ty.size())?;
                self.engine.read_memory(self.memory?, address, into).ok()?;
                Some(ty.read(&bytes))
            }
        }
    }

    fn register(&mut self, register: Register) -> Option<Value> {
        match register {
            Register::Local(index) => {
                if self.locals.is_none() {
                    self.locals = self.engine.locals(0).ok();
                }
                self.locals.as_ref()?.get(index as usize).copied()
            }
            Register::Global(index) => self.engine.global(self.instance, index).ok(),
            Register::Stack(index) => self.engine.operands(0).ok()?.get(index as usize).copied(),
        }
    }

    fn address(&mut self, address: &Address) -> Option<u64> {
        match address {
            Address::Zero => Some(0),
            Address::Register(register) => u64::try_from(bits(self.register(*register)?)?.0).ok(),
            Address::Target(place, ty) => {
                let target = self.load(place, *ty)?;
                u64::try_from(target.integer()).ok().filter(|address| *address != 0)
            }
        }
    }
}

/// The bits of a number, and its size in bytes.
fn bits(value: Value) -> Option<(u128, usize)> {
    Some(match value {
        Value::I32(bits) | Value::F32(bits) => (bits.into(), 4),
        Value::I64(bits) | Value::F64(bits) => (bits.into(), 8),
        Value::V128(bits) => (bits, 16),
        Value::Reference(_) => return None,
    })
}

/// A part of a condition; nothing of what has to be looked into each time.
fn part(evaluator: &mut Evaluator<'_, '_, '_>, expression: &Expression) -> Option<Part> {
    let part = read(evaluator, expression)?;
    if let Part::Value(_, ty) = &part {
        let ty = evaluator.here()?.0.resolve_alias(*ty).ok()??;
        return ty.kind.referred().is_none().then_some(part);
    }
    Some(part)
}

fn read(evaluator: &mut Evaluator<'_, '_, '_>, expression: &Expression) -> Option<Part> {
    match &expression.kind {
        Kind::Integer { .. } | Kind::Float { .. } | Kind::Character(_) | Kind::Boolean(_) => {
            match evaluator.evaluate(expression).ok()? {
                Data::Number(number) => Some(Part::Number(Plan::Number(number))),
                _ => None,
            }
        }
        Kind::Register(name) => {
            let index = |kind: &str| name.strip_prefix(kind)?.parse::<u32>().ok();
            let register = None
                .or_else(|| index("local").map(Register::Local))
                .or_else(|| index("global").map(Register::Global))
                .or_else(|| index("stack").map(Register::Stack))?;
            match evaluator.evaluate(expression).ok()? {
                Data::Register(_, number) => Some(Part::Number(Plan::Load(Place::Register(register), number.ty()))),
                _ => None,
            }
        }
        Kind::Name(name) => {
            let id = evaluator.variable_named(name)?;
            let (source, offset) = evaluator.here()?;
            let place = match source.fixed_place(id, offset)? {
                FixedPlace::Whole(register) => Place::Register(register),
                FixedPlace::Memory(base, offset) => {
                    Place::Memory(Box::new(base.map_or(Address::Zero, Address::Register)), offset)
                }
            };
            Some(Part::Value(place, source.type_of(id)?))
        }
        Kind::Field(operand, name) => match part(evaluator, operand)? {
            Part::Value(place, ty) => field(evaluator.here()?.0, place, ty, name),
            Part::Number(_) => None,
        },
        Kind::Unary(Unary::Deref, operand) => match part(evaluator, operand)? {
            Part::Value(place, ty) => target(evaluator.here()?.0, place, ty),
            Part::Number(_) => None,
        },
        Kind::Unary(Unary::AddressOf, _) => None,
        Kind::Unary(operator, operand) => {
            let operand = part(evaluator, operand)?;
            let operand = number(evaluator, operand, true)?;
            Some(Part::Number(Plan::Unary(*operator, evaluator.is_rust, Box::new(operand))))
        }
        Kind::Binary(operator, left, right) => {
            // Pointers are moved by elements.
            let takes_pointers = !matches!(operator, Binary::Add | Binary::Subtract);
            let left = part(evaluator, left)?;
            let left = number(evaluator, left, takes_pointers)?;
            let right = part(evaluator, right)?;
            let right = number(evaluator, right, takes_pointers)?;
            Some(Part::Number(Plan::Binary(*operator, Box::new(left), Box::new(right))))
        }
        Kind::Cast(operand, ty) if ty.pointers == 0 => {
            let builtin = evaluator.builtin_named(&ty.name)?;
            let operand = part(evaluator, operand)?;
            let operand = number(evaluator, operand, true)?;
            Some(Part::Number(Plan::Cast(Box::new(operand), builtin)))
        }
        _ => None,
    }
}

/// The number that a part is, where all values of its type are numbers.
fn number(evaluator: &Evaluator<'_, '_, '_>, part: Part, takes_pointers: bool) -> Option<Plan> {
    let (place, ty) = match part {
        Part::Number(plan) => return Some(plan),
        Part::Value(place, ty) => (place, ty),
    };
    let (source, _) = evaluator.here()?;
    let ty = source.resolve_alias(ty).ok().flatten()?;
    let builtin = match &ty.kind {
        TypeKind::Base(encoding) => base(&ty, *encoding)?,
        // What pointers of Rust, and of characters, lead to may count as text.
        TypeKind::Pointer { target: Some(target), .. }
            if takes_pointers && !evaluator.is_rust && !evaluator.is_c_character(*target) =>
        {
            pointer(source, &ty).filter(|address| *address == evaluator.address)?
        }
        _ => return None,
    };
    Some(Plan::Load(place, builtin))
}

/// How the evaluator reads a base type.
fn base(ty: &Type<'_>, encoding: Encoding) -> Option<Builtin> {
    let size @ (1 | 2 | 4 | 8 | 16) = ty.byte_size? else { return None };
    let bits = (size * 8) as u32;
    let is_rust = ty.language == Some(Language::Rust);
    Some(match encoding {
        Encoding::Signed => Builtin::Signed(bits),
        Encoding::Unsigned => Builtin::Unsigned(bits),
        Encoding::SignedChar => Builtin::Signed(bits),
        Encoding::UnsignedChar if is_rust => Builtin::Unsigned(bits),
        Encoding::Unicode if size == 4 => Builtin::Character,
        Encoding::Boolean if size == 1 => Builtin::Boolean,
        Encoding::Float if size == 4 => Builtin::Float32,
        Encoding::Float if size == 8 => Builtin::Float64,
        _ => return None,
    })
}

/// The number that a pointer is.
fn pointer(source: &Source<'_>, ty: &Type<'_>) -> Option<Builtin> {
    let size @ (4 | 8) = source.size_of(ty.id)? else { return None };
    Some(Builtin::Unsigned((size * 8) as u32))
}

/// What a pointer leads to.
fn target(source: &Source<'_>, place: Place, ty: TypeId) -> Option<Part> {
    let ty = source.resolve_alias(ty).ok().flatten()?;
    match ty.kind {
        TypeKind::Pointer { target: Some(target), .. } => {
            let address = Address::Target(place, pointer(source, &ty)?);
            Some(Part::Value(Place::Memory(Box::new(address), 0), target))
        }
        _ => None,
    }
}

/// A field of a structure, also behind pointers.
fn field(source: &Source<'_>, mut place: Place, mut ty: TypeId, name: &str) -> Option<Part> {
    for _ in 0..MAX_DEREFS {
        let known = source.resolve_alias(ty).ok().flatten()?;
        if let TypeKind::Composite(composite) = &known.kind {
            let named = |wanted: &str| composite.members.iter().find(|member| member.name.as_deref() == Some(wanted));
            let member = named(name).or_else(|| named(&format!("__{name}")))?;
            let Place::Memory(address, offset) = place else { return None };
            let offset = offset.checked_add_unsigned(member.offset)?;
            return member.bits.is_none().then_some(Part::Value(Place::Memory(address, offset), member.ty?));
        }
        match target(source, place, ty)? {
            Part::Value(behind, behind_ty) => (place, ty) = (behind, behind_ty),
            Part::Number(_) => return None,
        }
    }
    None
}
