//! Parts of values: fields, elements, slices.

use super::*;

impl<'m> Evaluator<'_, '_, 'm> {
    pub(super) fn field(&self, data: Data, name: &str, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let mut value = match data {
            Data::Typed(value, _) => value,
            Data::Pointer(address, Target::Source(ty, dimension)) => Value::part_at(ty, dimension, address),
            Data::Reference(reference) => return self.object_field(reference, name, column),
            _ => return Err(ExpressionError::new(column, format!("a number has no field `{name}`"))),
        };
        let inspector = self.inspector(column)?;
        for _ in 0..MAX_DEREFS {
            let wanted = [name.to_string(), format!("__{name}")];
            for wanted in &wanted {
                if let Ok(Some(field)) = inspector.field(&value, wanted) {
                    return Ok(self.typed(field, None));
                }
            }
            match self.shape(&value, column)? {
                Shape::Fields { fields, variant } => {
                    let named = |field: &&(Option<std::borrow::Cow<'_, str>>, Value)| {
                        field.0.as_deref().is_some_and(|found| wanted.iter().any(|wanted| wanted == found))
                    };
                    if let Some((_, field)) = fields.iter().find(named) {
                        return Ok(self.typed(field.clone(), None));
                    }
                    // Base classes, anonymous structures and unions.
                    for (_, inner) in fields.iter().filter(|(name, _)| name.is_none()) {
                        if let Ok(found) = self.field(Data::Typed(inner.clone(), None), name, column) {
                            return Ok(found);
                        }
                    }
                    let names: Vec<&str> = fields.iter().filter_map(|(name, _)| name.as_deref()).collect();
                    return Err(self.no_field(name, &value, variant.as_deref(), &names, column));
                }
                pointer @ Shape::Pointer { .. } => match inspector.target(&pointer) {
                    Some(target) => value = target,
                    None => return Err(ExpressionError::new(column, "the pointer is null")),
                },
                Shape::Holder(holder) => match holder.value {
                    Some(inner) => value = inner,
                    None => {
                        return Err(ExpressionError::new(column, format!("there is nothing in it: {}", holder.absent)));
                    }
                },
                _ => return Err(self.no_field(name, &value, None, &[], column)),
            }
        }
        Err(ExpressionError::new(column, "too many pointers to go through"))
    }

    pub(super) fn no_field(
        &self,
        name: &str,
        value: &Value,
        variant: Option<&str>,
        names: &[&str],
        column: usize,
    ) -> ExpressionError {
        let ty = match variant {
            Some(variant) => format!("{variant} of {}", self.type_name(value)),
            None => self.type_name(value),
        };
        let mut message = format!("{ty} has no field `{name}`");
        if !names.is_empty() {
            let plain: Vec<&str> = names.iter().take(MAX_LISTED).map(|name| name.trim_start_matches("__")).collect();
            message += &format!("; it has {}", plain.join(", "));
            if names.len() > MAX_LISTED {
                message += " …";
            }
        }
        ExpressionError::new(column, message)
    }

    /// A value behind references and smart pointers, where indexing and slices
    /// look.
    pub(super) fn behind(&self, value: Value, column: usize) -> Result<(Value, Shape<'m>)> {
        let mut value = value;
        for _ in 0..MAX_DEREFS {
            let shape = self.shape(&value, column)?;
            let next = match &shape {
                Shape::Holder(holder) => holder.value.clone(),
                Shape::Pointer { .. } if self.is_rust => {
                    let target = self.inspector(column)?.target(&shape);
                    let target = match target {
                        Some(target) => Some((self.shape(&target, column)?, target)),
                        None => None,
                    };
                    target.and_then(|(inner, target)| match inner {
                        Shape::Elements(_) | Shape::Collection(_) | Shape::Text { .. } | Shape::Holder(_) => {
                            Some(target)
                        }
                        _ => None,
                    })
                }
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return Ok((value, shape)),
            }
        }
        Err(ExpressionError::new(column, "too many pointers to go through"))
    }

    pub(super) fn index(&self, data: Data, index: &Data, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let outside = |count: u64, at: i128| ExpressionError::new(column, format!("index {at} of {count} elements"));
        match data {
            Data::Typed(value, _) => match self.behind(value, column)? {
                (_, Shape::Elements(elements)) => {
                    let at = self.number(index, column)?.integer();
                    let element = u64::try_from(at).ok().and_then(|at| self.inspector.as_ref()?.element(&elements, at));
                    let element = element.or_else(|| {
                        // C's array at the end of a structure has as many as there is room for.
                        let is_open = elements.count == 0 && !self.is_rust && elements.first().dimension() == 0;
                        let at = u64::try_from(at).ok().filter(|_| is_open)?.checked_mul(elements.stride())?;
                        Some(Value::part_at(elements.element_type(), 0, elements.address()?.checked_add(at)?))
                    });
                    element.map(|element| self.typed(element, None)).ok_or_else(|| outside(elements.count, at))
                }
                (_, Shape::Collection(collection)) => {
                    let inspector = self.inspector(column)?;
                    let fail = |error| ExpressionError::new(column, error);
                    if collection.kind == wasm_source::CollectionKind::Map {
                        let items = inspector.items(&collection, 0..MAX_SEARCH).map_err(fail)?;
                        for item in items {
                            if let Some(key) = item.key
                                && self.equal(&Data::Typed(key, None), index, column)?
                            {
                                return Ok(self.typed(item.value, None));
                            }
                        }
                        return Err(ExpressionError::new(column, "there is no such key"));
                    }
                    let at = self.number(index, column)?.integer();
                    let place = u64::try_from(at).map_err(|_| outside(collection.count, at))?;
                    let items = inspector.items(&collection, place..place.saturating_add(1)).map_err(fail)?;
                    let item = items.into_iter().next().ok_or_else(|| outside(collection.count, at))?;
                    Ok(self.typed(item.value, None))
                }
                (_, Shape::Text { address, length }) => {
                    let at = self.number(index, column)?.integer();
                    let place = u64::try_from(at).ok().filter(|at| *at < length).ok_or_else(|| outside(length, at))?;
                    Ok(Data::Place(address.wrapping_add(place), Target::Builtin(Builtin::Unsigned(8))))
                }
                (value, Shape::Pointer { .. }) => {
                    let moved = self.moved(Data::Typed(value, None), self.number(index, column)?.integer(), column)?;
                    self.deref(moved, column)
                }
                (value, _) => {
                    Err(ExpressionError::new(column, format!("a {} has no elements", self.type_name(&value))))
                }
            },
            pointer @ Data::Pointer(..) => {
                let moved = self.moved(pointer, self.number(index, column)?.integer(), column)?;
                self.deref(moved, column)
            }
            Data::Reference(reference) => self.object_element(reference, index, column),
            _ => Err(ExpressionError::new(column, "a number has no elements")),
        }
    }

    /// The end of a slice.
    pub(super) fn end(&mut self, end: Option<&Expression>) -> Result<Option<u64>> {
        let Some(end) = end else { return Ok(None) };
        let data = self.evaluate(end)?;
        let number = self.number(&data, end.column)?.integer();
        let place = u64::try_from(number);
        place.map(Some).map_err(|_| ExpressionError::new(end.column, "a slice's ends are not negative"))
    }

    pub(super) fn slice(&self, data: Data, start: u64, end: Option<u64>, column: usize) -> Result<Data> {
        let data = self.resolved(data, column)?;
        let inspector = self.inspector(column)?;
        let run = |ty: TypeId, address: u64, stride: u64, end: u64| {
            let count = end.checked_sub(start);
            let first = start.checked_mul(stride).and_then(|by| address.checked_add(by));
            let both =
                count.zip(first).ok_or_else(|| ExpressionError::new(column, "the slice ends before it starts"))?;
            Ok(Data::Typed(Value::run(ty, both.1, both.0), None))
        };
        match data {
            Data::Typed(value, _) => match self.behind(value, column)? {
                (_, Shape::Elements(elements)) => {
                    let end = end.unwrap_or(elements.count);
                    if end > elements.count {
                        return Err(ExpressionError::new(
                            column,
                            format!("{end} is past the {} elements", elements.count),
                        ));
                    }
                    let Some(address) = elements.address() else {
                        return Err(ExpressionError::new(column, "the elements do not lie in memory"));
                    };
                    run(elements.element_type(), address, elements.stride(), end)
                }
                (_, Shape::Text { address, length }) => {
                    let end = end.unwrap_or(length).min(length);
                    let count = end.saturating_sub(start).min(MAX_COMPARED);
                    let mut bytes = vec![0; count as usize];
                    if !self.stopped.read_memory(address.wrapping_add(start), &mut bytes) {
                        return Err(ExpressionError::new(column, format!("no memory at {address:#x}")));
                    }
                    Ok(Data::Text(String::from_utf8_lossy(&bytes).into_owned()))
                }
                (_, Shape::Pointer { address, target: Some(target) }) => {
                    let end = end.ok_or_else(|| ExpressionError::new(column, "a slice of a pointer needs an end"))?;
                    let stride = self.source().and_then(|source| source.size_of(target)).unwrap_or(1);
                    run(target, address, stride, end)
                }
                (value, _) => {
                    let _ = inspector;
                    Err(ExpressionError::new(column, format!("a {} has no elements", self.type_name(&value))))
                }
            },
            Data::Pointer(address, Target::Source(ty, 0)) => {
                let end = end.ok_or_else(|| ExpressionError::new(column, "a slice of a pointer needs an end"))?;
                let stride = self.source().and_then(|source| source.size_of(ty)).unwrap_or(1);
                run(ty, address, stride, end)
            }
            _ => Err(ExpressionError::new(column, "it has no elements")),
        }
    }

    /// A pointer some elements on.
    pub(super) fn moved(&self, data: Data, by: i128, column: usize) -> Result<Data> {
        let Some((address, target)) = self.pointer(&data, column)? else {
            return Err(ExpressionError::new(column, "this is no pointer"));
        };
        let size = self.target_size(&target).unwrap_or(1);
        let address = i128::from(address) + by * i128::from(size);
        Ok(Data::Pointer(self.address.wrap(address) as u64, target))
    }

    pub(super) fn target_size(&self, target: &Target) -> Option<u64> {
        match target {
            Target::Source(ty, dimension) => self.source()?.value_size(&Value::part_at(*ty, *dimension, 0)),
            Target::Builtin(builtin) => Some(builtin.size() as u64),
            Target::Pointer(_) => Some(self.address.size() as u64),
            Target::Void => Some(1),
        }
    }

    /// An address and what is there, if the value is a pointer; an array of C
    /// is one to its first element.
    pub(super) fn pointer(&self, data: &Data, column: usize) -> Result<Option<(u64, Target)>> {
        Ok(match data {
            Data::Pointer(address, target) => Some((*address, target.clone())),
            Data::Typed(value, _) => match self.shape(value, column)? {
                Shape::Pointer { address, target } => {
                    Some((address, target.map_or(Target::Void, |ty| Target::Source(ty, 0))))
                }
                Shape::Elements(elements) if !self.is_rust => {
                    elements.address().map(|address| (address, Target::of(elements.first())))
                }
                _ => None,
            },
            _ => None,
        })
    }
}
