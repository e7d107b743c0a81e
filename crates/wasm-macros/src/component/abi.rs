//! The canonical ABI: how values are core numbers (flat), or bytes in memory.

use proc_macro::{TokenStream, TokenTree};

use super::{Operation, Shape};
use crate::parse::{Result, stream, template};

const RT: &str = "::wasm::__component";

/// The core types of a value.
pub(super) fn flat(shape: &Shape) -> Vec<&'static str> {
    match shape {
        Shape::Unit => Vec::new(),
        Shape::Scalar(name) => vec![core_type(name)],
        Shape::String | Shape::List(_) => vec!["i32"; 2],
        Shape::Record(record) => record.fields.iter().map(|(_, scalar)| core_type(scalar)).collect(),
        Shape::Option(some) => [vec!["i32"], flat(some)].concat(),
        // Of what the two share only the number matters: such results go
        // through memory.
        Shape::Result(ok, error) => {
            let (ok, error) = (flat(ok), flat(error));
            [vec!["i32"], if ok.len() > error.len() { ok } else { error }].concat()
        }
    }
}

fn core_type(scalar: &str) -> &'static str {
    match scalar {
        "i64" | "u64" => "i64",
        "f32" => "f32",
        "f64" => "f64",
        _ => "i32",
    }
}

/// Size and alignment in memory.
fn layout(shape: &Shape) -> (usize, usize) {
    match shape {
        Shape::Unit => (0, 1),
        Shape::Scalar(name) => match *name {
            "bool" | "i8" | "u8" => (1, 1),
            "i16" | "u16" => (2, 2),
            "i64" | "u64" | "f64" => (8, 8),
            _ => (4, 4),
        },
        Shape::String | Shape::List(_) => (8, 4),
        Shape::Record(record) => {
            let (end, align) = record.fields.iter().fold((0, 1), |(end, align), (_, scalar)| {
                let (size, own) = layout(&Shape::Scalar(scalar));
                (usize::next_multiple_of(end, own) + size, align.max(own))
            });
            (end.next_multiple_of(align), align)
        }
        Shape::Option(some) => cases(&[some]),
        Shape::Result(ok, error) => cases(&[ok, error]),
    }
}

/// One byte says which, the value follows at its alignment.
fn cases(cases: &[&Shape]) -> (usize, usize) {
    let (size, align) =
        cases.iter().map(|case| layout(case)).fold((0, 1), |(size, align), case| (size.max(case.0), align.max(case.1)));
    ((align + size).next_multiple_of(align), align)
}

/// Offsets of a record's fields.
fn offsets(fields: &[(String, &'static str)]) -> Vec<usize> {
    let mut at = 0usize;
    fields
        .iter()
        .map(|(_, scalar)| {
            let (size, align) = layout(&Shape::Scalar(scalar));
            let offset = at.next_multiple_of(align);
            at = offset + size;
            offset
        })
        .collect()
}

/// The Rust type of a list's element.
fn element(shape: &Shape) -> String {
    match shape {
        Shape::Record(record) => record.rust.clone(),
        Shape::Scalar(name) => (*name).into(),
        _ => "u8".into(),
    }
}

/// The value of the core numbers `a{first}`, `a{first + 1}`, ….
fn lift(shape: &Shape, first: usize) -> String {
    let (a, b) = (format!("a{first}"), format!("a{}", first + 1));
    match shape {
        Shape::Unit => "()".into(),
        Shape::Scalar("bool") => format!("{a} != 0"),
        Shape::Scalar("char") => format!("::wasm::__rt::char({a} as u32)"),
        Shape::Scalar(name) => format!("{a} as {name}"),
        Shape::String => format!("{RT}::string({a} as usize, {b} as usize)"),
        Shape::List(of) => format!("{RT}::list::<{}>({a} as usize, {b} as usize)", element(of)),
        Shape::Record(record) => {
            let fields: String = record
                .fields
                .iter()
                .enumerate()
                .map(|(i, (name, scalar))| format!("r#{name}: {},", lift(&Shape::Scalar(scalar), first + i)))
                .collect();
            format!("{} {{ {fields} }}", record.rust)
        }
        Shape::Option(some) => format!(
            "if {a} != 0 {{ ::core::option::Option::Some({}) }} else {{ ::core::option::Option::None }}",
            lift(some, first + 1)
        ),
        // Flat only without values.
        Shape::Result(..) => {
            format!("if {a} == 0 {{ ::core::result::Result::Ok(()) }} else {{ ::core::result::Result::Err(()) }}")
        }
    }
}

/// Expressions for the core numbers of a value, and statements before them.
fn lower(shape: &Shape, value: &str, prelude: &mut String) -> Vec<String> {
    match shape {
        Shape::Unit => Vec::new(),
        Shape::Scalar(name) => vec![match (*name, core_type(name)) {
            ("char", _) => format!("{value} as u32 as i32"),
            (_, core) => format!("{value} as {core}"),
        }],
        Shape::String | Shape::List(_) => {
            vec![format!("{value}.as_ptr() as usize as i32"), format!("{value}.len() as i32")]
        }
        Shape::Record(record) => record
            .fields
            .iter()
            .flat_map(|(name, scalar)| lower(&Shape::Scalar(scalar), &format!("({value}).r#{name}"), prelude))
            .collect(),
        Shape::Option(some) => {
            let zeros: String =
                flat(some).iter().map(|core| if core.starts_with('f') { ", 0.0" } else { ", 0" }).collect();
            let numbers: String = lower(some, "__x", prelude).iter().map(|number| format!(", {number}")).collect();
            let option = value.replace("__p", "__o");
            *prelude += &format!(
                "let {option} = match {value} {{
                    ::core::option::Option::Some(__x) => (1{numbers}),
                    ::core::option::Option::None => (0{zeros}),
                }};"
            );
            (0..flat(shape).len()).map(|i| format!("{option}.{i}")).collect()
        }
        Shape::Result(..) => vec![format!("{value}.is_err() as i32")],
    }
}

fn place(offset: usize, ty: &str) -> String {
    format!("__area.add({offset}).cast::<{ty}>()")
}

/// Statements that write a value to memory, which owns it then.
fn store(shape: &Shape, value: &str, offset: usize) -> String {
    let pair = |lent: String| {
        format!(
            "let (__at, __count) = {RT}::lend({lent}); {}.write(__at); {}.write(__count);",
            place(offset, "usize"),
            place(offset + 4, "usize")
        )
    };
    match shape {
        Shape::Unit => format!("let () = {value};"),
        Shape::Scalar("bool") => format!("{}.write({value} as u8);", place(offset, "u8")),
        Shape::Scalar(name) => format!("{}.write({value});", place(offset, name)),
        Shape::String => pair(format!("{value}.into_bytes()")),
        Shape::List(_) => pair(value.into()),
        Shape::Record(record) => record
            .fields
            .iter()
            .zip(offsets(&record.fields))
            .map(|((name, scalar), at)| store(&Shape::Scalar(scalar), &format!("{value}.r#{name}"), offset + at))
            .collect(),
        Shape::Option(some) => {
            let (tag, payload) = (place(offset, "u8"), offset + layout(shape).1);
            format!(
                "match {value} {{
                    ::core::option::Option::Some(__x) => {{ {tag}.write(1); {} }}
                    ::core::option::Option::None => {tag}.write(0),
                }}",
                store(some, "__x", payload)
            )
        }
        Shape::Result(ok, error) => {
            let (tag, payload) = (place(offset, "u8"), offset + layout(shape).1);
            format!(
                "match {value} {{
                    ::core::result::Result::Ok(__x) => {{ {tag}.write(0); {} }}
                    ::core::result::Result::Err(__x) => {{ {tag}.write(1); {} }}
                }}",
                store(ok, "__x", payload),
                store(error, "__x", payload)
            )
        }
    }
}

/// An expression that takes a value out of memory.
fn load(shape: &Shape, offset: usize) -> String {
    let pair = format!("{}.read(), {}.read()", place(offset, "usize"), place(offset + 4, "usize"));
    match shape {
        Shape::Unit => "()".into(),
        Shape::Scalar("bool") => format!("{}.read() != 0", place(offset, "u8")),
        Shape::Scalar("char") => format!("::wasm::__rt::char({}.read())", place(offset, "u32")),
        Shape::Scalar(name) => format!("{}.read()", place(offset, name)),
        Shape::String => format!("{RT}::string({pair})"),
        Shape::List(of) => format!("{RT}::list::<{}>({pair})", element(of)),
        Shape::Record(record) => {
            let fields: String = record
                .fields
                .iter()
                .zip(offsets(&record.fields))
                .map(|((name, scalar), at)| format!("r#{name}: {},", load(&Shape::Scalar(scalar), offset + at)))
                .collect();
            format!("{} {{ {fields} }}", record.rust)
        }
        Shape::Option(some) => format!(
            "if {}.read() != 0 {{ ::core::option::Option::Some({}) }} else {{ ::core::option::Option::None }}",
            place(offset, "u8"),
            load(some, offset + layout(shape).1)
        ),
        Shape::Result(ok, error) => format!(
            "if {}.read() == 0 {{ ::core::result::Result::Ok({}) }} else {{ ::core::result::Result::Err({}) }}",
            place(offset, "u8"),
            load(ok, offset + layout(shape).1),
            load(error, offset + layout(shape).1)
        ),
    }
}

/// Statements that free what `store` lent; none if it lent nothing.
fn free(shape: &Shape, offset: usize) -> String {
    let list = |ty: &str| {
        format!("{RT}::free::<{ty}>({}.read(), {}.read());", place(offset, "usize"), place(offset + 4, "usize"))
    };
    let payload = offset + layout(shape).1;
    match shape {
        Shape::Unit | Shape::Scalar(_) | Shape::Record(_) => String::new(),
        Shape::String => list("u8"),
        Shape::List(of) => list(&element(of)),
        Shape::Option(some) => match free(some, payload).as_str() {
            "" => String::new(),
            some => format!("if {}.read() != 0 {{ {some} }}", place(offset, "u8")),
        },
        Shape::Result(ok, error) => match (free(ok, payload), free(error, payload)) {
            (ok, error) if ok.is_empty() && error.is_empty() => String::new(),
            (ok, error) => format!("if {}.read() == 0 {{ {ok} }} else {{ {error} }}", place(offset, "u8")),
        },
    }
}

/// Lists hold only what is its bytes.
fn checks(operation: &Operation) -> String {
    let mut checks = String::new();
    let mut add = |shape: &Shape| {
        let mut all = vec![shape];
        while let Some(shape) = all.pop() {
            match shape {
                Shape::List(of) => {
                    let (ty, (size, align)) = (element(of), layout(of));
                    checks += &format!(
                        "const _: () = {{
                            __check::<{ty}>();
                            ::core::assert!(
                                ::core::mem::size_of::<{ty}>() == {size} && ::core::mem::align_of::<{ty}>() == {align},
                                \"a list of a component holds structs as `repr(C)` lays them out: no `packed`, no `align`\",
                            );
                        }};"
                    );
                }
                Shape::Option(some) => all.push(some),
                Shape::Result(ok, error) => all.extend([&**ok, &**error]),
                _ => {}
            }
        }
    };
    operation.parameters.iter().for_each(|(_, shape)| add(shape));
    add(&operation.output);
    if checks.is_empty() { checks } else { format!("const fn __check<T: ::wasm::Pod>() {{}} {checks}") }
}

/// Words of the memory that a result takes.
fn words(shape: &Shape) -> usize {
    layout(shape).0.div_ceil(8)
}

/// The function that the host calls, and the one that it calls afterwards.
pub(super) fn export(interface: &str, operation: &Operation) -> Result<TokenStream> {
    let (mut declared, mut passed, mut count) = (String::new(), String::new(), 0);
    for ((_, shape), borrowed) in operation.parameters.iter().zip(&operation.borrowed) {
        let value = lift(shape, count);
        passed += &if *borrowed { format!("&({value}),") } else { format!("({value}),") };
        for core in flat(shape) {
            declared += &format!("a{count}: {core},");
            count += 1;
        }
    }
    let output = &operation.output;
    let name = format!("{interface}#{}", operation.wit);
    let (returned, body) = match flat(output).as_slice() {
        [] => (String::new(), String::new()),
        [core] => {
            let mut prelude = String::new();
            let number = lower(output, "__r", &mut prelude).concat();
            (format!("-> {core}"), format!("{prelude} {number}"))
        }
        _ => {
            let body = format!("let __area = (&raw mut __AREA).cast::<u8>(); {} __area", store(output, "__r", 0));
            ("-> *mut u8".into(), body)
        }
    };
    let area = match words(output) {
        words if returned == "-> *mut u8" => format!("static mut __AREA: [u64; {words}] = [0; {words}];"),
        _ => String::new(),
    };
    let post = match free(output, 0) {
        freed if freed.is_empty() => String::new(),
        freed => format!(
            "#[unsafe(export_name = {:?})]
            unsafe extern \"C\" fn __post(__area: *mut u8) {{
                // SAFETY: the host passes what the function returned, once.
                unsafe {{ {freed} }}
            }}",
            format!("cabi_post_{name}")
        ),
    };
    let source = format!(
        r#"
        #[cfg(target_family = "wasm")]
        const _: () = {{
            {checks}
            {area}
            #[unsafe(export_name = {name:?})]
            #[allow(clippy::unnecessary_cast, clippy::let_unit_value)]
            unsafe extern "C" fn __export({declared}) {returned} {{
                // SAFETY: the host passes what the canonical ABI says, and
                // calls no other function before it has read the result.
                unsafe {{
                    let __r = __NAME({passed});
                    {body}
                }}
            }}
            {post}
        }};"#,
        checks = checks(operation),
    );
    Ok(template(&source, &[("__NAME", TokenTree::from(operation.function.name.clone()).into())]))
}

/// A safe function that calls the import.
pub(super) fn import(interface: &str, operation: &Operation) -> Result<TokenStream> {
    let function = &operation.function;
    let (mut prelude, mut declared, mut passed) = (String::new(), String::new(), String::new());
    let names: Vec<String> = (0..operation.parameters.len()).map(|i| format!("__p{i}")).collect();
    let mut count = 0;
    let mut renamed = String::new();
    for ((_, shape), name) in operation.parameters.iter().zip(&names) {
        // The user's names are put in last: here each has one of ours.
        renamed += &format!("let {name} = __USER_{name};");
        for (core, number) in flat(shape).iter().zip(lower(shape, name, &mut prelude)) {
            declared += &format!("a{count}: {core},");
            passed += &format!("{number},");
            count += 1;
        }
    }
    let output = &operation.output;
    let (returned, body) = match flat(output).as_slice() {
        [] => (String::new(), format!("__call({passed})")),
        [core] => (format!("-> {core}"), format!("let a0 = __call({passed}); {}", lift(output, 0))),
        _ => {
            declared += "area: *mut u8,";
            let words = words(output);
            let body = format!(
                "let mut __memory = [0u64; {words}];
                let __area = (&raw mut __memory).cast::<u8>();
                __call({passed} __area);
                {}",
                load(output, 0)
            );
            (String::new(), body)
        }
    };
    let unused: String = names.iter().map(|name| format!("__USER_{name},")).collect();
    let source = format!(
        r#"
        __ATTRIBUTES #[allow(clippy::too_many_arguments, clippy::unnecessary_cast, clippy::unused_unit)]
        __VISIBILITY fn __NAME __PARAMETERS __OUTPUT {{
            #[cfg(target_family = "wasm")]
            {{
                {checks}
                #[link(wasm_import_module = {interface:?})]
                unsafe extern "C" {{
                    #[link_name = {name:?}]
                    fn __call({declared}) {returned};
                }}
                {renamed}
                {prelude}
                // SAFETY: the host follows the canonical ABI: it reads what is
                // passed during the call, and what it returns is ours.
                unsafe {{ {body} }}
            }}
            #[cfg(not(target_family = "wasm"))]
            {{
                let _ = ({unused});
                ::wasm::__rt::no_host({interface:?}, {name:?})
            }}
        }}"#,
        checks = checks(operation),
        name = operation.wit,
    );
    let user: Vec<String> = names.iter().map(|name| format!("__USER_{name}")).collect();
    let mut parts: Vec<(&str, TokenStream)> = user
        .iter()
        .zip(&function.parameters)
        .map(|(user, parameter)| (user.as_str(), TokenTree::from(parameter.name.clone()).into()))
        .collect();
    let output =
        function.output.as_ref().map_or_else(TokenStream::new, |ty| template("-> __TY", &[("__TY", stream(ty))]));
    parts.extend([
        ("__ATTRIBUTES", stream(&function.attributes)),
        ("__VISIBILITY", stream(&function.visibility)),
        ("__NAME", TokenTree::from(function.name.clone()).into()),
        ("__PARAMETERS", TokenTree::from(function.parameter_list.clone()).into()),
        ("__OUTPUT", output),
    ]);
    Ok(template(&source, &parts))
}
