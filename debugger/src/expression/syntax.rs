//! The grammar of expressions: what C and Rust have in common, and what each
//! writes its own way. A Pratt parser over the characters.

use std::fmt;

use super::types::Builtin;

/// An expression, and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression {
    /// The column, from 1, in characters.
    pub(crate) column: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Integer {
        value: u128,
        suffix: Option<String>,
    },
    Float {
        value: f64,
        suffix: Option<String>,
    },
    Character(char),
    Text(String),
    Boolean(bool),
    /// A variable, function, constant; also a path, `a::b`.
    Name(String),
    /// `$pc`, without the sign.
    Register(String),
    Unary(Unary, Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    Field(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    Slice(Box<Expression>, Option<Box<Expression>>, Option<Box<Expression>>),
    /// Of a function by its name, of a method (a field), or through a pointer.
    Call(Box<Expression>, Vec<Expression>),
    Cast(Box<Expression>, TypeName),
    /// `sizeof` of what is a type or a variable.
    SizeOf(TypeName),
    /// `sizeof` of what is an expression.
    SizeOfValue(Box<Expression>),
    Assign(Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Negate,
    /// `!`: of truth values, in Rust also of bits.
    Not,
    /// `~`.
    Complement,
    Deref,
    AddressOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitXor,
    BitOr,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    /// `a@3`: as many values one after another.
    Repeat,
}

impl Binary {
    /// Whether it gives a truth value from two numbers of any type.
    pub(crate) fn compares(self) -> bool {
        use Binary::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }
}

/// A type as it is named: how often it is a pointer, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    pub(crate) name: String,
    pub(crate) pointers: usize,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct ExpressionError {
    /// Where, in characters from 1.
    pub column: usize,
    /// What.
    pub message: String,
}

impl ExpressionError {
    pub(crate) fn new(column: usize, message: impl fmt::Display) -> ExpressionError {
        ExpressionError { column, message: message.to_string() }
    }
}

pub(crate) type Result<T> = std::result::Result<T, ExpressionError>;

/// How deep expressions may be nested, how many operands and operators they may
/// have (a chain of operators is as deep as it is long), and how many
/// characters.
const MAX_DEPTH: usize = 100;
const MAX_PARTS: usize = 400;
const MAX_LENGTH: usize = 10_000;

/// Operators of two operands: how they are written, how strongly they bind. The
/// longer ones come first. C binds comparisons more strongly than `&`, `^` and
/// `|`, Rust the other way: what people mean by `a & 1 == 0` is Rust's.
const BINARY: &[(&str, Binary, u8)] = &[
    ("<<", Binary::ShiftLeft, 8),
    (">>", Binary::ShiftRight, 8),
    ("==", Binary::Equal, 4),
    ("!=", Binary::NotEqual, 4),
    ("<=", Binary::LessEqual, 4),
    (">=", Binary::GreaterEqual, 4),
    ("&&", Binary::And, 3),
    ("||", Binary::Or, 2),
    ("@", Binary::Repeat, 10),
    ("*", Binary::Multiply, 10),
    ("/", Binary::Divide, 10),
    ("%", Binary::Remainder, 10),
    ("+", Binary::Add, 9),
    ("-", Binary::Subtract, 9),
    ("&", Binary::BitAnd, 7),
    ("^", Binary::BitXor, 6),
    ("|", Binary::BitOr, 5),
    ("<", Binary::Less, 4),
    (">", Binary::Greater, 4),
];
const ASSIGN: u8 = 1;
const CAST: u8 = 11;
const PREFIX: u8 = 12;

/// Words that begin a type's name in C.
const C_WORDS: &[&str] = &[
    "unsigned", "signed", "short", "long", "int", "char", "float", "double", "void", "bool", "_Bool", "const",
    "volatile", "struct", "union", "enum", "class",
];

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Result<Expression> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > MAX_LENGTH {
        return Err(ExpressionError::new(1, format!("an expression may have {MAX_LENGTH} characters")));
    }
    let mut parser = Parser { characters, at: 0, depth: 0, parts: 0 };
    let expression = parser.expression(0)?;
    parser.blanks();
    match parser.peek() {
        None => Ok(expression),
        Some(character) => Err(parser.error(format!("an operator or the end was expected, not `{character}`"))),
    }
}

struct Parser {
    characters: Vec<char>,
    at: usize,
    depth: usize,
    parts: usize,
}

impl Parser {
    fn expression(&mut self, least: u8) -> Result<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the expression is nested too deep"));
        }
        let mut left = self.prefix()?;
        loop {
            self.count()?;
            self.blanks();
            let column = self.column();
            if self.keyword("as") {
                if CAST < least {
                    self.at -= 2;
                    break;
                }
                let ty = self.type_name()?;
                left = Expression { column: left.column, kind: Kind::Cast(Box::new(left), ty) };
                continue;
            }
            if self.looks_at("=") && !self.looks_at("==") {
                if ASSIGN < least {
                    break;
                }
                self.at += 1;
                let right = self.expression(ASSIGN)?;
                left = Expression { column, kind: Kind::Assign(Box::new(left), Box::new(right)) };
                continue;
            }
            let found = BINARY.iter().find(|(sign, ..)| self.looks_at(sign));
            let Some((sign, operator, strength)) = found else { break };
            if *strength < least {
                break;
            }
            let after = self.characters.get(self.at + sign.len());
            if after == Some(&'=') && !sign.ends_with('=') && !sign.starts_with(['<', '>', '=', '!']) {
                return Err(self.error(format!("`{sign}=` is not known here: write `x = x {sign} …`")));
            }
            self.at += sign.len();
            let right = self.expression(strength + 1)?;
            left = Expression { column, kind: Kind::Binary(*operator, Box::new(left), Box::new(right)) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn count(&mut self) -> Result<()> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(self.error("the expression is too long"));
        }
        Ok(())
    }

    fn prefix(&mut self) -> Result<Expression> {
        self.blanks();
        let column = self.column();
        let operator = match self.peek() {
            Some('-') => Some(Unary::Negate),
            Some('!') => Some(Unary::Not),
            Some('~') => Some(Unary::Complement),
            Some('*') => Some(Unary::Deref),
            Some('&') => Some(Unary::AddressOf),
            Some('+') => {
                self.at += 1;
                return self.expression(PREFIX);
            }
            _ => None,
        };
        if let Some(operator) = operator {
            self.at += 1;
            if operator == Unary::AddressOf {
                self.blanks();
                let _ = self.keyword("mut");
            }
            let operand = self.expression(PREFIX)?;
            return Ok(Expression { column, kind: Kind::Unary(operator, Box::new(operand)) });
        }
        if self.peek() == Some('(')
            && let Some(ty) = self.c_cast()
        {
            let operand = self.expression(PREFIX)?;
            return Ok(Expression { column, kind: Kind::Cast(Box::new(operand), ty) });
        }
        if self.keyword("sizeof") {
            self.blanks();
            let kind = match self.size_of_type() {
                Some(ty) => Kind::SizeOf(ty),
                None => Kind::SizeOfValue(Box::new(self.expression(PREFIX)?)),
            };
            return Ok(Expression { column, kind });
        }
        let operand = self.primary()?;
        self.postfix(operand)
    }

    /// A type in parentheses, if that is all that is there.
    fn size_of_type(&mut self) -> Option<TypeName> {
        let start = self.at;
        let found = self.looks_at("(").then(|| {
            self.at += 1;
            let ty = self.type_name().ok();
            self.blanks();
            ty.filter(|_| self.looks_at(")"))
        });
        match found.flatten() {
            Some(ty) => {
                self.at += 1;
                Some(ty)
            }
            None => {
                self.at = start;
                None
            }
        }
    }

    fn primary(&mut self) -> Result<Expression> {
        let column = self.column();
        let kind = match self.peek() {
            None => return Err(self.error("an operand was expected, not the end")),
            Some('(') => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.expect(')')?;
                return Ok(inner);
            }
            Some('0'..='9') => self.number()?,
            Some('\'') => {
                self.at += 1;
                let character = match self.next() {
                    Some('\\') => self.escape()?,
                    Some(character) if character != '\'' => character,
                    _ => return Err(self.error("a character was expected after `'`")),
                };
                self.expect_now('\'')?;
                Kind::Character(character)
            }
            Some('"') => {
                self.at += 1;
                let mut text = String::new();
                loop {
                    match self.next() {
                        Some('"') => break Kind::Text(text),
                        Some('\\') => text.push(self.escape()?),
                        Some(character) => text.push(character),
                        None => return Err(ExpressionError::new(column, "the text has no closing `\"`")),
                    }
                }
            }
            Some('$') => {
                self.at += 1;
                // `$$` and `$$2` count from the last value that was shown.
                let back = if self.looks_at("$") { "$" } else { "" };
                self.at += back.len();
                Kind::Register(format!("{back}{}", self.word()))
            }
            Some(character) if is_word_start(character) => {
                let name = self.path();
                match name.as_str() {
                    "true" => Kind::Boolean(true),
                    "false" => Kind::Boolean(false),
                    "b" if matches!(self.peek(), Some('\'' | '"')) => return self.byte_literal(column),
                    _ => Kind::Name(name),
                }
            }
            Some(character) => return Err(self.error(format!("an operand was expected, not `{character}`"))),
        };
        Ok(Expression { column, kind })
    }

    /// Rust's `b'x'` is a number.
    fn byte_literal(&mut self, column: usize) -> Result<Expression> {
        let literal = self.primary()?;
        match literal.kind {
            Kind::Character(character) => {
                let kind = Kind::Integer { value: u32::from(character).into(), suffix: Some("u8".to_string()) };
                Ok(Expression { column, kind })
            }
            kind => Ok(Expression { column, kind }),
        }
    }

    fn postfix(&mut self, operand: Expression) -> Result<Expression> {
        let mut left = operand;
        loop {
            self.count()?;
            self.blanks();
            let column = self.column();
            if self.looks_at("->") || (self.looks_at(".") && !self.looks_at("..")) {
                self.at += if self.looks_at("->") { 2 } else { 1 };
                self.blanks();
                let name = self.word();
                if name.is_empty() {
                    return Err(self.error("the name or number of a field was expected"));
                }
                left = Expression { column, kind: Kind::Field(Box::new(left), name) };
            } else if self.looks_at("[") {
                self.at += 1;
                left = self.index(left, column)?;
            } else if self.looks_at("(") {
                self.at += 1;
                let mut arguments = Vec::new();
                self.blanks();
                while self.peek() != Some(')') {
                    arguments.push(self.expression(0)?);
                    self.blanks();
                    if self.peek() != Some(',') {
                        break;
                    }
                    self.at += 1;
                    self.blanks();
                }
                self.expect(')')?;
                left = Expression { column: left.column, kind: Kind::Call(Box::new(left), arguments) };
            } else {
                return Ok(left);
            }
        }
    }

    /// After a `[`: an index, or the ends of a slice.
    fn index(&mut self, operand: Expression, column: usize) -> Result<Expression> {
        self.blanks();
        let start = if self.looks_at("..") { None } else { Some(Box::new(self.expression(0)?)) };
        self.blanks();
        let operand = Box::new(operand);
        if !self.looks_at("..") {
            self.expect(']')?;
            return match start {
                Some(index) => Ok(Expression { column, kind: Kind::Index(operand, index) }),
                None => Err(self.error("an index was expected")),
            };
        }
        self.at += 2;
        let inclusive = self.looks_at("=");
        self.at += usize::from(inclusive);
        self.blanks();
        let mut end = if self.looks_at("]") { None } else { Some(Box::new(self.expression(0)?)) };
        if inclusive {
            let Some(last) = end else { return Err(self.error("a last index was expected")) };
            let column = last.column;
            let one = Expression { column, kind: Kind::Integer { value: 1, suffix: None } };
            end = Some(Box::new(Expression { column, kind: Kind::Binary(Binary::Add, last, Box::new(one)) }));
        }
        self.expect(']')?;
        Ok(Expression { column, kind: Kind::Slice(operand, start, end) })
    }

    fn number(&mut self) -> Result<Kind> {
        let column = self.column();
        let radix = match (self.peek(), self.characters.get(self.at + 1)) {
            (Some('0'), Some('x' | 'X')) => 16,
            (Some('0'), Some('o')) => 8,
            (Some('0'), Some('b' | 'B')) => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
        }
        let mut digits = String::new();
        let mut is_float = false;
        while let Some(character) = self.peek() {
            let follows = self.characters.get(self.at + 1).copied();
            match character {
                '_' => {}
                _ if character.is_digit(radix) => digits.push(character),
                '.' if radix == 10 && !is_float && follows.is_some_and(|next| next.is_ascii_digit()) => {
                    is_float = true;
                    digits.push('.');
                }
                'e' | 'E' if radix == 10 && follows.is_some_and(|next| next.is_ascii_digit() || next == '-') => {
                    is_float = true;
                    digits.push('e');
                    if follows == Some('-') {
                        self.at += 1;
                        digits.push('-');
                    }
                }
                _ => break,
            }
            self.at += 1;
        }
        let suffix = self.word();
        let suffix = (!suffix.is_empty()).then_some(suffix);
        let float = is_float || (radix == 10 && matches!(suffix.as_deref(), Some("f" | "f32" | "f64" | "F")));
        if let Some(suffix) = &suffix
            && super::types::literal_type(suffix, Builtin::Unsigned(32)).is_none()
        {
            return Err(ExpressionError::new(column, format!("`{suffix}` is no suffix of numbers")));
        }
        if float {
            let value = digits.parse().map_err(|_| ExpressionError::new(column, "a number was expected"))?;
            return Ok(Kind::Float { value, suffix });
        }
        // C's octal numbers begin with a 0.
        let value = u128::from_str_radix(&digits, radix);
        let value = value.map_err(|_| ExpressionError::new(column, "a number of at most 128 bits was expected"))?;
        Ok(Kind::Integer { value, suffix })
    }

    fn escape(&mut self) -> Result<char> {
        Ok(match self.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('0') => '\0',
            Some('x') => {
                let digits: String = (0..2).filter_map(|_| self.next()).collect();
                let code = u8::from_str_radix(&digits, 16);
                char::from(code.map_err(|_| self.error("two hexadecimal digits were expected after `\\x`"))?)
            }
            Some('u') => {
                self.expect_now('{')?;
                let mut digits = String::new();
                while let Some(digit) = self.next().filter(|digit| *digit != '}') {
                    digits.push(digit);
                }
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                code.ok_or_else(|| self.error("a code point was expected in `\\u{…}`"))?
            }
            Some(character @ ('\\' | '\'' | '"')) => character,
            _ => return Err(self.error("`\\` begins \\n, \\r, \\t, \\0, \\x, \\u, \\\\, \\' or \\\"")),
        })
    }

    /// A cast in parentheses, if that is what is there.
    fn c_cast(&mut self) -> Option<TypeName> {
        let start = self.at;
        self.at += 1;
        self.blanks();
        let at_word = self.at;
        let is_rust = ["*const ", "*mut "].iter().any(|begins| self.looks_at(begins));
        if matches!(self.peek(), Some('*' | '&')) && !is_rust {
            // What a pointer leads to, or an address.
            self.at = start;
            return None;
        }
        let is_sure = {
            let word = self.word();
            C_WORDS.contains(&word.as_str()) || super::types::builtin(&word, Builtin::Unsigned(32)).is_some()
        };
        self.at = at_word;
        let ty = self.type_name().ok();
        self.blanks();
        let closed = self.peek() == Some(')');
        self.at += 1;
        let ty = ty.filter(|_| closed).filter(|ty| {
            // `(name)` is a cast only before something to cast.
            self.blanks();
            let begins_operand =
                self.peek().is_some_and(|next| is_word_start(next) || next.is_ascii_digit() || next == '$');
            is_sure || ty.pointers > 0 || (begins_operand && !self.is_keyword("as"))
        });
        if ty.is_none() {
            self.at = start;
        }
        ty
    }

    /// A type: `unsigned char *`, `struct point`, `*const u32`, `&str`.
    fn type_name(&mut self) -> Result<TypeName> {
        self.blanks();
        let mut pointers = 0;
        while matches!(self.peek(), Some('*' | '&')) {
            self.at += 1;
            pointers += 1;
            self.blanks();
            let _ = self.keyword("const") || self.keyword("mut");
            self.blanks();
        }
        let column = self.column();
        let mut words: Vec<String> = Vec::new();
        loop {
            self.blanks();
            if words.last().is_some_and(|word| !C_WORDS.contains(&word.as_str())) && !self.at_c_word() {
                break;
            }
            let before = self.at;
            let word = self.path();
            if word.is_empty() || (word == "as" && !words.is_empty()) {
                self.at = before;
                break;
            }
            words.push(word);
        }
        if self.peek() == Some('<') && !words.is_empty() {
            // Parameters of a generic type.
            let start = self.at;
            let mut open = 0;
            while let Some(character) = self.next() {
                open += i32::from(character == '<') - i32::from(character == '>');
                if open == 0 {
                    break;
                }
            }
            let parameters: String = self.characters.get(start..self.at).unwrap_or_default().iter().collect();
            match words.last_mut() {
                Some(last) if open == 0 => last.push_str(&parameters),
                // It was a comparison.
                _ => self.at = start,
            }
        }
        words.retain(|word| !matches!(word.as_str(), "const" | "volatile" | "struct" | "union" | "enum" | "class"));
        if words.is_empty() {
            return Err(ExpressionError::new(column, "the name of a type was expected"));
        }
        loop {
            self.blanks();
            if self.peek() == Some('*') {
                self.at += 1;
                pointers += 1;
            } else if !self.keyword("const") {
                break;
            }
        }
        Ok(TypeName { name: words.join(" "), pointers })
    }

    fn at_c_word(&mut self) -> bool {
        let before = self.at;
        let word = self.word();
        self.at = before;
        C_WORDS.contains(&word.as_str())
    }

    /// Words with `::` between them.
    fn path(&mut self) -> String {
        let mut path = self.word();
        while self.looks_at("::") {
            self.at += 2;
            path.push_str("::");
            path.push_str(&self.word());
        }
        path
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|character| character == '_' || character.is_alphanumeric()) {
            self.at += 1;
        }
        self.characters.get(start..self.at).unwrap_or_default().iter().collect()
    }

    fn is_keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        let found = self.keyword(keyword);
        self.at = before;
        found
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.at;
        let found = self.word() == keyword;
        if !found {
            self.at = before;
        }
        found
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn looks_at(&self, sign: &str) -> bool {
        let here = self.characters.iter().skip(self.at);
        sign.chars().eq(here.take(sign.chars().count()).copied())
    }

    fn expect(&mut self, character: char) -> Result<()> {
        self.blanks();
        self.expect_now(character)
    }

    fn expect_now(&mut self, character: char) -> Result<()> {
        if self.peek() == Some(character) {
            self.at += 1;
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "the end".to_string(), |found| format!("`{found}`"));
        Err(self.error(format!("`{character}` was expected, not {found}")))
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    fn column(&self) -> usize {
        self.at + 1
    }

    fn error(&self, message: impl fmt::Display) -> ExpressionError {
        ExpressionError::new(self.column(), message)
    }
}

fn is_word_start(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_words_are_read_or_refused(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "0x1f", "1.5", "'c'", "\"s\"", "(", ")", "[", "]", "..", "..=", ".", "->", "*", "&", "mut ",
                    " as ", "int", "(u8*)", "::", "+", "-", "!", "~", "==", "=", "<", "<<", "&&", ",", "$pc", "b'",
                    "sizeof ", "@", "$$",
                ]),
                0..40,
            ),
        ) {
            if let Err(error) = parse(&words.concat()) {
                prop_assert!(error.column <= words.concat().chars().count() + 1);
            }
        }
    }

    /// The tree with all its parentheses.
    fn tree(text: &str) -> String {
        fn write(expression: &Expression) -> String {
            match &expression.kind {
                Kind::Integer { value, suffix } => format!("{value}{}", suffix.as_deref().unwrap_or_default()),
                Kind::Float { value, .. } => format!("{value:?}"),
                Kind::Character(character) => format!("{character:?}"),
                Kind::Text(text) => format!("{text:?}"),
                Kind::Boolean(value) => value.to_string(),
                Kind::Name(name) => name.clone(),
                Kind::Register(name) => format!("${name}"),
                Kind::Unary(operator, operand) => format!("({operator:?} {})", write(operand)),
                Kind::Binary(operator, left, right) => format!("({operator:?} {} {})", write(left), write(right)),
                Kind::Field(operand, name) => format!("{}.{name}", write(operand)),
                Kind::Index(operand, index) => format!("{}[{}]", write(operand), write(index)),
                Kind::Slice(operand, start, end) => {
                    let end_of = |end: &Option<Box<Expression>>| end.as_deref().map(write).unwrap_or_default();
                    format!("{}[{}..{}]", write(operand), end_of(start), end_of(end))
                }
                Kind::Call(function, arguments) => {
                    format!("{}({})", write(function), arguments.iter().map(write).collect::<Vec<_>>().join(", "))
                }
                Kind::Cast(operand, ty) => format!("({} as {}{})", write(operand), "*".repeat(ty.pointers), ty.name),
                Kind::SizeOf(ty) => format!("sizeof {}{}", "*".repeat(ty.pointers), ty.name),
                Kind::SizeOfValue(operand) => format!("(sizeof {})", write(operand)),
                Kind::Assign(place, value) => format!("({} := {})", write(place), write(value)),
            }
        }
        parse(text).map_or_else(|error| error.to_string(), |expression| write(&expression))
    }

    #[test]
    fn operators_bind_as_in_c_and_rust() {
        let cases = [
            ("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)"),
            ("-a.b[1]->c", "(Negate a.b[1].c)"),
            ("*p == 3 && !q || r", "(Or (And (Equal (Deref p) 3) (Not q)) r)"),
            ("a & 1 == 0", "(Equal (BitAnd a 1) 0)"),
            ("a << 1 | b", "(BitOr (ShiftLeft a 1) b)"),
            ("x = y = 1 + 2", "(x := (y := (Add 1 2)))"),
            ("a as u8 + 1", "(Add (a as u8) 1)"),
            ("-1 as u8", "((Negate 1) as u8)"),
            ("&mut a[i + 1]", "(AddressOf a[(Add i 1)])"),
            ("a[1..3]", "a[1..3]"),
            ("a[..=n]", "a[..(Add n 1)]"),
            ("a[..]", "a[..]"),
            ("m::f(1, g(2),)", "m::f(1, g(2))"),
            ("t.0.1", "t.0.1"),
            ("sizeof(struct point) * 2", "(Multiply sizeof point 2)"),
            ("sizeof (char *) + sizeof x[1]", "(Add sizeof *char (sizeof x[1]))"),
            ("sizeof(a + 1)", "(sizeof (Add a 1))"),
            ("a[1]@3", "(Repeat a[1] 3)"),
            ("$1 + $$2 - $", "(Subtract (Add $1 $$2) $)"),
        ];
        for (text, expected) in cases {
            assert_eq!(tree(text), expected, "{text}");
        }
    }

    #[test]
    fn casts_of_both_languages() {
        let cases = [
            ("(int)x", "(x as int)"),
            ("(unsigned char)x + 1", "(Add (x as unsigned char) 1)"),
            ("(struct point *)p", "(p as *point)"),
            ("*(u32*)0x1000", "(Deref (4096 as *u32))"),
            ("*(0x1000 as *const u32)", "(Deref (4096 as *u32))"),
            ("(x) + 1", "(Add x 1)"),
            ("(x)", "x"),
            ("(Foo)x", "(x as Foo)"),
            ("(p as *mut a::Foo<u8>).x", "(p as *a::Foo<u8>).x"),
            ("(const char * const *)p", "(p as **char)"),
        ];
        for (text, expected) in cases {
            assert_eq!(tree(text), expected, "{text}");
        }
    }

    #[test]
    fn literals() {
        let cases = [
            ("0xff_u8", "255u8"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("0x10UL", "16UL"),
            ("1.5", "1.5"),
            ("2e-3", "0.002"),
            ("1f32", "1.0"),
            (r"'\n'", r"'\n'"),
            (r"'\u{e9}'", "'é'"),
            (r#""a\"b""#, r#""a\"b""#),
            ("b'a'", "97u8"),
            ("true", "true"),
            ("$local0", "$local0"),
        ];
        for (text, expected) in cases {
            assert_eq!(tree(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        let cases = [
            ("", "column 1: an operand was expected, not the end"),
            ("a +", "column 4: an operand was expected, not the end"),
            ("a b", "column 3: an operator or the end was expected, not `b`"),
            ("(a", "column 3: `)` was expected, not the end"),
            ("a[1", "column 4: `]` was expected, not the end"),
            ("a.", "column 3: the name or number of a field was expected"),
            ("\"x", "column 1: the text has no closing `\"`"),
            ("12zz", "column 1: `zz` is no suffix of numbers"),
            ("a += 1", "column 3: `+=` is not known here: write `x = x + …`"),
            ("a as", "column 5: the name of a type was expected"),
            ("é + #", "column 5: an operand was expected, not `#`"),
        ];
        for (text, expected) in cases {
            assert_eq!(tree(text), expected, "{text}");
        }
        let deep = "(".repeat(9000);
        assert!(parse(&deep).unwrap_err().message.contains("too deep"));
        assert!(parse(&"a.b".repeat(9000)).is_err());
        let long = format!("1{}", "+1".repeat(4000));
        assert!(parse(&long).unwrap_err().message.contains("too long"));
        assert!(parse(&format!("1{}", "+1".repeat(100))).is_ok());
    }
}
