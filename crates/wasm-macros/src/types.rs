//! The types that cross the boundary: read from their tokens, written as
//! signature text (`docs/compiler-contract.md`), converted on either side.

use proc_macro::{Delimiter, Span, TokenStream, TokenTree};

use crate::parse::{Cursor, Error, Result, stream, template};

/// An element of a slice, or a struct: plain old data.
pub(crate) struct Pod {
    /// Signature text: a scalar's letter, or `{Name}`.
    pub(crate) text: String,
    pub(crate) tokens: TokenStream,
}

pub(crate) enum Type {
    Unit,
    /// A number, `bool` or `char`, by its name.
    Scalar(&'static str),
    Str,
    String,
    Slice {
        element: Pod,
        mutable: bool,
    },
    Vec(Pod),
    View(Pod),
    /// A struct of plain old data: by value, `&T` or `&mut T`.
    Struct {
        pod: Pod,
        passing: Passing,
    },
    /// `ExternRef<T>`, or `&ExternRef<T>` when borrowed.
    Reference {
        borrowed: bool,
    },
    Function,
    Handle,
    Option(Box<Type>),
    Result(Box<Type>, Box<Type>),
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Passing {
    Value,
    Shared,
    Mutable,
}

/// Scalars and their letters: those of the Itanium C++ ABI, `c` for `char`.
/// `usize` and `isize` are those of wasm32.
const SCALARS: &[(&str, char)] = &[
    ("bool", 'b'),
    ("char", 'c'),
    ("i8", 'a'),
    ("u8", 'h'),
    ("i16", 's'),
    ("u16", 't'),
    ("i32", 'i'),
    ("isize", 'i'),
    ("u32", 'j'),
    ("usize", 'j'),
    ("i64", 'x'),
    ("u64", 'y'),
    ("f32", 'f'),
    ("f64", 'd'),
];

pub(crate) fn scalar(name: &str) -> Option<(&'static str, char)> {
    SCALARS.iter().find(|(n, _)| *n == name).copied()
}

fn span(tokens: &[TokenTree]) -> Span {
    tokens.first().map_or_else(Span::call_site, TokenTree::span)
}

/// A type that came through `macro_rules` is wrapped in an invisible group.
pub(crate) fn unwrapped(tokens: &[TokenTree]) -> Vec<TokenTree> {
    match tokens {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            unwrapped(&group.stream().into_iter().collect::<Vec<_>>())
        }
        _ => tokens.to_vec(),
    }
}

/// The last segment of a path and its generic arguments.
fn path(tokens: &[TokenTree]) -> Option<(String, Vec<Vec<TokenTree>>)> {
    let mut cursor = Cursor::new(stream(tokens), span(tokens));
    let mut last = None;
    loop {
        while cursor.eat_punct(':') {}
        if cursor.is_empty() {
            return last.map(|name| (name, Vec::new()));
        }
        if cursor.eat_punct('<') {
            let mut arguments = Vec::new();
            loop {
                let argument = cursor.until(&[',', '>']);
                if !argument.is_empty() {
                    arguments.push(argument);
                }
                if !cursor.eat_punct(',') {
                    break;
                }
            }
            cursor.eat_punct('>');
            let complete = cursor.is_empty();
            return last.filter(|_| complete).map(|name| (name, arguments));
        }
        last = Some(cursor.ident("a type").ok()?.to_string());
    }
}

fn pod(tokens: &[TokenTree]) -> Result<Pod> {
    let tokens = unwrapped(tokens);
    let at = span(&tokens);
    match path(&tokens) {
        Some((name, arguments)) if arguments.is_empty() => {
            let text = match scalar(&name) {
                Some((_, 'b' | 'c')) => {
                    return Err(Error::new(
                        at,
                        format!("a slice of `{name}` cannot cross: not every byte is one; use `u8` or `u32`"),
                    ));
                }
                Some((_, letter)) => letter.to_string(),
                None => format!("{{{}}}", name.trim_start_matches("r#")),
            };
            Ok(Pod { text, tokens: stream(&tokens) })
        }
        _ => Err(Error::new(at, "elements are numbers, or structs with `#[derive(wasm::Pod)]`")),
    }
}

impl Type {
    pub(crate) fn parse(tokens: &[TokenTree]) -> Result<Type> {
        let tokens = unwrapped(tokens);
        let at = span(&tokens);
        let unknown = |message: &str| Err(Error::new(at, message));
        match tokens.as_slice() {
            [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
                return if group.stream().is_empty() {
                    Ok(Type::Unit)
                } else {
                    unknown("a tuple cannot cross the boundary: use a struct with `#[derive(wasm::Pod)]`")
                };
            }
            [TokenTree::Punct(p), rest @ ..] if p.as_char() == '&' => return Type::borrowed(rest, at),
            [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => {
                return unknown("an array cannot cross by value: use a slice `&[T]`");
            }
            [TokenTree::Punct(p), ..] if p.as_char() == '*' => {
                return unknown("a raw pointer cannot cross: use a slice, or a `usize` address");
            }
            [TokenTree::Ident(i), ..] if matches!(i.to_string().as_str(), "dyn" | "impl" | "fn") => {
                return unknown("trait objects and function types cannot cross: use `wasm::FuncRef` for a function");
            }
            _ => {}
        }
        let Some((name, arguments)) = path(&tokens) else {
            return unknown("this type cannot cross the boundary");
        };
        if let (Some((name, _)), []) = (scalar(&name), arguments.as_slice()) {
            return Ok(Type::Scalar(name));
        }
        match (name.as_str(), arguments.as_slice()) {
            ("i128" | "u128", _) => unknown("128-bit integers cannot cross: pass two `u64`"),
            ("String", []) => Ok(Type::String),
            ("str", []) => unknown("a string crosses as `&str` or `String`"),
            ("Vec", [element]) => Ok(Type::Vec(pod(element)?)),
            ("View", [.., element]) => Ok(Type::View(pod(element)?)),
            ("ExternRef", [] | [_]) => Ok(Type::Reference { borrowed: false }),
            ("FuncRef", _) => Ok(Type::Function),
            ("Handle", [] | [_]) => Ok(Type::Handle),
            ("Option", [value]) => Ok(Type::Option(Box::new(Type::payload(value)?))),
            ("Result", [value, error]) => {
                Ok(Type::Result(Box::new(Type::payload(value)?), Box::new(Type::payload(error)?)))
            }
            ("Result", [_]) => unknown("name the error too: `Result<T, E>`, the boundary must know both"),
            ("Box" | "Rc" | "Arc", _) => unknown(
                "a pointer to a Rust value cannot cross: keep it in a `wasm::Table` and pass its `wasm::Handle`",
            ),
            (_, []) => Ok(Type::Struct { pod: pod(&tokens)?, passing: Passing::Value }),
            _ => unknown("this generic type cannot cross the boundary"),
        }
    }

    fn borrowed(tokens: &[TokenTree], at: Span) -> Result<Type> {
        let mut cursor = Cursor::new(stream(tokens), at);
        if cursor.eat_punct('\'') {
            cursor.bump();
        }
        let mutable = cursor.eat_ident("mut");
        let rest = unwrapped(&cursor.rest());
        if let [TokenTree::Group(group)] = rest.as_slice()
            && group.delimiter() == Delimiter::Bracket
        {
            let mut inner = Cursor::of_group(group);
            let element = inner.until(&[';']);
            return if inner.is_empty() {
                Ok(Type::Slice { element: pod(&element)?, mutable })
            } else {
                Err(Error::new(at, "an array cannot cross: use a slice `&[T]`"))
            };
        }
        match (path(&rest).map(|(name, _)| name).as_deref(), mutable) {
            (Some("str"), false) => Ok(Type::Str),
            (Some("str"), true) => Err(Error::new(at, "a string cannot be changed by the host: return a `String`")),
            (Some("ExternRef"), false) => Ok(Type::Reference { borrowed: true }),
            (Some("ExternRef"), true) => Err(Error::new(
                at,
                "a reference is not changed in place: pass `&ExternRef<T>`, or return an `ExternRef<T>`",
            )),
            (Some(name @ ("String" | "Vec")), _) => Err(Error::new(
                at,
                format!("`&{name}` cannot cross: pass `{}`", if name == "String" { "&str" } else { "&[T]" }),
            )),
            (Some(name), _) if scalar(name).is_some() => Err(Error::new(
                at,
                format!("pass `{name}` by value; a place that the host fills is `&mut [{name}]` of length 1"),
            )),
            _ => {
                Ok(Type::Struct { pod: pod(&rest)?, passing: if mutable { Passing::Mutable } else { Passing::Shared } })
            }
        }
    }

    /// What an `Option` or `Result` may hold.
    fn payload(tokens: &[TokenTree]) -> Result<Type> {
        match Type::parse(tokens)? {
            Type::Option(_) | Type::Result(..) => Err(Error::new(
                span(tokens),
                "`Option` and `Result` cannot be nested at the boundary: use one `Result`",
            )),
            Type::View(_) | Type::Function => {
                Err(Error::new(span(tokens), "this type crosses by itself, not inside `Option` or `Result`"))
            }
            other => Ok(other),
        }
    }

    /// The signature text.
    pub(crate) fn text(&self) -> String {
        match self {
            Type::Unit => "v".into(),
            Type::Scalar(name) => scalar(name).map_or_else(String::new, |(_, letter)| letter.into()),
            Type::Str | Type::String => "S".into(),
            Type::Slice { element, mutable } => {
                format!("{}{}", if *mutable { '&' } else { '*' }, element.text)
            }
            Type::Vec(element) => format!("*{}", element.text),
            Type::View(element) => format!("@{}", element.text),
            Type::Struct { pod, passing: Passing::Mutable } => format!("&1{}", pod.text),
            Type::Struct { pod, .. } => pod.text.clone(),
            Type::Reference { borrowed: true } => "r".into(),
            Type::Reference { borrowed: false } => "R".into(),
            Type::Function => "F".into(),
            Type::Handle => "j".into(),
            Type::Option(value) => format!("?{}", value.text()),
            Type::Result(value, error) => format!("!{}{}", value.text(), error.text()),
        }
    }

    /// Whether a host that knows no signature converts this value rightly when
    /// it comes *out* of the guest: what JavaScript makes of an `i32`.
    fn plain(&self) -> bool {
        match self {
            Type::Unit => true,
            Type::Scalar(name) => !matches!(*name, "bool" | "char" | "u32" | "usize" | "u64"),
            _ => false,
        }
    }

    fn is_number(&self) -> bool {
        match self {
            Type::Unit | Type::Handle => true,
            // A host that knows Unicode passes text, not numbers.
            Type::Scalar(name) => *name != "char",
            _ => false,
        }
    }
}

/// Which way a function is called.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Direction {
    Import,
    Export,
}

/// `name`, or `name;signature` where the host needs one: where a value that
/// goes to the host is not what an untyped host takes it for, or is no number.
pub(crate) fn boundary_name(name: &str, parameters: &[Type], output: &Type, direction: Direction) -> String {
    let plain = match direction {
        Direction::Import => parameters.iter().all(Type::plain) && output.is_number(),
        Direction::Export => parameters.iter().all(Type::is_number) && output.plain(),
    };
    if plain {
        return name.to_string();
    }
    let mut text: String = parameters.iter().map(Type::text).collect();
    if !matches!(output, Type::Unit) {
        text.push('>');
        text.push_str(&output.text());
    }
    format!("{name};{text}")
}

/// An expression that takes the next value of this type from the host, `LEN`
/// bytes long.
pub(crate) fn take(ty: &Type, len: &str) -> TokenStream {
    let (source, part) = match ty {
        Type::Unit => ("()".to_string(), TokenStream::new()),
        Type::Scalar("bool") => (format!("::wasm::__rt::take_pod::<u8>({len}) != 0"), TokenStream::new()),
        Type::Scalar("char") => {
            (format!("::wasm::__rt::char(::wasm::__rt::take_pod::<u32>({len}))"), TokenStream::new())
        }
        Type::Scalar(name) => (format!("::wasm::__rt::take_pod::<{name}>({len})"), TokenStream::new()),
        Type::Str | Type::String => (format!("::wasm::__rt::take_string({len})"), TokenStream::new()),
        Type::Vec(element) | Type::Slice { element, .. } => {
            (format!("::wasm::__rt::take_vec::<__T>({len})"), element.tokens.clone())
        }
        Type::Struct { pod, .. } => (format!("::wasm::__rt::take_pod::<__T>({len})"), pod.tokens.clone()),
        Type::Reference { .. } => {
            (format!("::wasm::__rt::reference(::wasm::__rt::take_pod::<u32>({len}))"), TokenStream::new())
        }
        Type::Handle => {
            (format!("::wasm::Handle::from_bits(::wasm::__rt::take_pod::<u32>({len}))"), TokenStream::new())
        }
        Type::View(_) | Type::Function | Type::Option(_) | Type::Result(..) => {
            ("::core::compile_error!(\"not a payload\")".to_string(), TokenStream::new())
        }
    };
    template(&source, &[("__T", part)])
}

/// A statement that gives the value in the variable `value` to the host.
pub(crate) fn give(ty: &Type, value: &str) -> TokenStream {
    match ty {
        Type::Unit => template(&format!("let () = {value};"), &[]),
        _ => send(ty, value, "::wasm::__rt::give"),
    }
}

/// A statement that tells the host the error in the variable `value`.
pub(crate) fn fail(ty: &Type, value: &str) -> TokenStream {
    match ty {
        Type::Unit => template(&format!("let () = {value}; ::wasm::__rt::fail::<u8>(&[]);"), &[]),
        _ => send(ty, value, "::wasm::__rt::fail"),
    }
}

/// A statement that calls `to` with the bytes of the value.
fn send(ty: &Type, value: &str, to: &str) -> TokenStream {
    let bytes = match ty {
        Type::Scalar("bool") => format!("&[{value} as u8]"),
        Type::Scalar("char") => format!("&[{value} as u32]"),
        Type::Scalar(_) => format!("&[{value}]"),
        Type::Str | Type::String => format!("{value}.as_bytes()"),
        Type::Slice { .. } | Type::Vec(_) => format!("&{value}[..]"),
        Type::Struct { passing: Passing::Value, .. } => format!("::core::slice::from_ref(&{value})"),
        Type::Struct { .. } => format!("::core::slice::from_ref({value})"),
        Type::Reference { .. } => format!("&[::wasm::__rt::into_index({value})]"),
        Type::Handle => format!("&[{value}.to_bits()]"),
        Type::Unit | Type::View(_) | Type::Function | Type::Option(_) | Type::Result(..) => {
            "::core::compile_error!(\"not a payload\")".to_string()
        }
    };
    template(&format!("{to}({bytes});"), &[])
}
