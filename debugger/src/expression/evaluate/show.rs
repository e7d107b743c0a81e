//! Values and types as they are shown.

use super::*;
use crate::engine::WasmFrame;

impl Evaluator<'_, '_, '_> {
    pub(super) fn type_name(&self, value: &Value) -> String {
        self.source().map(|source| source.value_type_name(value)).unwrap_or_default()
    }

    pub(super) fn target_name(&self, target: &Target) -> String {
        match target {
            Target::Source(ty, dimension) => self.type_name(&Value::part_at(*ty, *dimension, 0)),
            Target::Builtin(builtin) => self.builtin_name(*builtin),
            Target::Pointer(inner) => self.pointer_name(inner),
            Target::Void => "void".to_string(),
        }
    }

    pub(super) fn pointer_name(&self, target: &Target) -> String {
        let inner = self.target_name(target);
        match (self.is_rust, inner.split_once(" [")) {
            (true, _) => format!("*mut {inner}"),
            (false, Some((element, counts))) => format!("{element} (*)[{counts}"),
            (false, None) => format!("{inner}{}*", if inner.ends_with('*') { "" } else { " " }),
        }
    }

    pub(super) fn builtin_name(&self, builtin: Builtin) -> String {
        let c = match builtin {
            _ if self.is_rust => return builtin.to_string(),
            Builtin::Signed(8) => "signed char",
            Builtin::Signed(16) => "short",
            Builtin::Signed(32) => "int",
            Builtin::Signed(64) => "long long",
            Builtin::Unsigned(8) => "unsigned char",
            Builtin::Unsigned(16) => "unsigned short",
            Builtin::Unsigned(32) => "unsigned int",
            Builtin::Unsigned(64) => "unsigned long long",
            Builtin::Float32 => "float",
            Builtin::Float64 => "double",
            other => return other.to_string(),
        };
        c.to_string()
    }

    /// What a type of this name is made of.
    pub(in crate::expression) fn describe_named(&self, name: &str) -> Option<String> {
        let name = name.trim();
        let tagged = ["struct ", "union ", "enum ", "class "].iter().find_map(|tag| name.strip_prefix(tag));
        let plain = tagged.unwrap_or(name);
        let word = |character: char| character.is_alphanumeric() || "_:<>, ()&".contains(character);
        if !plain.chars().all(word) || (tagged.is_none() && self.is_variable(plain)) {
            return None;
        }
        let source = self.source()?;
        Some(self.describe_type(source.find_type(plain.rsplit("::").next().unwrap_or(plain), self.unit)?))
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        let variables = self.inspector.as_ref().and_then(|inspector| inspector.variables().ok()).unwrap_or_default();
        variables.iter().any(|variable| variable.name.as_deref() == Some(name))
    }

    pub(in crate::expression) fn describe(&self, data: &Data) -> String {
        match data {
            Data::Typed(value, _) => self.describe_type(value.ty),
            other => self.show(other.clone(), crate::expression::LIMITS).type_name,
        }
    }

    /// A type with its members.
    pub(super) fn describe_type(&self, id: TypeId) -> String {
        let Some(source) = self.source() else { return String::new() };
        let name = source.type_name(id);
        let Ok(Some(ty)) = source.resolve_alias(id) else { return name };
        let is_rust = ty.language == Some(Language::Rust);
        let resolved = source.type_name(ty.id);
        let member = |member: &wasm_source::Member<'_>| {
            let ty = member.ty.map(|ty| source.type_name(ty)).unwrap_or_default();
            let bits = member.bits.map(|(_, width)| format!(" : {width}")).unwrap_or_default();
            match (&member.name, is_rust) {
                (Some(name), true) => format!("    {}: {ty},\n", name.trim_start_matches("__")),
                (Some(name), false) => {
                    // `char letters[8]`, not `char [8] letters`.
                    let (base, array) =
                        ty.split_once(" [").map_or((&*ty, String::new()), |(base, rest)| (base, format!("[{rest}")));
                    let space = if base.ends_with('*') { "" } else { " " };
                    format!("    {base}{space}{name}{array}{bits};\n")
                }
                (None, _) => format!("    {ty};\n"),
            }
        };
        match &ty.kind {
            TypeKind::Composite(composite) => {
                let mut text = match (is_rust, composite.is_union, &composite.variants) {
                    (true, _, Some(_)) => format!("enum {resolved} {{\n"),
                    (true, true, _) => format!("union {resolved} {{\n"),
                    (true, ..) => format!("struct {resolved} {{\n"),
                    (false, ..) => format!("{resolved} {{\n"),
                };
                text.extend(composite.members.iter().map(member));
                if let Some(part) = &composite.variants {
                    for variant in part.variants.iter().flat_map(|variant| &variant.members) {
                        let inner = variant.ty.and_then(|ty| source.resolve_alias(ty).ok().flatten());
                        let fields = match inner.map(|ty| ty.kind) {
                            Some(TypeKind::Composite(inner)) => inner.members,
                            _ => Vec::new(),
                        };
                        let ty = |field: &wasm_source::Member<'_>| {
                            field.ty.map(|ty| source.type_name(ty)).unwrap_or_default()
                        };
                        let is_tuple =
                            fields.iter().all(|field| field.name.as_deref().is_some_and(|name| name.starts_with("__")));
                        let name = variant.name.as_deref().unwrap_or_default();
                        let fields: Vec<String> = fields
                            .iter()
                            .map(|field| match is_tuple {
                                true => ty(field),
                                false => format!("{}: {}", field.name.as_deref().unwrap_or_default(), ty(field)),
                            })
                            .collect();
                        text += &match (fields.is_empty(), is_tuple) {
                            (true, _) => format!("    {name},\n"),
                            (_, true) => format!("    {name}({}),\n", fields.join(", ")),
                            _ => format!("    {name}{{{}}},\n", fields.join(", ")),
                        };
                    }
                }
                text + "}"
            }
            TypeKind::Enumeration { enumerators, .. } => {
                let names: Vec<&str> = enumerators.iter().filter_map(|constant| constant.name.as_deref()).collect();
                format!("{} {{{}}}", if is_rust { format!("enum {resolved}") } else { resolved }, names.join(", "))
            }
            TypeKind::Pointer { target: Some(target), .. } => {
                let target = source.resolve_alias(*target).ok().flatten();
                match target {
                    Some(ty) if matches!(ty.kind, TypeKind::Composite(_)) => match is_rust {
                        true if resolved.starts_with('&') => format!("&{}", self.describe_type(ty.id)),
                        true => format!("*mut {}", self.describe_type(ty.id)),
                        false => format!("{} *", self.describe_type(ty.id)),
                    },
                    _ => resolved,
                }
            }
            _ => resolved,
        }
    }

    /// A value as it is shown.
    pub(in crate::expression) fn show(&self, data: Data, limits: Limits) -> Evaluated {
        let integer = match &data {
            Data::Typed(value, _) => match self.inspector.as_ref().map(|inspector| inspector.shape(value)) {
                Some(Ok(Shape::Scalar(_) | Shape::Enumerator { .. } | Shape::Pointer { .. })) => {
                    self.number(&data, 1).ok()
                }
                _ => None,
            },
            Data::Text(_) | Data::Unknown(_) => None,
            Data::Reference(Reference::I31(_)) => self.number(&data, 1).ok(),
            Data::Reference(_) => None,
            other => self.number(other, 1).ok(),
        };
        let mut parts = 0;
        let (text, type_name, address, size_bytes) = match &data {
            Data::Typed(value, _) => {
                let inspector = self.inspector.as_ref();
                let size = self.source().and_then(|source| source.value_size(value));
                let mut text = inspector.map(|inspector| inspector.text(value, limits)).unwrap_or_default();
                if let Some(function) = integer.and_then(|pointer| self.function_at(value, pointer.integer())) {
                    text += &format!(" <{function}>");
                }
                (text, self.type_name(value), value.address(), size)
            }
            Data::Number(number) | Data::Register(_, number) => {
                (number.to_string(), self.builtin_name(number.ty()), None, Some(number.ty().size() as u64))
            }
            Data::Pointer(address, target) => {
                let mut text = format!("{address:#x}");
                if let Target::Source(ty, 0) = target
                    && self.is_c_character(*ty)
                    && let Some(inspector) = &self.inspector
                {
                    text += &format!(" {}", inspector.text(&Value::run(*ty, *address, limits.text as u64), limits));
                }
                (text, self.pointer_name(target), None, Some(self.address.size() as u64))
            }
            Data::Place(address, target) => {
                let text = match (self.number(&data, 1), target) {
                    (Ok(number), Target::Pointer(_)) => format!("{:#x}", number.integer()),
                    (Ok(number), _) => number.to_string(),
                    (Err(error), _) => format!("<{}>", error.message),
                };
                (text, self.target_name(target), Some(*address), self.target_size(target))
            }
            Data::Reference(reference) => {
                let (text, type_name, count) = self.reference(*reference, limits);
                parts = count;
                (text, type_name, None, None)
            }
            Data::Text(text) if text == "()" => ("()".to_string(), "()".to_string(), None, Some(0)),
            Data::Text(text) | Data::Unknown(text) => {
                (format!("{text:?}"), "str".to_string(), None, Some(text.len() as u64))
            }
        };
        let child_count = match (&self.inspector, &data) {
            (Some(inspector), Data::Typed(value, _)) => inspector.child_count(value).unwrap_or(0),
            (Some(inspector), Data::Pointer(address, target)) => {
                target.value(*address).and_then(|value| inspector.child_count(&value).ok()).unwrap_or(0)
            }
            _ => parts,
        };
        let (frame, inlined_at) = (self.stopped.frame, self.inlined_at);
        let handle = Handle { data, frame, inlined_at, is_local: self.is_local.get() };
        Evaluated { text, type_name, address, size_bytes, integer: integer.map(Number::integer), child_count, handle }
    }

    /// The name of the function that a pointer to one means.
    fn function_at(&self, pointer: &Value, index: i128) -> Option<String> {
        let source = self.source()?;
        let TypeKind::Pointer { target: Some(target), .. } = source.resolve_alias(pointer.ty).ok()??.kind else {
            return None;
        };
        let target = source.resolve_alias(target).ok()??;
        if !matches!(target.kind, TypeKind::Subroutine { .. }) || index == 0 {
            return None;
        }
        let function = self.stopped.table_function(u64::try_from(index).ok()?).ok()?;
        Some(self.stopped.code.function_name(function))
    }

    pub(in crate::expression) fn children(
        &self,
        data: &Data,
        places: Range<u64>,
        limits: Limits,
    ) -> Result<Vec<(String, Evaluated)>> {
        if let Data::Reference(reference) = data {
            let parts = self.object_parts(*reference, places)?;
            return Ok(parts.into_iter().map(|(name, part)| (name, self.show(part, limits))).collect());
        }
        let inspector = self.inspector(1)?;
        let value = match data {
            Data::Typed(value, _) => value.clone(),
            Data::Pointer(address, target) => match target.value(*address) {
                Some(value) => value,
                None => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        let children = inspector.children(&value, places).map_err(|error| ExpressionError::new(1, error))?;
        let shown = children
            .into_iter()
            .map(|child| (child.name.into_owned(), self.show(self.typed(child.value, None), limits)));
        Ok(shown.collect())
    }

    pub(in crate::expression) fn variables(&self, limits: Limits) -> Vec<Variable> {
        if let Some(frame) = self.bare() {
            return self.bare_variables(frame, limits);
        }
        let Some(inspector) = &self.inspector else { return Vec::new() };
        self.is_local.set(true);
        let all = inspector.variables().unwrap_or_default();
        let own: Vec<_> =
            all.into_iter().filter(|variable| variable.frame == self.inlined_at && variable.name.is_some()).collect();
        let hides = |at: usize, variable: &wasm_source::Variable<'_>| {
            own.iter()
                .enumerate()
                .any(|(other_at, other)| other.name == variable.name && (other.block, other_at) > (variable.block, at))
        };
        let shown = own.iter().enumerate().map(|(at, variable)| Variable {
            name: variable.name.as_deref().unwrap_or_default().to_string(),
            is_parameter: variable.is_parameter,
            is_hidden: hides(at, variable),
            value: match inspector.variable(variable.id) {
                Ok(value) => Ok(self.show(self.typed(value, Some(variable.id)), limits)),
                Err(error) => Err(error.to_string()),
            },
        });
        shown.collect()
    }

    /// The locals of a function that no debug information tells of: by the
    /// names of the name section, else as registers.
    fn bare_variables(&self, frame: WasmFrame, limits: Limits) -> Vec<Variable> {
        let code = self.stopped.code;
        let parameters = code.signature(frame.function).map_or(0, |ty| ty.params().len());
        let shown = self.stopped.locals.iter().zip(0..).map(|(value, index)| Variable {
            name: code.local_name(frame.function, index).map_or_else(|| format!("$local{index}"), str::to_string),
            is_parameter: (index as usize) < parameters,
            is_hidden: false,
            value: Ok(self.show(self.wasm(*value), limits)),
        });
        shown.collect()
    }
}
