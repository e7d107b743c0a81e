//! Values as expressions: how each type is seen on the host's side, and made there.

use super::contract::{Contract, Element, Number, Type};
use super::helpers::Helpers;
use super::js;
use std::collections::BTreeMap;

/// Writes conversions, and remembers what they use.
pub(super) struct Values<'a> {
    contract: &'a Contract<'a>,
    pub(super) helpers: Helpers,
    /// Readers (`g0`) and writers (`s0`) of structs: number and text, by name.
    readers: BTreeMap<&'a str, (usize, String)>,
    writers: BTreeMap<&'a str, (usize, String)>,
}

impl<'a> Values<'a> {
    pub(super) fn new(contract: &'a Contract<'a>) -> Values<'a> {
        Values { contract, helpers: Helpers::default(), readers: BTreeMap::new(), writers: BTreeMap::new() }
    }

    /// The readers and writers of structs, as declarations.
    pub(super) fn structs(self) -> (Helpers, Vec<String>) {
        let mut all: Vec<_> = self.readers.into_values().collect();
        all.sort();
        let mut writers: Vec<_> = self.writers.into_values().collect();
        writers.sort();
        all.append(&mut writers);
        (self.helpers, all.into_iter().map(|(_, text)| text).collect())
    }

    /// What the host sees of a wasm value that came from the guest.
    pub(super) fn seen(&mut self, kind: u8, value: &str) -> String {
        match kind {
            b'j' => format!("{value}>>>0"),
            b'b' => format!("!!{value}"),
            b'c' => format!("String.fromCodePoint({value})"),
            b'y' => format!("BigInt.asUintN(64,{value})"),
            b'r' => {
                self.helpers.take(Helpers::REFERENCES);
                format!("V[{value}]")
            }
            b'R' => {
                self.helpers.take(Helpers::REFERENCES);
                format!("Y({value})")
            }
            b'F' => format!("X.__indirect_function_table.get({value})"),
            _ => value.to_string(),
        }
    }

    /// The wasm value for what the host has.
    pub(super) fn made(&mut self, kind: u8, value: &str) -> String {
        match kind {
            b'c' => format!("{value}.codePointAt(0)"),
            b'x' | b'y' => format!("BigInt({value})"),
            b'r' | b'R' => {
                self.helpers.take(Helpers::REFERENCES);
                format!("H({value})")
            }
            _ => value.to_string(),
        }
    }

    fn numbers(&mut self, word: &str, value: &str) -> String {
        self.helpers.take(Helpers::NUMBERS);
        format!("C({word}Array,{value})")
    }

    /// The bytes of a value.
    pub(super) fn encode(&mut self, of: &Type<'a>, value: &str) -> String {
        match of {
            Type::Text => {
                self.helpers.take(Helpers::ENCODER);
                format!("E({value})")
            }
            Type::Direct(kind) => {
                self.helpers.take(Helpers::NUMBER);
                let (word, number) = match kind {
                    b'b' => ("Uint8", format!("!!{value}")),
                    b'c' | b'R' => ("Uint32", self.made(*kind, value)),
                    kind => (Number::of(*kind).map_or("Uint32", |number| number.word), value.to_string()),
                };
                format!("$u({word}Array,{number})")
            }
            Type::List { of: Element::Number(number), .. } | Type::View(Element::Number(number)) => {
                self.numbers(number.word, value)
            }
            Type::List { of: Element::Struct(name), .. } | Type::View(Element::Struct(name)) => {
                self.encode_structs(name, value, value)
            }
            Type::Struct { name, .. } => self.encode_structs(name, &format!("[{value}]"), value),
            Type::Unit | Type::Option(_) | Type::Result(..) => "[]".into(),
        }
    }

    fn encode_structs(&mut self, name: &'a str, list: &str, bytes: &str) -> String {
        match self.writer(name) {
            Some((number, size)) => {
                self.helpers.take(Helpers::WRITE);
                format!("K(s{number},{size},{list})")
            }
            None => format!("new Uint8Array({bytes})"),
        }
    }

    /// The value that the guest gave last.
    pub(super) fn given(&mut self, of: &Type<'a>) -> String {
        self.helpers.take(Helpers::GIVEN);
        self.decode(of, "G.pop()")
    }

    /// The error that the guest gave.
    pub(super) fn failed(&mut self, of: &Type<'a>) -> String {
        self.helpers.take(Helpers::FAILED);
        self.decode(of, "$y()")
    }

    /// The value whose bytes these are.
    fn decode(&mut self, of: &Type<'a>, bytes: &str) -> String {
        let numbers = |values: &mut Self, word: &str| {
            values.helpers.take(Helpers::GIVEN_NUMBERS);
            format!("$n({word}Array,{bytes})")
        };
        match of {
            Type::Text => {
                self.helpers.take(Helpers::DECODER);
                format!("D.decode({bytes})")
            }
            Type::Direct(b'b') => format!("!!{bytes}[0]"),
            Type::Direct(kind) => match Number::of(*kind) {
                Some(number) => format!("{}[0]", numbers(self, number.word)),
                None => {
                    let number = numbers(self, "Uint32");
                    self.seen(*kind, &format!("{number}[0]"))
                }
            },
            Type::List { of: Element::Number(number), .. } | Type::View(Element::Number(number)) => match number.word {
                "Uint8" => bytes.into(),
                word => numbers(self, word),
            },
            Type::List { of: Element::Struct(name), .. } | Type::View(Element::Struct(name)) => {
                self.decode_structs(name, bytes, "")
            }
            Type::Struct { name, .. } => self.decode_structs(name, bytes, "[0]"),
            Type::Unit | Type::Option(_) | Type::Result(..) => format!("void {bytes}"),
        }
    }

    fn decode_structs(&mut self, name: &'a str, bytes: &str, at: &str) -> String {
        match self.reader(name) {
            Some((number, size)) => {
                self.helpers.take(Helpers::READ);
                format!("L(g{number},{size},{bytes}){at}")
            }
            None => bytes.to_string(),
        }
    }

    /// What lies in memory: numbers in place, text and structs as copies.
    pub(super) fn in_memory(&mut self, of: &Type<'a>, at: &str, length: &str) -> String {
        match of {
            Type::Text => {
                self.helpers.take(Helpers::TEXT);
                format!("T({at},{length})")
            }
            Type::List { of: Element::Number(number), .. } | Type::View(Element::Number(number))
                if number.word != "Uint8" =>
            {
                self.helpers.take(Helpers::ARRAY);
                format!("$a({}Array,{at},{length})", number.word)
            }
            Type::List { of: Element::Struct(name), .. } | Type::View(Element::Struct(name)) => {
                self.helpers.take(Helpers::PART);
                self.decode_structs(name, &format!("M({at},{length})"), "")
            }
            Type::Struct { name, .. } => {
                self.helpers.take(Helpers::PART);
                let bytes = format!("M({at},{length})");
                match self.contract.pod(name) {
                    Some(_) => self.decode_structs(name, &bytes, "[0]"),
                    None => format!("{bytes}.slice()"),
                }
            }
            _ => {
                self.helpers.take(Helpers::PART);
                format!("M({at},{length})")
            }
        }
    }

    /// Whether a value that the host changed in memory has to be written back.
    pub(super) fn is_copied(&self, of: &Type<'a>) -> bool {
        match of {
            Type::Struct { mutable, .. } => *mutable,
            Type::List { of: Element::Struct(name), mutable } => *mutable && self.contract.pod(name).is_some(),
            _ => false,
        }
    }

    /// The number and size of a struct's reader.
    fn reader(&mut self, name: &'a str) -> Option<(usize, u32)> {
        let contract = self.contract;
        let pod = contract.pod(name)?;
        if let Some((number, _)) = self.readers.get(name) {
            return Some((*number, pod.size));
        }
        let number = self.readers.len();
        self.readers.insert(name, (number, String::new()));
        let fields: Vec<_> = pod
            .fields
            .iter()
            .map(|field| {
                let one = |values: &mut Self, at: &str| match field.of {
                    Element::Number(number) => {
                        format!("v.get{}({at}{})", number.word, if number.size > 1 { ",1" } else { "" })
                    }
                    // Contract::read made sure that it is there.
                    Element::Struct(name) => {
                        values.reader(name).map_or(String::new(), |(number, _)| format!("g{number}(v,{at})"))
                    }
                };
                let at = place(field.at);
                let value = match field.count {
                    None => one(self, &at),
                    Some(count) => {
                        let value = one(self, &format!("{at}{}", self.step(field.of)));
                        format!("Array.from({{length:{count}}},(_,i)=>{value})")
                    }
                };
                if pod.is_transparent() { value } else { format!("{}:{value}", js::key(field.name)) }
            })
            .collect();
        let fields = fields.join(",");
        let text = if pod.is_transparent() {
            format!("g{number}=(v,a)=>{fields}")
        } else {
            format!("g{number}=(v,a)=>({{{fields}}})")
        };
        self.readers.insert(name, (number, text));
        Some((number, pod.size))
    }

    /// The number and size of a struct's writer.
    fn writer(&mut self, name: &'a str) -> Option<(usize, u32)> {
        let contract = self.contract;
        let pod = contract.pod(name)?;
        if let Some((number, _)) = self.writers.get(name) {
            return Some((*number, pod.size));
        }
        let number = self.writers.len();
        self.writers.insert(name, (number, String::new()));
        let fields: Vec<_> = pod
            .fields
            .iter()
            .map(|field| {
                let one = |values: &mut Self, at: &str, value: &str| match field.of {
                    Element::Number(number) => {
                        format!("v.set{}({at},{value}{})", number.word, if number.size > 1 { ",1" } else { "" })
                    }
                    Element::Struct(name) => {
                        values.writer(name).map_or(String::new(), |(number, _)| format!("s{number}(v,{at},{value})"))
                    }
                };
                let member = if pod.is_transparent() { String::new() } else { js::member(field.name) };
                let (at, value) = (place(field.at), format!("o{member}"));
                match field.count {
                    None => one(self, &at, &value),
                    Some(count) => {
                        let text = one(self, &format!("{at}{}", self.step(field.of)), &format!("{value}[i]"));
                        format!("for(i=0;i<{count};i++){text}")
                    }
                }
            })
            .collect();
        let text = format!("s{number}=(v,a,o,i)=>{{{}}}", fields.join(";"));
        self.writers.insert(name, (number, text));
        Some((number, pod.size))
    }

    /// Where the element `i` of an array begins.
    fn step(&self, of: Element<'_>) -> String {
        let size = match of {
            Element::Number(number) => number.size,
            Element::Struct(name) => self.contract.pod(name).map_or(0, |pod| pod.size),
        };
        if size == 1 { "+i".into() } else { format!("+i*{size}") }
    }
}

fn place(at: u32) -> String {
    if at == 0 { "a".into() } else { format!("a+{at}") }
}
