//! Constant expressions: initial values of globals and tables, offsets and
//! items of segments, with the operators of extended-const.

use crate::module::invalid;
use crate::value::{Value, ValueType};
use crate::{FunctionId, ModuleError};
use wasmparser::Operator;

/// A validated constant expression.
#[derive(Clone, Debug)]
pub(crate) enum ConstExpr {
    /// The usual case: one operator.
    Single(ConstOperator),
    /// More than one operator.
    Sequence(Box<[ConstOperator]>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ConstOperator {
    Value(Value),
    GlobalGet(u32),
    RefFunc(u32),
    I32(Arithmetic),
    I64(Arithmetic),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Arithmetic {
    Add,
    Sub,
    Mul,
}

impl ConstExpr {
    pub(crate) fn function(index: u32) -> Self {
        Self::Single(ConstOperator::RefFunc(index))
    }

    pub(crate) fn parse(expr: &wasmparser::ConstExpr<'_>) -> Result<Self, ModuleError> {
        let mut operators = Vec::new();
        for operator in expr.get_operators_reader() {
            operators.push(match operator.map_err(invalid)? {
                Operator::I32Const { value } => ConstOperator::Value(Value::I32(value)),
                Operator::I64Const { value } => ConstOperator::Value(Value::I64(value)),
                Operator::F32Const { value } => ConstOperator::Value(Value::F32(value.bits())),
                Operator::F64Const { value } => ConstOperator::Value(Value::F64(value.bits())),
                Operator::V128Const { value } => ConstOperator::Value(Value::V128(value.i128() as u128)),
                Operator::RefNull { hty } => {
                    let ty = wasmparser::RefType::new(true, hty).map(wasmparser::ValType::Ref);
                    let ty = ty.and_then(ValueType::from_parser).unwrap_or(ValueType::FuncRef);
                    ConstOperator::Value(Value::zero(ty))
                }
                Operator::RefFunc { function_index } => ConstOperator::RefFunc(function_index),
                Operator::GlobalGet { global_index } => ConstOperator::GlobalGet(global_index),
                Operator::I32Add => ConstOperator::I32(Arithmetic::Add),
                Operator::I32Sub => ConstOperator::I32(Arithmetic::Sub),
                Operator::I32Mul => ConstOperator::I32(Arithmetic::Mul),
                Operator::I64Add => ConstOperator::I64(Arithmetic::Add),
                Operator::I64Sub => ConstOperator::I64(Arithmetic::Sub),
                Operator::I64Mul => ConstOperator::I64(Arithmetic::Mul),
                Operator::End => break,
                // The validator lets nothing else pass.
                _ => return Err(ModuleError::Unsupported { feature: "an unknown constant operator", offset: 0 }),
            });
        }
        Ok(match operators.as_slice() {
            [one] => Self::Single(*one),
            _ => Self::Sequence(operators.into()),
        })
    }

    /// The value, given the instance's functions and the globals before this one.
    pub(crate) fn evaluate(&self, functions: &[u32], global: impl Fn(u32) -> Value) -> Value {
        let operators = match self {
            Self::Single(one) => std::slice::from_ref(one),
            Self::Sequence(operators) => operators,
        };
        let mut stack = Vec::with_capacity(operators.len());
        for operator in operators {
            let value = match *operator {
                ConstOperator::Value(value) => value,
                ConstOperator::GlobalGet(index) => global(index),
                ConstOperator::RefFunc(index) => Value::FuncRef(functions.get(index as usize).copied().map(FunctionId)),
                ConstOperator::I32(operation) => {
                    let (left, right) = operands(&mut stack);
                    Value::I32(operation.apply(left, right) as i32)
                }
                ConstOperator::I64(operation) => {
                    let (left, right) = operands(&mut stack);
                    Value::I64(operation.apply(left, right) as i64)
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or(Value::I32(0))
    }
}

/// Pops two operands; their low bits are all that the arithmetic needs.
fn operands(stack: &mut Vec<Value>) -> (u64, u64) {
    let mut pop = || stack.pop().map_or(0, |value| value.to_bits() as u64);
    let right = pop();
    (pop(), right)
}

impl Arithmetic {
    fn apply(self, left: u64, right: u64) -> u64 {
        match self {
            Self::Add => left.wrapping_add(right),
            Self::Sub => left.wrapping_sub(right),
            Self::Mul => left.wrapping_mul(right),
        }
    }
}
