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

impl Evaluator<'_, '_, '_> {
    pub(super) fn call(&mut self, name: &str, arguments: &[Expression], column: usize) -> Result<Data> {
        let fail = |error: String| ExpressionError::new(column, error);
        let code = self.stopped.code;
        let function = match code.functions_named(name).as_slice() {
            [function] => *function,
            [] => return Err(fail(format!("there is no function `{name}`"))),
            several => {
                let names: Vec<String> =
                    several.iter().take(MAX_LISTED).map(|function| code.function_name(*function)).collect();
                return Err(fail(format!("`{name}` may be {}", names.join(", "))));
            }
        };
        let ty = crate::expression::frame::function_type(code.bytes, function);
        let ty = ty.ok_or_else(|| fail(format!("the type of `{name}` cannot be read")))?;
        let declared = declared(code, function);
        let (parameters, result) = declared.map_or((None, None), |all| (Some(all.parameters), all.result));
        if parameters.as_ref().is_some_and(|declared| declared.len() != arguments.len()) {
            let wanted = parameters.map_or(0, |declared| declared.len());
            let ending = if wanted == 1 { "" } else { "s" };
            return Err(fail(format!("`{name}` takes {wanted} argument{ending}, not {}", arguments.len())));
        }
        let mut data = Vec::new();
        for argument in arguments {
            let value = self.evaluate(argument)?;
            data.push((value, argument.column));
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
                Data::Typed(Value::of_bytes(ty, bytes), None)
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
