//! The custom section `component-type`: a component binary that exports the
//! world's type, as wit-component reads it (the component model's binary
//! format).

use super::{Interface, Operation, Shape, Version};

/// A world that imports and exports these interfaces.
pub(crate) fn world(package: &Version, imports: &[(String, Interface)], export: Option<(&str, &Interface)>) -> Vec<u8> {
    const WORLD: &str = "component";
    let mut world = Declarations::default();
    for (name, interface) in imports {
        let ty = world.define(&instance(interface));
        world.extern_of(0x03, name, 0x05, ty);
    }
    if let Some((name, interface)) = export {
        let ty = world.define(&instance(interface));
        world.extern_of(0x04, name, 0x05, ty);
    }
    let mut outer = Declarations::default();
    let ty = outer.define(&world.finish(0x41));
    outer.extern_of(0x04, &package.path(WORLD), 0x04, ty);

    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    let mut custom = text("wit-component-encoding");
    // Version 4, UTF-8.
    custom.extend([4, 0]);
    section(&mut component, 0, &custom);
    let mut types = vec![1];
    types.extend(outer.finish(0x41));
    section(&mut component, 7, &types);
    // One export: the type 0, without another type ascribed.
    let mut exports = vec![1, 0];
    exports.extend(text(WORLD));
    exports.extend([0x03, 0, 0]);
    section(&mut component, 11, &exports);
    component
}

fn section(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    out.extend(leb(contents.len()));
    out.extend(contents);
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn text(text: &str) -> Vec<u8> {
    let mut out = leb(text.len());
    out.extend(text.as_bytes());
    out
}

/// The body of a component's or an instance's type.
#[derive(Default)]
struct Declarations {
    bytes: Vec<u8>,
    count: usize,
    types: usize,
}

impl Declarations {
    /// A type; its index.
    fn define(&mut self, ty: &[u8]) -> usize {
        self.bytes.push(0x01);
        self.bytes.extend(ty);
        self.count += 1;
        self.types += 1;
        self.types - 1
    }

    /// An import (3) or export (4) of a kind of thing that has a type.
    fn extern_of(&mut self, direction: u8, name: &str, kind: u8, ty: usize) {
        self.bytes.extend([direction, 0]);
        self.bytes.extend(text(name));
        self.bytes.push(kind);
        self.bytes.extend(leb(ty));
        self.count += 1;
    }

    fn finish(self, kind: u8) -> Vec<u8> {
        let mut out = vec![kind];
        out.extend(leb(self.count));
        out.extend(self.bytes);
        out
    }
}

fn instance(interface: &Interface) -> Vec<u8> {
    let mut all = Declarations::default();
    let mut records = Vec::new();
    for record in interface.records() {
        let mut ty = vec![0x72];
        ty.extend(leb(record.fields.len()));
        for (name, scalar) in &record.fields {
            ty.extend(text(&crate::wit::name::kebab(name)));
            ty.push(primitive(scalar));
        }
        let defined = all.define(&ty);
        // Exported, that is named: a type of its own, equal to the first.
        all.bytes.extend([0x04, 0]);
        all.bytes.extend(text(&record.wit));
        all.bytes.extend([0x03, 0x00]);
        all.bytes.extend(leb(defined));
        all.count += 1;
        records.push((record.wit.clone(), all.types));
        all.types += 1;
    }
    for Operation { wit, parameters, output, .. } in &interface.operations {
        let values: Vec<_> = parameters.iter().map(|(_, ty)| value(&mut all, ty, &records)).collect();
        let result = value(&mut all, output, &records);
        let mut ty = vec![0x40];
        ty.extend(leb(parameters.len()));
        for ((name, _), value) in parameters.iter().zip(values) {
            ty.extend(text(&crate::wit::name::kebab(name)));
            ty.extend(value.unwrap_or_default());
        }
        match result {
            Some(value) => {
                ty.push(0x00);
                ty.extend(value);
            }
            None => ty.extend([0x01, 0x00]),
        }
        let ty = all.define(&ty);
        all.extern_of(0x04, wit, 0x01, ty);
    }
    all.finish(0x42)
}

/// A value type: primitive, or the index of a type that may be defined first.
fn value(all: &mut Declarations, shape: &Shape, records: &[(String, usize)]) -> Option<Vec<u8>> {
    let optional = |value: Option<Vec<u8>>| {
        value.map_or_else(
            || vec![0],
            |value| {
                let mut out = vec![1];
                out.extend(value);
                out
            },
        )
    };
    let ty = match shape {
        Shape::Unit => return None,
        Shape::Scalar(name) => return Some(vec![primitive(name)]),
        Shape::String => return Some(vec![0x73]),
        Shape::Record(record) => {
            return records.iter().find(|(name, _)| *name == record.wit).map(|(_, index)| index_of(*index));
        }
        Shape::List(element) => {
            let mut ty = vec![0x70];
            ty.extend(value(all, element, records)?);
            ty
        }
        Shape::Option(some) => {
            let mut ty = vec![0x6b];
            ty.extend(value(all, some, records)?);
            ty
        }
        Shape::Result(ok, error) => {
            let (ok, error) = (value(all, ok, records), value(all, error, records));
            let mut ty = vec![0x6a];
            ty.extend(optional(ok));
            ty.extend(optional(error));
            ty
        }
    };
    Some(index_of(all.define(&ty)))
}

/// An index as a signed number of 33 bits.
fn index_of(mut index: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while index > 0x3f {
        out.push(index as u8 & 0x7f | 0x80);
        index >>= 7;
    }
    out.push(index as u8);
    out
}

fn primitive(scalar: &str) -> u8 {
    match scalar {
        "bool" => 0x7f,
        "i8" => 0x7e,
        "u8" => 0x7d,
        "i16" => 0x7c,
        "u16" => 0x7b,
        "i32" | "isize" => 0x7a,
        "u32" | "usize" => 0x79,
        "i64" => 0x78,
        "u64" => 0x77,
        "f32" => 0x76,
        "f64" => 0x75,
        _ => 0x74,
    }
}
