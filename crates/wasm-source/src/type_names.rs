//! The names of types as their languages write them.

use crate::source::{Language, Source};
use crate::types::{PointerKind, Type, TypeId, TypeKind};
use crate::value::Value;

/// How many types a name is put together from.
const MAX_DEPTH: usize = 16;

impl Source<'_> {
    /// A type's name, as its language writes it: `const char *`, `int [3]`,
    /// `&str`, `Vec<u32>`. Of Rust's names the allocator that is the default is
    /// left out.
    pub fn type_name(&self, id: TypeId) -> String {
        self.declare(id, String::new(), 0)
    }

    /// The name of a value's type: of a part of an array that of the part.
    pub fn value_type_name(&self, value: &Value) -> String {
        match self.array_part(value) {
            Some((element, counts)) => {
                let declared = |count: &Option<u64>| count.map_or("[]".to_owned(), |count| format!("[{count}]"));
                self.declare(element, counts.iter().map(declared).collect(), 1)
            }
            None => self.type_name(value.ty),
        }
    }

    /// The size of a value in bytes: of a part of an array that of the part.
    pub fn value_size(&self, value: &Value) -> Option<u64> {
        match self.array_part(value) {
            Some((element, counts)) => {
                counts.iter().try_fold(self.size_of(element)?, |size, count| size.checked_mul((*count)?))
            }
            None => self.size_of(value.ty),
        }
    }

    /// The elements of an array and the dimensions that are left, if the value
    /// is inside of one of several.
    fn array_part(&self, value: &Value) -> Option<(TypeId, Vec<Option<u64>>)> {
        if value.dimension() == 0 {
            return None;
        }
        match self.resolve_alias(value.ty).ok()??.kind {
            TypeKind::Array { element, counts } => Some((element?, counts.get(value.dimension()..)?.to_vec())),
            _ => None,
        }
    }

    /// A declaration of `inner` with this type, as C writes it from the inside
    /// out.
    fn declare(&self, id: TypeId, inner: String, depth: usize) -> String {
        let join = |name: &str| {
            let is_suffix = inner.is_empty();
            if is_suffix { name.to_owned() } else { format!("{name} {inner}") }
        };
        let Ok(ty) = self.read_type(id) else { return join("<unknown>") };
        if depth >= MAX_DEPTH {
            return join("…");
        }
        if let Some(name) = &ty.name {
            let name = match ty.language {
                Some(Language::Rust) => rust_name(name),
                _ => self.tagged(&ty, name),
            };
            return join(&name);
        }
        let of = |target: Option<TypeId>, inner: String| match target {
            Some(target) => self.declare(target, inner, depth + 1),
            None if inner.is_empty() => "void".to_owned(),
            None => format!("void {inner}"),
        };
        match &ty.kind {
            TypeKind::Pointer { kind, target } => {
                let sign = match kind {
                    PointerKind::Pointer | PointerKind::ToMember => '*',
                    PointerKind::Reference => '&',
                    PointerKind::RvalueReference => return of(*target, format!("&&{inner}")),
                };
                let binds_tighter = target.and_then(|target| self.read_type(target).ok()).is_some_and(|target| {
                    target.name.is_none() && matches!(target.kind, TypeKind::Array { .. } | TypeKind::Subroutine { .. })
                });
                let declared = format!("{sign}{inner}");
                of(*target, if binds_tighter { format!("({declared})") } else { declared })
            }
            TypeKind::Alias { target } => match self.qualifier(id) {
                Some(qualifier) => {
                    let is_pointer = target
                        .and_then(|target| self.read_type(target).ok())
                        .is_some_and(|target| target.name.is_none() && matches!(target.kind, TypeKind::Pointer { .. }));
                    if is_pointer {
                        let space = if inner.is_empty() { "" } else { " " };
                        of(*target, format!(" {qualifier}{space}{inner}"))
                    } else {
                        format!("{qualifier} {}", of(*target, inner))
                    }
                }
                None => of(*target, inner),
            },
            TypeKind::Array { element, counts } if ty.language == Some(Language::Rust) => {
                let element = of(*element, String::new());
                counts.iter().rev().fold(element, |element, count| match count {
                    Some(count) => format!("[{element}; {count}]"),
                    None => format!("[{element}]"),
                })
            }
            TypeKind::Array { element, counts } => {
                let mut declared = inner;
                for count in counts {
                    declared += &count.map_or_else(|| "[]".to_owned(), |count| format!("[{count}]"));
                }
                of(*element, declared)
            }
            TypeKind::Subroutine { result, parameters } => {
                let mut names: Vec<String> =
                    parameters.iter().map(|parameter| of(Some(*parameter), String::new())).collect();
                if names.is_empty() {
                    names.push("void".to_owned());
                }
                let declared = format!("{inner}({})", names.join(", "));
                of(*result, declared)
            }
            _ => join(&self.tagged(&ty, "{...}")),
        }
    }

    /// C's structures go by their tag.
    fn tagged(&self, ty: &Type<'_>, name: &str) -> String {
        let plain_c = !matches!(ty.language, Some(Language::Cpp | Language::Rust));
        let is_anonymous = name == "{...}";
        let tag = match &ty.kind {
            TypeKind::Composite(composite) if composite.is_union => "union ",
            TypeKind::Composite(_) => "struct ",
            TypeKind::Enumeration { .. } => "enum ",
            _ => "",
        };
        if plain_c || is_anonymous { format!("{tag}{name}") } else { name.to_owned() }
    }
}

/// A name of rustc's without the default allocator.
fn rust_name(name: &str) -> String {
    name.replace(", alloc::alloc::Global>", ">")
}
