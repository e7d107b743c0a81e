//! Reads items out of token trees: the little of Rust's grammar that the
//! attributes need, each error at the token that is wrong.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

pub(crate) struct Error {
    span: Span,
    message: String,
    /// The item that is wrong, for where the span cannot say it.
    item: Option<String>,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Error { span, message: message.into(), item: None }
    }

    /// The same within a file, whose tokens have no place of their own.
    pub(crate) fn in_file(self, span: Span, file: &str) -> Self {
        let item = self.item.map_or_else(String::new, |item| format!(", `{item}`"));
        Error { span, message: format!("{file}{item}: {}", self.message), item: None }
    }

    /// Remembers the item that is wrong.
    pub(crate) fn of(self, item: &str) -> Self {
        Error { item: self.item.or_else(|| Some(item.into())), ..self }
    }

    /// `::core::compile_error! { "message" }`, every token at the error's span.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let at = |mut token: TokenTree| {
            token.set_span(self.span);
            token
        };
        let message = TokenStream::from(at(Literal::string(&self.message).into()));
        let colon = |spacing| at(Punct::new(':', spacing).into());
        [
            colon(Spacing::Joint),
            colon(Spacing::Alone),
            at(Ident::new("core", self.span).into()),
            colon(Spacing::Joint),
            colon(Spacing::Alone),
            at(Ident::new("compile_error", self.span).into()),
            at(Punct::new('!', Spacing::Alone).into()),
            at(Group::new(Delimiter::Brace, message).into()),
        ]
        .into_iter()
        .collect()
    }
}

/// A position in a list of token trees.
pub(crate) struct Cursor {
    tokens: Vec<TokenTree>,
    at: usize,
    /// Where to report that the input ended too early.
    end: Span,
}

impl Cursor {
    pub(crate) fn new(tokens: TokenStream, end: Span) -> Self {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let end = tokens.last().map_or(end, TokenTree::span);
        Cursor { tokens, at: 0, end }
    }

    pub(crate) fn of_group(group: &Group) -> Self {
        Cursor::new(group.stream(), group.span_close())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.tokens.get(self.at)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> Option<&TokenTree> {
        self.tokens.get(self.at + ahead)
    }

    pub(crate) fn bump(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// The span of the next token, or of the end.
    pub(crate) fn span(&self) -> Span {
        self.peek().map_or(self.end, TokenTree::span)
    }

    pub(crate) fn rest(&mut self) -> Vec<TokenTree> {
        self.tokens.drain(self.at.min(self.tokens.len())..).collect()
    }

    pub(crate) fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(Error::new(self.span(), message))
    }

    pub(crate) fn is_ident(&self, name: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(i)) if i.to_string() == name)
    }

    pub(crate) fn is_punct(&self, c: char) -> bool {
        matches!(self.peek(), Some(TokenTree::Punct(p)) if p.as_char() == c)
    }

    fn is_arrow(&self) -> bool {
        self.is_punct('-') && matches!(self.peek_at(1), Some(TokenTree::Punct(p)) if p.as_char() == '>')
    }

    pub(crate) fn eat_ident(&mut self, name: &str) -> bool {
        let found = self.is_ident(name);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn eat_punct(&mut self, c: char) -> bool {
        let found = self.is_punct(c);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn eat_arrow(&mut self) -> bool {
        let found = self.is_arrow();
        self.at += 2 * usize::from(found);
        found
    }

    pub(crate) fn punct(&mut self, c: char) -> Result<()> {
        if self.eat_punct(c) { Ok(()) } else { self.error(format!("expected `{c}`")) }
    }

    pub(crate) fn ident(&mut self, what: &str) -> Result<Ident> {
        match self.peek() {
            Some(TokenTree::Ident(ident)) => {
                let ident = ident.clone();
                self.at += 1;
                Ok(ident)
            }
            _ => self.error(format!("expected {what}")),
        }
    }

    pub(crate) fn group(&mut self, delimiter: Delimiter, what: &str) -> Result<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
                let group = group.clone();
                self.at += 1;
                Ok(group)
            }
            _ => self.error(format!("expected {what}")),
        }
    }

    /// The text of a plain string literal.
    pub(crate) fn string(&mut self, what: &str) -> Result<String> {
        let Some(TokenTree::Literal(literal)) = self.peek() else {
            return self.error(format!("expected {what} in quotes"));
        };
        let text = literal.to_string();
        let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
            return self.error(format!("expected {what} in quotes"));
        };
        if inner.contains('\\') || inner.is_empty() {
            return self.error(format!("expected {what}: not empty, without `\\`"));
        }
        let inner = inner.to_string();
        self.at += 1;
        Ok(inner)
    }

    /// Outer attributes (and doc comments), kept as they are.
    pub(crate) fn attributes(&mut self) -> Vec<TokenTree> {
        let mut found = Vec::new();
        while self.is_punct('#') {
            found.extend(self.bump());
            found.extend(self.bump());
        }
        found
    }

    pub(crate) fn visibility(&mut self) -> Vec<TokenTree> {
        let mut found = Vec::new();
        if self.is_ident("pub") {
            found.extend(self.bump());
            if matches!(self.peek(), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis) {
                found.extend(self.bump());
            }
        }
        found
    }

    /// Tokens up to one of `stops` outside of any `<…>`.
    pub(crate) fn until(&mut self, stops: &[char]) -> Vec<TokenTree> {
        let mut found = Vec::new();
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            if let TokenTree::Punct(p) = token {
                let c = p.as_char();
                if depth == 0 && stops.contains(&c) {
                    break;
                }
                if self.is_arrow() {
                    found.extend(self.bump());
                } else if c == '<' {
                    depth += 1;
                } else if c == '>' {
                    depth = depth.saturating_sub(1);
                }
            }
            found.extend(self.bump());
        }
        found
    }
}

pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) ty: Vec<TokenTree>,
}

/// A free function: `attributes vis fn name(parameters) -> output body`.
pub(crate) struct Function {
    pub(crate) attributes: Vec<TokenTree>,
    pub(crate) visibility: Vec<TokenTree>,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Parameter>,
    /// The parenthesised parameters as written.
    pub(crate) parameter_list: Group,
    pub(crate) output: Option<Vec<TokenTree>>,
    /// None for a declaration that ends in `;`.
    pub(crate) body: Option<Group>,
}

impl Function {
    /// Reads one function that can cross the boundary. `what` names the
    /// attribute in messages.
    pub(crate) fn parse(cursor: &mut Cursor, what: &str) -> Result<Function> {
        let attributes = cursor.attributes();
        let visibility = cursor.visibility();
        for (qualifier, why) in [
            ("async", "the host cannot await; return when the work is done"),
            ("const", "a constant function has nothing to do at run time"),
            ("unsafe", "the host knows nothing of its conditions; make it safe"),
            ("extern", "the attribute chooses the calling convention; leave `extern` out"),
        ] {
            if cursor.is_ident(qualifier) {
                return cursor.error(format!("`{what}` takes no `{qualifier} fn`: {why}"));
            }
        }
        if !cursor.eat_ident("fn") {
            return cursor.error(format!("`{what}` is for functions; expected `fn`"));
        }
        let name = cursor.ident("the function's name")?;
        if cursor.is_punct('<') {
            return cursor
                .error(format!("`{what}` takes no generic function: the host calls one signature; name the types"));
        }
        let parameter_list = cursor.group(Delimiter::Parenthesis, "`(` and the parameters")?;
        let parameters = parameters(&parameter_list, what)?;
        let output = cursor.eat_arrow().then(|| cursor.output());
        if cursor.is_ident("where") {
            return cursor.error(format!("`{what}` takes no `where` clause"));
        }
        let body = if cursor.eat_punct(';') {
            None
        } else {
            Some(cursor.group(Delimiter::Brace, "`{` and the function's body, or `;`")?)
        };
        Ok(Function { attributes, visibility, name, parameters, parameter_list, output, body })
    }
}

impl Function {
    /// Takes `#[name = "…"]` out of the attributes: the name that the host
    /// knows, which need not be one of Rust's.
    pub(crate) fn take_host_name(&mut self) -> Result<String> {
        let own = self.name.to_string().trim_start_matches("r#").to_string();
        let mut found = None;
        let mut others = Vec::new();
        for pair in self.attributes.chunks(2) {
            let mut cursor = match pair {
                [_, TokenTree::Group(group)] => Cursor::of_group(group),
                _ => Cursor::new(TokenStream::new(), Span::call_site()),
            };
            if cursor.eat_ident("name") {
                cursor.punct('=')?;
                let at = cursor.span();
                let name = cursor.string("the name that the host knows")?;
                if name.contains(';') {
                    return Err(Error::new(at, "a name at the boundary has no `;`: it starts the signature"));
                }
                found = Some(name);
            } else {
                others.extend_from_slice(pair);
            }
        }
        self.attributes = others;
        Ok(found.unwrap_or(own))
    }

    /// The attributes that decide whether the function is there at all.
    pub(crate) fn conditions(&self) -> TokenStream {
        let is_cfg = |group: &TokenTree| {
            matches!(group, TokenTree::Group(g)
                if matches!(g.stream().into_iter().next(), Some(TokenTree::Ident(i)) if i.to_string() == "cfg"))
        };
        self.attributes.chunks(2).filter(|pair| pair.last().is_some_and(is_cfg)).flatten().cloned().collect()
    }
}

impl Cursor {
    /// A return type: up to the body, `;` or `where`.
    fn output(&mut self) -> Vec<TokenTree> {
        let mut found = Vec::new();
        while let Some(token) = self.peek() {
            let stop = match token {
                TokenTree::Group(g) => g.delimiter() == Delimiter::Brace,
                TokenTree::Punct(p) => p.as_char() == ';',
                TokenTree::Ident(i) => i.to_string() == "where",
                TokenTree::Literal(_) => false,
            };
            if stop {
                break;
            }
            found.extend(self.bump());
        }
        found
    }
}

fn parameters(list: &Group, what: &str) -> Result<Vec<Parameter>> {
    let mut cursor = Cursor::of_group(list);
    let mut found = Vec::new();
    while !cursor.is_empty() {
        cursor.attributes();
        let receiver = cursor.is_ident("self")
            || cursor.is_punct('&')
            || (cursor.is_ident("mut")
                && matches!(cursor.peek_at(1), Some(TokenTree::Ident(i)) if i.to_string() == "self"));
        if receiver {
            return cursor.error(format!(
                "`{what}` is for free functions: pass the value as a parameter, or a `wasm::Handle` to it"
            ));
        }
        cursor.eat_ident("mut");
        let name = cursor.ident("a parameter's name")?;
        if !cursor.eat_punct(':') {
            return cursor.error("expected `:` and the parameter's type (patterns are not possible here)");
        }
        let ty = cursor.until(&[',']);
        if ty.is_empty() {
            return cursor.error("expected the parameter's type");
        }
        found.push(Parameter { name, ty });
        cursor.eat_punct(',');
    }
    Ok(found)
}

/// Parses `source` and puts `parts` in the place of the identifiers that name
/// them. The user's tokens keep their spans.
pub(crate) fn template(source: &str, parts: &[(&str, TokenStream)]) -> TokenStream {
    let tokens: TokenStream = match source.parse() {
        Ok(tokens) => tokens,
        Err(error) => {
            return Error::new(Span::call_site(), format!("wasm-macros made bad code: {error}")).into_tokens();
        }
    };
    fill(tokens, parts)
}

fn fill(tokens: TokenStream, parts: &[(&str, TokenStream)]) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                match parts.iter().find(|(part, _)| *part == name) {
                    Some((_, tokens)) => tokens.clone(),
                    None => TokenTree::Ident(ident).into(),
                }
            }
            TokenTree::Group(group) => {
                let mut filled = Group::new(group.delimiter(), fill(group.stream(), parts));
                filled.set_span(group.span());
                TokenTree::Group(filled).into()
            }
            other => other.into(),
        })
        .collect()
}

pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}
