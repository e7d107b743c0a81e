//! Functions at the boundary: each gets the wrapper that its own signature needs.

use super::contract::{Contract, Element, Signature, Type};
use super::helpers::Helpers;
use super::js;
use super::values::Values;

/// Writes wrappers, and remembers what they use.
pub(super) struct Functions<'a> {
    values: Values<'a>,
    /// What the host has to give: module, and literals of the names. They are `i0`, `i1`, … in this order.
    given: Vec<(String, Vec<String>)>,
    count: usize,
}

/// Parameters `a`, `b`, …, and names for what a wrapper keeps: these follow as parameters that nobody passes.
struct Names(usize);

impl Names {
    fn next(&mut self) -> String {
        let at = self.0;
        self.0 += 1;
        match u8::try_from(at) {
            Ok(at) if at < 26 => char::from(b'a' + at).to_string(),
            _ => format!("a{at}"),
        }
    }

    fn parameters(&self) -> String {
        let mut names = Names(0);
        let all: Vec<_> = (0..self.0).map(|_| names.next()).collect();
        if all.len() == 1 { all.concat() } else { format!("({})", all.join(",")) }
    }
}

/// Whether a value may hold a BigInt.
fn may_be_large(of: &Type<'_>) -> bool {
    match of {
        Type::Direct(kind) => matches!(kind, b'x' | b'y'),
        Type::List { of: Element::Number(number), .. } => number.size == 8,
        Type::List { .. } | Type::Struct { .. } => true,
        _ => false,
    }
}

/// Whether the guest gives it as bytes.
fn is_given(of: &Type<'_>) -> bool {
    match of {
        Type::Option(of) | Type::Result(of, _) => is_given(of),
        Type::Unit | Type::Direct(_) | Type::View(_) => false,
        _ => true,
    }
}

/// Where `undefined` must be a number: what follows it.
fn zero(of: &Type<'_>) -> &'static str {
    if matches!(of, Type::Direct(b'x' | b'y')) { "??0n" } else { "" }
}

/// Several expressions as one.
fn sequence(mut steps: Vec<String>) -> String {
    match steps.pop() {
        Some(only) if steps.is_empty() => only,
        last => {
            steps.extend(last);
            format!("({})", steps.join(","))
        }
    }
}

impl<'a> Functions<'a> {
    pub(super) fn new(contract: &'a Contract<'a>) -> Functions<'a> {
        Functions { values: Values::new(contract), given: Vec::new(), count: 0 }
    }

    /// The helpers, what the host has to give, and the code of structs.
    pub(super) fn finish(self) -> (Helpers, Vec<String>, Vec<String>) {
        let (helpers, structs) = self.values.structs();
        let mut count = 0;
        let declaration = |(from, names): (String, Vec<String>)| {
            let variables: Vec<_> = (count..count + names.len()).map(|at| format!("i{at}")).collect();
            count += names.len();
            format!("[{}]=$({},{})", variables.join(","), js::string(&from), names.join(","))
        };
        (helpers, self.given.into_iter().map(declaration).collect(), structs)
    }

    fn take(&mut self, helper: usize) {
        self.values.helpers.take(helper);
    }

    /// What the guest gets for an import.
    pub(super) fn import(&mut self, from: &str, name: &str, signature: Option<&Signature<'a>>) -> String {
        if let Some(own) = self.own(from, name) {
            return own;
        }
        let function = format!("i{}", self.count);
        self.count += 1;
        let plain = js::string(signature.map_or(name, |signature| signature.name));
        match self.given.last_mut() {
            Some((last, names)) if last == from => names.push(plain),
            _ => self.given.push((from.to_string(), vec![plain])),
        }
        match signature {
            None => function,
            Some(signature) => self.wrapped_import(&function, signature),
        }
    }

    /// The functions of the crate `wasm` itself.
    fn own(&mut self, from: &str, name: &str) -> Option<String> {
        let (helpers, text): (&[usize], _) = match (from, name) {
            // Text may stand for its bytes.
            ("wasmrust:host", "take") if self.values.helpers.has(Helpers::ENCODER) => (
                &[Helpers::BYTES, Helpers::PENDING],
                "(a,b=P.shift(),i=0)=>{if(U(),a>>>=0,b.trim)for(;i<b.length;i++)B[a+i]=b.charCodeAt(i);else B.set(b,a)}",
            ),
            ("wasmrust:host", "take") => (&[Helpers::BYTES, Helpers::PENDING], "a=>U().set(P.shift(),a>>>0)"),
            ("wasmrust:host", "give") => (&[Helpers::PART, Helpers::GIVEN], "(a,n)=>G.push(M(a,n).slice())"),
            ("wasmrust:host", "fail") => (&[Helpers::BYTES, Helpers::FAILED], "(a,n)=>$x=U().slice(a>>>=0,a+n)"),
            ("wasmrust:host", "print;jS") => {
                (&[Helpers::PART, Helpers::DECODER, Helpers::PRINT], "(s,a,n)=>N(s,D.decode(M(a,n)))")
            }
            ("wasmrust:host", "features") => (&[Helpers::FEATURES], "()=>$f"),
            ("wasmrust:ref", "drop") => (&[Helpers::REFERENCES], "J"),
            ("wasmrust:ref", "clone") => (&[Helpers::REFERENCES], "a=>H(V[a])"),
            ("wasmrust:ref", "live") => (&[Helpers::REFERENCES], "()=>V.length-1-F.length"),
            _ => return None,
        };
        helpers.iter().for_each(|&helper| self.take(helper));
        Some(text.to_string())
    }

    /// A function of the host as the guest calls it.
    fn wrapped_import(&mut self, function: &str, signature: &Signature<'a>) -> String {
        // The wasm values first, so that what is kept beside them comes after.
        let mut names = Names(0);
        let status = match &signature.result {
            Type::Option(_) | Type::Result(..) => names.next(),
            _ => String::new(),
        };
        let raw: Vec<_> = signature
            .parameters
            .iter()
            .map(|of| (names.next(), if matches!(of, Type::Direct(_)) { String::new() } else { names.next() }))
            .collect();
        let passed_as_is = format!("{function}{}", names.parameters());
        let (mut arguments, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for (of, (at, length)) in signature.parameters.iter().zip(&raw) {
            arguments.push(match of {
                Type::Direct(kind) => self.values.seen(*kind, at),
                _ if self.values.is_copied(of) => {
                    let copy = names.next();
                    before.push(format!("{copy}={}", self.values.in_memory(of, at, length)));
                    self.take(Helpers::BYTES);
                    after.push(format!("U().set({},{at}>>>0)", self.values.encode(of, &copy)));
                    copy
                }
                _ => self.values.in_memory(of, at, length),
            });
        }
        let call = format!("{function}({})", arguments.join(","));
        let result = match &signature.result {
            Type::Option(of) => {
                self.take(Helpers::STATUS);
                let value = names.next();
                let (none, some) = (format!("$o({status}){}", zero(of)), self.answer(of, &value));
                format!("({value}={call})==null?{none}:{some}")
            }
            Type::Result(of, error) => {
                self.take(Helpers::RESULT);
                let value = names.next();
                let error = match &**error {
                    Type::Text => {
                        self.take(Helpers::MESSAGE);
                        "$m".to_string()
                    }
                    Type::Direct(b'R') => format!("x=>{}", self.values.encode(error, "x")),
                    Type::Direct(kind) if !matches!(kind, b'b' | b'c') => {
                        format!("x=>{}", self.values.encode(error, "x?.value??x"))
                    }
                    _ => format!("x=>{}", self.values.encode(error, "(x?.value??x)")),
                };
                let failed = format!("Q({status},x,{error}){}", zero(of));
                let finally = if after.is_empty() { String::new() } else { format!("finally{{{}}}", after.join(";")) };
                let copied: String = before.iter().map(|copy| format!("{copy};")).collect();
                let returned = self.answer(of, &value);
                return format!(
                    "{}=>{{{copied}try{{{value}={call}}}catch(x){{return {failed}}}{finally}return {returned}}}",
                    names.parameters()
                );
            }
            of => self.answer(of, &call),
        };
        if before.is_empty() {
            // Nothing to convert: the host's function itself.
            let direct = if names.0 == 1 { format!("{function}(a)") } else { passed_as_is };
            return if result == direct { function.to_string() } else { format!("{}=>{result}", names.parameters()) };
        }
        format!("{}=>{{{};try{{return {result}}}finally{{{}}}}}", names.parameters(), before.join(";"), after.join(";"))
    }

    /// What the guest gets of what the host's function returned.
    fn answer(&mut self, of: &Type<'a>, value: &str) -> String {
        match of {
            Type::Unit => value.to_string(),
            Type::Direct(kind) => self.values.made(*kind, value),
            of => {
                self.take(Helpers::ANNOUNCE);
                format!("A({})", self.values.encode(of, value))
            }
        }
    }

    /// A function of the guest, `raw`, as the host calls it.
    pub(super) fn export(&mut self, raw: &str, signature: &Signature<'a>) -> String {
        let mut names = Names(0);
        let parameters: Vec<_> = signature.parameters.iter().map(|_| names.next()).collect();
        let (mut arguments, mut pending, mut lent, mut changed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let is_taken = |of: &&Type<'_>| !matches!(of, Type::Direct(_));
        let is_alone = signature.parameters.iter().filter(is_taken).count() == 1;
        for (of, name) in signature.parameters.iter().zip(&parameters) {
            if let Type::Direct(kind) = of {
                arguments.push(match kind {
                    b'r' => {
                        lent.push(name);
                        name.clone()
                    }
                    kind => self.values.made(*kind, name),
                });
                continue;
            }
            let bytes = self.values.encode(of, name);
            let is_changed = matches!(of, Type::List { mutable: true, .. } | Type::Struct { mutable: true, .. });
            if is_changed {
                let now = self.values.given(of);
                changed.push(match of {
                    Type::Struct { .. } => format!("Object.assign({name},{now})"),
                    _ => {
                        self.take(Helpers::WRITE_BACK);
                        format!("$b({name},{now})")
                    }
                });
            }
            arguments.push(if is_alone {
                self.take(Helpers::ANNOUNCE);
                format!("A({bytes})")
            } else {
                // All are made before any is announced: one that cannot be made leaves nothing behind.
                self.take(Helpers::PENDING);
                let kept = if is_changed { names.next() } else { name.clone() };
                pending.push(format!("{kept}={bytes}"));
                format!("{kept}.length")
            });
        }
        let mut setup = Vec::new();
        if !pending.is_empty() {
            setup.push(format!("P=[{}]", pending.join(",")));
        }
        let mut call = format!("{raw}({})", arguments.join(","));
        let mut steps = Vec::new();
        if !changed.is_empty() {
            let returned = names.next();
            steps.push(format!("{returned}={call}"));
            if changed.len() > 1 || is_given(&signature.result) {
                // The result is given last, and wanted last: an error must not hide what was changed.
                setup.push("G=[]".to_string());
                steps.push("G.reverse()".to_string());
            }
            // A setter may call another export.
            let kept = matches!(signature.result, Type::Option(_) | Type::Result(..)).then(|| names.next());
            steps.extend(kept.as_ref().map(|kept| format!("{kept}=$y()")));
            steps.append(&mut changed);
            steps.extend(kept.map(|kept| format!("$x={kept}")));
            call = returned;
        }
        let returned = match &signature.result {
            Type::Option(of) | Type::Result(of, _) => {
                // What failed is known after the call.
                let number = if matches!(**of, Type::Direct(_)) { names.next() } else { String::new() };
                steps.push(if number.is_empty() { call } else { format!("{number}={call}") });
                let value = match &**of {
                    Type::Unit => "void 0".into(),
                    Type::Direct(kind) => self.values.seen(*kind, &number),
                    of => self.values.given(of),
                };
                format!("$x?{}:{value}", self.failed(&signature.result))
            }
            of => self.returned(of, &call),
        };
        steps.push(returned);
        if !lent.is_empty() {
            self.take(Helpers::REFERENCES);
            setup.extend(lent.iter().map(|name| format!("{name}=H({name})")));
            let dropped: Vec<_> = lent.iter().map(|name| format!("J({name})")).collect();
            let (setup, steps, dropped) = (setup.join(";"), sequence(steps), dropped.join(";"));
            return format!("{}=>{{{setup};try{{return {steps}}}finally{{{dropped}}}}}", names.parameters());
        }
        setup.append(&mut steps);
        let body = sequence(setup);
        // Nothing to convert: the guest's function itself.
        if body == format!("{raw}({})", parameters.join(",")) {
            return raw.to_string();
        }
        format!("{}=>{body}", names.parameters())
    }

    /// What the host sees of what the guest's function returned.
    fn returned(&mut self, of: &Type<'a>, call: &str) -> String {
        match of {
            Type::Unit => call.to_string(),
            Type::Direct(kind) => self.values.seen(*kind, call),
            Type::View(_) => {
                self.take(Helpers::VIEW);
                format!("$v({call},(a,b)=>{})", self.values.in_memory(of, "a", "b"))
            }
            of => format!("({call},{})", self.values.given(of)),
        }
    }

    /// What the host sees instead of a value.
    fn failed(&mut self, of: &Type<'a>) -> String {
        let Type::Result(_, error) = of else { return self.values.failed(&Type::Unit) };
        let (helper, throw) = match &**error {
            Type::Text => (Helpers::THROW, "$t"),
            Type::Direct(b'R') => (Helpers::THROW_REFERENCE, "$r"),
            error if may_be_large(error) => (Helpers::THROW_LARGE, "$i"),
            _ => (Helpers::THROW_VALUE, "$e"),
        };
        self.take(helper);
        format!("{throw}({})", self.values.failed(error))
    }
}
