//! The parts of a value under their names, as views that unfold show them.

use std::borrow::Cow;
use std::ops::Range;

use crate::collections::CollectionKind;
use crate::location::ValueError;
use crate::machine::Machine;
use crate::text::Limits;
use crate::value::{Inspector, Shape, Value};

/// A part of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Child<'a> {
    /// Its name: a field's, an element's number or key in brackets, `*` for
    /// what a pointer points to.
    pub name: Cow<'a, str>,
    /// The part.
    pub value: Value,
}

/// How a map's key is written as a name.
const KEY: Limits = Limits { depth: 2, elements: 8, text: 64, total: 128 };

impl<'a, M: Machine + ?Sized> Inspector<'_, 'a, M> {
    /// How many parts a value unfolds into.
    pub fn child_count(&self, value: &Value) -> Result<u64, ValueError> {
        Ok(match self.shape(value)? {
            Shape::Elements(elements) => elements.count,
            Shape::Collection(collection) => collection.count,
            shape => self.few_children(shape)?.len() as u64,
        })
    }

    /// The parts of a value at these places among them.
    pub fn children(&self, value: &Value, places: Range<u64>) -> Result<Vec<Child<'a>>, ValueError> {
        match self.shape(value)? {
            Shape::Elements(elements) => {
                let places = places.start..places.end.min(elements.count);
                let child = |place| {
                    let value = self.element(&elements, place)?;
                    Some(Child { name: format!("[{place}]").into(), value })
                };
                Ok(places.map_while(child).collect())
            }
            Shape::Collection(collection) => {
                let items = self.items(&collection, places.clone())?;
                let named = (places.start..).zip(items).map(|(place, item)| {
                    let name = match &item.key {
                        Some(key) if collection.kind == CollectionKind::Map => format!("[{}]", self.text(key, KEY)),
                        _ => format!("[{place}]"),
                    };
                    Child { name: name.into(), value: item.value }
                });
                Ok(named.collect())
            }
            shape => {
                let all = self.few_children(shape)?;
                let most = all.len();
                let start = usize::try_from(places.start).map_or(most, |start| start.min(most));
                let count = usize::try_from(places.end.saturating_sub(places.start)).unwrap_or(most);
                Ok(all.into_iter().skip(start).take(count).collect())
            }
        }
    }

    /// The parts of what has as many as its type says.
    fn few_children(&self, shape: Shape<'a>) -> Result<Vec<Child<'a>>, ValueError> {
        let child = |name: &'static str, value| Child { name: Cow::Borrowed(name), value };
        Ok(match shape {
            Shape::Fields { fields, .. } => self.named_fields(fields),
            Shape::Holder(holder) => {
                let notes = holder.notes.into_iter().map(|(name, note)| child(name, note));
                holder.value.map(|value| child("value", value)).into_iter().chain(notes).collect()
            }
            Shape::Range { start, end, .. } => {
                let start = start.map(|value| child("start", value));
                start.into_iter().chain(end.map(|value| child("end", value))).collect()
            }
            pointer @ Shape::Pointer { .. } => match self.target(&pointer) {
                None => Vec::new(),
                Some(target) => match self.shape(&target) {
                    // As one expects of `->`: the fields, not one more level.
                    Ok(Shape::Fields { fields, .. }) if !fields.is_empty() => self.named_fields(fields),
                    Ok(Shape::Opaque) => Vec::new(),
                    _ => vec![child("*", target)],
                },
            },
            _ => Vec::new(),
        })
    }

    fn named_fields(&self, fields: Vec<(Option<Cow<'a, str>>, Value)>) -> Vec<Child<'a>> {
        let named = fields.into_iter().map(|(name, value)| {
            let name = match name {
                // A tuple's.
                Some(name) => match name.strip_prefix("__") {
                    Some(number) if number.parse::<u32>().is_ok() => Cow::Owned(number.to_owned()),
                    _ => name,
                },
                // A base class, or an anonymous structure or union.
                None => match self.source.type_name(value.ty) {
                    name if name.is_empty() => Cow::Borrowed("<anonymous>"),
                    name => Cow::Owned(name),
                },
            };
            Child { name, value }
        });
        named.collect()
    }
}
