//! Calls of the program's functions: arguments and results as the ABIs of C
//! and Rust pass them.

use super::*;
use crate::call::{Leaf, Passing, declared, passing};
use crate::engine::Value as Wasm;

/// How large what is passed in memory may be, in bytes.
const MAX_PASSED: u64 = 1 << 16;
/// What lies in memory during a call, and where that begins.
#[derive(Default)]
struct Area {
    start: u64,
    bytes: Vec<u8>,
}

impl Area {
    /// Adds bytes, and gives their address.
    fn add(&mut self, bytes: &[u8]) -> u64 {
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        let address = self.start.wrapping_add(self.bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
        address
    }
}

/// What is called.
struct Callee {
    function: u32,
    /// The function whose debug information tells what it takes: of a virtual
    /// method the one of the object's declared type.
    described_by: u32,
}

impl Callee {
    fn of(function: u32) -> Callee {
        Callee { function, described_by: function }
    }
}

impl Evaluator<'_, '_, '_> {
    pub(super) fn call(&mut self, callee: &Expression, arguments: &[Expression], column: usize) -> Result<Data> {
        let fail = |error: String| ExpressionError::new(column, error);
        let mut data = Vec::new();
        for argument in arguments {
            let value = self.evaluate(argument)?;
            data.push((self.resolved(value, argument.column)?, argument.column));
        }
        let Callee { function, described_by } = self.callee(callee, &mut data, column)?;
        let code = self.stopped.code;
        let name = match &callee.kind {
            Kind::Name(name) => name.clone(),
            _ => code.function_name(described_by),
        };
        let ty = crate::expression::frame::function_type(code.bytes, function);
        let ty = ty.ok_or_else(|| fail(format!("the type of `{name}` cannot be read")))?;
        let declared = declared(code, described_by);
        let (parameters, result) = declared.map_or((None, None), |all| (Some(all.parameters), all.result));
        if parameters.as_ref().is_some_and(|declared| declared.len() != data.len()) {
            let wanted = parameters.map_or(0, |declared| declared.len());
            let ending = if wanted == 1 { "" } else { "s" };
            return Err(fail(format!("`{name}` takes {wanted} argument{ending}, not {}", data.len())));
        }

        // Several numbers are returned in memory, too.
        let by_address = result.filter(|_| ty.results().is_empty());
        let by_address = by_address.filter(|result| !matches!(self.passing(*result), Passing::Nothing));
        // Once to see how much there is, and once at its place.
        let needed = self.lay_out(0, by_address, &data, parameters.as_deref())?.0.bytes.len();
        let below = self.stopped.below_stack(needed as u64);
        if needed > 0 && below.is_none() {
            return Err(fail("there is no stack to put the arguments on".to_string()));
        }
        let (area, numbers) = self.lay_out(below.unwrap_or(0), by_address, &data, parameters.as_deref())?;
        if numbers.len() != ty.params().len() {
            let (takes, given) = (ty.params().len(), numbers.len());
            return Err(fail(format!("`{name}` takes {takes} numbers as arguments, not {given}")));
        }
        let mut values = Vec::new();
        for (number, wanted) in numbers.into_iter().zip(ty.params()) {
            values.push(wasm_number(number, *wanted).ok_or_else(|| fail(format!("a {wanted} cannot be given")))?);
        }
        let called = self.stopped.call(function, &values, below, &area.bytes);
        let results = called.map_err(|error| fail(format!("`{name}`: {error}")))?;
        if let Some(result) = by_address {
            let mut bytes = vec![0; self.passed_size(result) as usize];
            if !self.stopped.read_memory(area.start, &mut bytes) {
                return Err(fail(format!("no memory at {:#x}", area.start)));
            }
            return Ok(Data::Typed(Value::of_bytes(result, bytes), None));
        }
        Ok(self.returned(&results, result))
    }

    /// The function that is called. Of a method, its object becomes the first
    /// argument.
    fn callee(&mut self, callee: &Expression, arguments: &mut Vec<(Data, usize)>, column: usize) -> Result<Callee> {
        match &callee.kind {
            Kind::Name(name) if self.variable_named(name).is_none() => {
                let candidates = self.stopped.code.functions_named(name);
                if candidates.is_empty()
                    && let Some(this) = self.name("this", column).ok().filter(|_| !self.is_rust)
                    && let Ok(this) = self.resolved(this, column)
                    && let Some(function) = self.method(this, name, arguments, column)?
                {
                    return Ok(function);
                }
                self.fitting(name, candidates, arguments, column).map(Callee::of)
            }
            Kind::Field(object, name) => {
                let object = self.evaluate(object)?;
                let object = self.resolved(object, column)?;
                match self.method(object.clone(), name, arguments, column)? {
                    Some(callee) => Ok(callee),
                    None => {
                        let pointer = self.field(object, name, column);
                        // A method that is not there is missed, rather than a field.
                        let missed = |error: ExpressionError| {
                            ExpressionError::new(column, format!("no method: {}", error.message))
                        };
                        let pointer = pointer.map_err(missed)?;
                        self.pointed(&pointer, column).map(Callee::of)
                    }
                }
            }
            _ => {
                let pointer = self.evaluate(callee)?;
                self.pointed(&pointer, column).map(Callee::of)
            }
        }
    }

    /// The function that a pointer means: such a pointer is an index in a table.
    fn pointed(&self, pointer: &Data, column: usize) -> Result<u32> {
        let index = self.number(pointer, column)?.integer();
        let function = u64::try_from(index).map_err(|_| "a function is called by its name or a pointer".to_string());
        let function = function.and_then(|index| self.stopped.table_function(index));
        function.map_err(|error| ExpressionError::new(column, error))
    }

    /// The method of an object's type, or of one of its bases, by its name.
    fn method(
        &self,
        object: Data,
        name: &str,
        arguments: &mut Vec<(Data, usize)>,
        column: usize,
    ) -> Result<Option<Callee>> {
        let mut object = object;
        for _ in 0..MAX_DEREFS {
            let Data::Typed(value, _) = &object else {
                match object {
                    Data::Pointer(address, target @ Target::Source(..)) => object = self.at(address, target, column)?,
                    _ => return Ok(None),
                }
                continue;
            };
            let candidates = self.methods_named(value.ty, name);
            if !candidates.is_empty() {
                return self.method_of(value.clone(), name, candidates, arguments, column).map(Some);
            }
            match self.shape(value, column)? {
                Shape::Pointer { .. } | Shape::Holder(_) => object = self.deref(object, column)?,
                Shape::Fields { fields, .. } => {
                    for (_, base) in fields.into_iter().filter(|(name, _)| name.is_none()) {
                        if let Some(found) = self.method(Data::Typed(base, None), name, arguments, column)? {
                            return Ok(Some(found));
                        }
                    }
                    return Ok(None);
                }
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    fn methods_named(&self, ty: TypeId, name: &str) -> Vec<u32> {
        let ty = self.source().and_then(|source| source.resolve_alias(ty).ok()?);
        let composite = ty.filter(|ty| matches!(ty.kind, TypeKind::Composite(_) | TypeKind::Enumeration { .. }));
        let Some(name_of_type) = composite.and_then(|ty| ty.name) else { return Vec::new() };
        // In Rust a method of a generic type has the type's name without what it is of.
        let plain = name_of_type.split('<').next().unwrap_or_default().to_string();
        let names = [format!("{name_of_type}::{name}"), format!("{plain}::{name}"), format!("{plain}<T>::{name}")];
        names
            .iter()
            .map(|name| self.stopped.code.functions_named(name))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    fn method_of(
        &self,
        object: Value,
        name: &str,
        candidates: Vec<u32>,
        arguments: &mut Vec<(Data, usize)>,
        column: usize,
    ) -> Result<Callee> {
        let takes = |function: &u32| declared(self.stopped.code, *function).map(|declared| declared.parameters);
        let has_object = |function: &u32| takes(function).is_none_or(|takes| takes.len() == arguments.len() + 1);
        if !candidates.iter().any(has_object) {
            // It is of the type, not of its objects.
            return self.fitting(name, candidates, arguments, column).map(Callee::of);
        }
        let by_value = candidates.iter().find_map(|function| {
            let first = takes(function)?.first().copied()??;
            let ty = self.source()?.resolve_alias(first).ok()??;
            (!matches!(ty.kind, TypeKind::Pointer { .. })).then_some(())
        });
        let address = object.address();
        let this = match (by_value, address) {
            (Some(()), _) => Data::Typed(object.clone(), None),
            (None, Some(address)) => Data::Pointer(address, Target::Source(object.ty, 0)),
            (None, None) => {
                return Err(ExpressionError::new(column, format!("`{name}` needs an object that lies in memory")));
            }
        };
        arguments.insert(0, (this, column));
        let function = self.fitting(name, candidates, arguments, column)?;
        let slot = self.stopped.code.body(function).and_then(|body| {
            let source = self.source()?;
            source.virtual_slot(source.subprogram_at(body.end.checked_sub(1)?)?.id)
        });
        Ok(match slot.zip(address) {
            Some((slot, address)) => {
                Callee { function: self.overriding(address, slot, column)?, described_by: function }
            }
            None => Callee::of(function),
        })
    }

    /// The virtual method of the object at an address: the address of its
    /// class's table comes first in it.
    fn overriding(&self, object: u64, slot: u64, column: usize) -> Result<u32> {
        let word = |address: u64| self.number(&Data::Place(address, Target::Builtin(self.address)), column);
        let table = word(object)?.integer() as u64;
        let entry = slot.checked_mul(self.address.size() as u64).and_then(|offset| table.checked_add(offset));
        let entry = entry.ok_or_else(|| ExpressionError::new(column, "the object has no table of virtual methods"))?;
        let function = self.stopped.table_function(word(entry)?.integer() as u64);
        function.map_err(|error| ExpressionError::new(column, error))
    }

    /// The one of several functions of a name that takes these arguments.
    fn fitting(&self, name: &str, candidates: Vec<u32>, arguments: &[(Data, usize)], column: usize) -> Result<u32> {
        let code = self.stopped.code;
        let fail = |error: String| ExpressionError::new(column, error);
        if let [function] = candidates.as_slice() {
            return Ok(*function);
        }
        if candidates.is_empty() {
            return Err(fail(format!("there is no function `{name}`")));
        }
        let rank = |function: &u32| {
            let takes = declared(code, *function)?.parameters;
            let fits = takes.len() == arguments.len();
            let ranks = takes.iter().zip(arguments).map(|(takes, (data, _))| self.likeness((*takes)?, data));
            fits.then_some(())?;
            ranks.sum::<Option<u32>>()
        };
        let ranked: Vec<(u32, u32)> = candidates.iter().filter_map(|found| Some((rank(found)?, *found))).collect();
        let best = ranked.iter().map(|(rank, _)| *rank).max();
        let best: Vec<u32> = ranked.iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, found)| *found).collect();
        match best.as_slice() {
            [function] => Ok(*function),
            _ => {
                let among = if best.is_empty() { &candidates } else { &best };
                let names: Vec<String> =
                    among.iter().take(MAX_LISTED).map(|function| code.function_name(*function)).collect();
                Err(fail(format!("`{name}` may be {}", names.join(", "))))
            }
        }
    }

    /// How well an argument is what a parameter wants; nothing if it is not.
    fn likeness(&self, wanted: TypeId, data: &Data) -> Option<u32> {
        let source = self.source()?;
        let mut wanted = source.resolve_alias(wanted).ok()??;
        if let Some(target) = wanted.kind.referred() {
            wanted = source.resolve_alias(target).ok()??;
        }
        let given = match data {
            Data::Typed(value, _) => source.resolve_alias(value.ty).ok()?,
            _ => None,
        };
        if given
            .as_ref()
            .is_some_and(|given| given.id == wanted.id || given.name.is_some() && given.name == wanted.name)
        {
            return Some(4);
        }
        let number = self.number(data, 1).ok();
        match &wanted.kind {
            TypeKind::Base(encoding) => {
                let number = number?.ty();
                let is_float = matches!(number, Builtin::Float32 | Builtin::Float64);
                let same_size = wanted.byte_size == Some(number.size() as u64);
                Some(match (is_float == (*encoding == Encoding::Float), same_size) {
                    (true, true) => 3,
                    (true, false) => 2,
                    (false, _) => 1,
                })
            }
            TypeKind::Enumeration { .. } => number.map(|_| 1),
            TypeKind::Pointer { .. } => match data {
                Data::Pointer(..) | Data::Text(_) => Some(2),
                Data::Typed(..) => given
                    .filter(|given| matches!(given.kind, TypeKind::Pointer { .. } | TypeKind::Array { .. }))
                    .map(|_| 2),
                _ => None,
            },
            _ => None,
        }
    }

    /// What is passed, with what lies in memory from `start` on: first the room
    /// for what is returned there.
    fn lay_out(
        &self,
        start: u64,
        returned: Option<TypeId>,
        arguments: &[(Data, usize)],
        declared: Option<&[Option<TypeId>]>,
    ) -> Result<(Area, Vec<Number>)> {
        let mut area = Area { start, bytes: Vec::new() };
        let mut numbers = Vec::new();
        if let Some(returned) = returned {
            let address = area.add(&vec![0; self.passed_size(returned) as usize]);
            numbers.push(Number::Integer(address.into(), self.address));
        }
        for (at, (data, column)) in arguments.iter().enumerate() {
            let declared = declared.and_then(|all| all.get(at).copied().flatten());
            self.pass(data, declared, *column, &mut area, &mut numbers)?;
        }
        Ok((area, numbers))
    }

    fn passed_size(&self, ty: TypeId) -> u64 {
        self.source().and_then(|source| source.size_of(ty)).unwrap_or(0).min(MAX_PASSED)
    }

    /// What a function gave back on the operand stack.
    fn returned(&self, results: &[Wasm], declared: Option<TypeId>) -> Data {
        let Some(first) = results.first() else { return Data::Text("()".to_string()) };
        let mut bytes: Vec<u8> = results.iter().flat_map(Wasm::bytes).collect();
        let size = declared.and_then(|ty| Some((ty, self.source()?.size_of(ty)?)));
        match size.filter(|(_, size)| *size as usize <= bytes.len()) {
            Some((ty, size)) => {
                bytes.truncate(size as usize);
                self.typed(Value::of_bytes(ty, bytes), None)
            }
            None => {
                let ty = match first {
                    Wasm::I64(_) => Builtin::Signed(64),
                    Wasm::F32(_) => Builtin::Float32,
                    Wasm::F64(_) => Builtin::Float64,
                    _ => Builtin::Signed(32),
                };
                Data::Number(ty.read(&bytes))
            }
        }
    }

    /// Adds what an argument is passed as.
    fn pass(
        &self,
        data: &Data,
        declared: Option<TypeId>,
        column: usize,
        area: &mut Area,
        numbers: &mut Vec<Number>,
    ) -> Result<()> {
        let address = |address: u64| Number::Integer(address.into(), self.address);
        if let Data::Text(text) = data {
            // A literal: with its length in Rust, with a zero behind it in C.
            let bytes = text.as_bytes();
            match self.is_rust {
                true => numbers.extend([address(area.add(bytes)), address(bytes.len() as u64)]),
                false => numbers.push(address(area.add(&[bytes, &[0]].concat()))),
            }
            return Ok(());
        }
        if let Some(ty) = declared
            && self.is_reference(ty)
        {
            // What it refers to is passed by its address.
            let place = match data {
                Data::Typed(value, _) => value.address(),
                Data::Place(at, _) => Some(*at),
                _ => None,
            };
            let place = place.ok_or_else(|| ExpressionError::new(column, "a reference needs what lies in memory"))?;
            numbers.push(address(place));
            return Ok(());
        }
        let passing = declared.map(|ty| (ty, self.passing(ty)));
        let (Some((ty, passing)), Data::Typed(value, _)) = (passing, data) else {
            numbers.push(self.number(data, column)?);
            return Ok(());
        };
        if let Passing::Numbers(leaves) = &passing
            && let [leaf] = leaves.as_slice()
            && let Ok(number) = self.number(data, column)
        {
            numbers.push(number.cast(number_of(leaf)));
            return Ok(());
        }
        let resolved = |ty| self.source().and_then(|source| source.resolve_alias(ty).ok().flatten()).map(|ty| ty.id);
        if resolved(ty) != resolved(value.ty) {
            let wanted = self.source().map(|source| source.type_name(ty)).unwrap_or_default();
            return Err(ExpressionError::new(column, format!("a {wanted} is wanted, not a {}", self.type_name(value))));
        }
        let size = self.source().and_then(|source| source.size_of(ty)).filter(|size| *size <= MAX_PASSED);
        let size = size.ok_or_else(|| ExpressionError::new(column, "it is too large to be passed"))?;
        let mut bytes = vec![0; size as usize];
        let read = self.inspector(column)?.read(value, &mut bytes);
        read.map_err(|error| ExpressionError::new(column, error))?;
        match passing {
            Passing::Nothing => {}
            Passing::Numbers(leaves) => numbers.extend(leaves.iter().map(|leaf| {
                let end = leaf.offset.saturating_add(leaf.size) as usize;
                number_of(leaf).read(bytes.get(leaf.offset as usize..end).unwrap_or_default())
            })),
            Passing::Memory => numbers.push(address(area.add(&bytes))),
        }
        Ok(())
    }

    fn is_reference(&self, ty: TypeId) -> bool {
        let ty = self.source().and_then(|source| source.resolve_alias(ty).ok()?);
        ty.is_some_and(|ty| ty.kind.referred().is_some())
    }

    /// How a value of a type is passed.
    fn passing(&self, ty: TypeId) -> Passing {
        self.source().map_or(Passing::Memory, |source| passing(source, ty, self.is_rust))
    }
}

fn number_of(leaf: &Leaf) -> Builtin {
    number_type(leaf.encoding, leaf.size).unwrap_or(Builtin::Unsigned((leaf.size * 8) as u32))
}

/// A number as an argument of a function.
fn wasm_number(number: Number, wanted: wasmparser::ValType) -> Option<crate::engine::Value> {
    use crate::engine::Value;
    Some(match wanted {
        wasmparser::ValType::I32 => Value::I32(number.integer() as u32),
        wasmparser::ValType::I64 => Value::I64(number.integer() as u64),
        wasmparser::ValType::F32 => Value::F32((number.float() as f32).to_bits()),
        wasmparser::ValType::F64 => Value::F64(number.float().to_bits()),
        _ => return None,
    })
}
