//! In: the tokens of `#[dag(..)]` and of the block below it. Out: a [`Block`], with method bodies as opaque tokens.
//! Knows syntax and no rules; a mistake inside one attribute or method does not hide the others.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Generics, Ident, Meta, Path, Signature, Token, Type, Visibility, WhereClause};

use crate::errors::Errors;

/// What stands in `#[dag(..)]`.
#[derive(Default)]
pub(crate) struct BlockOptions {
    /// Nothing is asked to be `Send` or `Sync`.
    pub(crate) local: bool,
    /// Where the facade crate is found, if not at `::adagio`.
    pub(crate) krate: Option<Path>,
}

impl BlockOptions {
    /// Gives the path of what generated code calls.
    pub(crate) fn runtime(&self) -> TokenStream {
        let krate = self.krate.as_ref().map_or_else(|| quote!(::adagio), |path| quote!(#path));
        quote!(#krate::__private)
    }
}

/// An inherent `impl` block.
pub(crate) struct Block {
    pub(crate) options: BlockOptions,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    pub(crate) self_ty: Type,
    /// Consts, in source order.
    pub(crate) others: Vec<TokenStream>,
    pub(crate) methods: Vec<Method>,
}

/// A method of the block, its own attributes taken off.
pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) depends: Vec<Ident>,
    pub(crate) options: TaskOptions,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// A brace group, or the semicolon of a method without a body.
    pub(crate) body: TokenTree,
    /// No mistake in its attributes.
    pub(crate) is_whole: bool,
}

/// What stands in `#[task(..)]`.
#[derive(Default)]
pub(crate) struct TaskOptions {
    /// The `Result` is an ordinary value; where it says so.
    pub(crate) catch: Option<Ident>,
}

/// Parses `#[dag(options)]` on `item`; without an inherent `impl` block there is nothing to go on with.
pub(crate) fn parse(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Block> {
    let options = parse_block_options(options, errors);
    let parser = |input: ParseStream<'_>| parse_block(input, options, errors);
    match Parser::parse2(parser, item) {
        Ok(block) => Some(block),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

const BLOCK_OPTIONS: &str = "`local` and `crate = path`";
const TASK_OPTIONS: &str = "`catch`";

fn parse_block_options(tokens: TokenStream, errors: &mut Errors) -> BlockOptions {
    let mut options = BlockOptions::default();
    for option in parse_options(tokens, BLOCK_OPTIONS, errors) {
        let name = option.name.to_string();
        let is_repeated = match (name.as_str(), &option.value) {
            ("local", None) => std::mem::replace(&mut options.local, true),
            ("crate", Some(path)) => match syn::parse2(path.clone()) {
                Ok(path) => options.krate.replace(path).is_some(),
                Err(_) => {
                    errors.over(path, "`crate` takes the path of the adagio crate: `#[dag(crate = path)]`");
                    false
                }
            },
            _ => {
                errors.at(option.name.span(), option.unknown("dag", &["local"], &["crate"], BLOCK_OPTIONS));
                false
            }
        };
        if is_repeated {
            errors.at(option.name.span(), format!("`{name}` is given twice"));
        }
    }
    options
}

fn parse_task_options(tokens: TokenStream, options: &mut TaskOptions, errors: &mut Errors) {
    for option in parse_options(tokens, TASK_OPTIONS, errors) {
        let name = option.name.to_string();
        let is_repeated = match (name.as_str(), &option.value) {
            ("catch", None) => options.catch.replace(option.name.clone()).is_some(),
            _ => {
                errors.at(option.name.span(), option.unknown("task", &["catch"], &[], TASK_OPTIONS));
                false
            }
        };
        if is_repeated {
            errors.at(option.name.span(), format!("`{name}` is given twice"));
        }
    }
}

/// `name` or `name = value`.
struct AttributeOption {
    name: Ident,
    value: Option<TokenStream>,
}

impl AttributeOption {
    /// Says what is wrong with an option that no other arm knew.
    fn unknown(&self, attribute: &str, flags: &[&str], valued: &[&str], known: &str) -> String {
        let name = self.name.to_string();
        if flags.contains(&name.as_str()) {
            format!("`{name}` takes no value: `#[{attribute}({name})]`")
        } else if valued.contains(&name.as_str()) {
            format!("`{name}` needs a value: `#[{attribute}({name} = ..)]`")
        } else {
            format!("unknown option `{name}` of `#[{attribute}(..)]`; known are {known}")
        }
    }
}

fn parse_options(tokens: TokenStream, known: &str, errors: &mut Errors) -> Vec<AttributeOption> {
    let mut options = Vec::new();
    for tokens in split_at_commas(tokens) {
        let parser = |input: ParseStream<'_>| {
            let name = input.call(Ident::parse_any)?;
            let value = if input.parse::<Option<Token![=]>>()?.is_some() { Some(input.parse()?) } else { None };
            if input.is_empty() { Ok(AttributeOption { name, value }) } else { Err(input.error("")) }
        };
        match parser.parse2(tokens.clone()) {
            Ok(option) => options.push(option),
            Err(_) => errors.over(tokens, format!("expected an option; known are {known}")),
        }
    }
    options
}

fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn parse_block(input: ParseStream<'_>, options: BlockOptions, errors: &mut Errors) -> syn::Result<Block> {
    let attrs = input.call(Attribute::parse_outer)?;
    if !input.peek(Token![impl]) {
        let message = "`#[dag]` goes on an inherent `impl` block: `#[dag] impl Checkout { .. }`";
        return Err(input.error(message));
    }
    let impl_token = input.parse::<Token![impl]>()?;
    let mut generics = input.parse::<Generics>()?;
    let self_ty = input.parse::<Type>()?;
    if input.peek(Token![for]) {
        let message = "`#[dag]` goes on an inherent `impl` block, not on the impl of a trait";
        return Err(syn::Error::new_spanned(self_ty, message));
    }
    generics.where_clause = input.parse::<Option<WhereClause>>()?;
    let content;
    syn::braced!(content in input);
    let mut block = Block { options, attrs, impl_token, generics, self_ty, others: Vec::new(), methods: Vec::new() };
    block.attrs.extend(content.call(Attribute::parse_inner)?);
    while !content.is_empty() {
        parse_item(&content, &mut block, errors)?;
    }
    Ok(block)
}

fn parse_item(input: ParseStream<'_>, block: &mut Block, errors: &mut Errors) -> syn::Result<()> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse::<Visibility>()?;
    let is_method = {
        let ahead = input.fork();
        // `const` also begins a constant; the other qualifiers only a function.
        let _ = ahead.parse::<Option<Token![const]>>();
        ahead.peek(Token![async]) || ahead.peek(Token![unsafe]) || ahead.peek(Token![extern]) || ahead.peek(Token![fn])
    };
    if is_method {
        let sig = input.parse::<Signature>()?;
        let body = input.parse::<TokenTree>()?;
        block.methods.push(parse_method(attrs, vis, sig, unwrap_body(body), errors));
        return Ok(());
    }
    let mut rest = TokenStream::new();
    let first = input.fork();
    let is_macro = first.call(Path::parse_mod_style).is_ok() && first.peek(Token![!]);
    while !input.is_empty() {
        let token = input.parse::<TokenTree>()?;
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => is_macro && group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        rest.extend([token]);
        if ends {
            break;
        }
    }
    if is_macro {
        let message = "`#[dag]` does not see the tasks that a macro makes: let the macro make the whole block";
        errors.over(&rest, message);
    }
    block.others.push(quote!(#(#attrs)* #vis #rest));
    Ok(())
}

/// Takes the invisible group off that a `$body:block` of a `macro_rules!` comes in.
fn unwrap_body(body: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &body {
        if group.delimiter() == Delimiter::None {
            let mut inner = group.stream().into_iter();
            if let (Some(only), None) = (inner.next(), inner.next()) {
                return unwrap_body(only);
            }
        }
    }
    body
}

fn parse_method(
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    body: TokenTree,
    errors: &mut Errors,
) -> Method {
    let mut method = Method {
        attrs: Vec::new(),
        depends: Vec::new(),
        options: TaskOptions::default(),
        vis,
        sig,
        body,
        is_whole: true,
    };
    let mut found = Errors::default();
    let mut has_depends = false;
    for attr in attrs {
        if is_ours(attr.path(), "depends") {
            if std::mem::replace(&mut has_depends, true) {
                found.over(attr.path(), "one `#[depends(..)]` a task: list all its dependencies in it");
            }
            parse_depends(&attr, &mut method.depends, &mut found);
        } else if is_ours(attr.path(), "task") {
            match &attr.meta {
                Meta::List(list) => parse_task_options(list.tokens.clone(), &mut method.options, &mut found),
                _ => found.over(
                    &attr.meta,
                    format!("every method of the block is a task; `#[task(..)]` gives it options: {TASK_OPTIONS}"),
                ),
            }
        } else {
            method.attrs.push(attr);
        }
    }
    method.is_whole = found.is_empty();
    errors.append(found);
    method
}

/// Tells whether an attribute is `#[name]` or `#[adagio::name]`.
pub(crate) fn is_ours(attr: &Path, name: &str) -> bool {
    let segments = &attr.segments;
    segments.len() <= 2 && segments.last().is_some_and(|last| last.ident == name)
}

fn parse_depends(attr: &Attribute, depends: &mut Vec<Ident>, errors: &mut Errors) {
    const FORM: &str = "name the tasks that must be done first: `#[depends(user, cart)]`";
    let Meta::List(list) = &attr.meta else {
        errors.over(&attr.meta, FORM);
        return;
    };
    if list.tokens.is_empty() {
        errors.over(&attr.meta, "`#[depends()]` names no task: list some, or remove it");
        return;
    }
    for tokens in split_at_commas(list.tokens.clone()) {
        match syn::parse2::<DependencyName>(tokens.clone()) {
            Ok(DependencyName(name)) => depends.push(name),
            Err(_) => errors.over(&tokens, not_a_name(&tokens).unwrap_or_else(|| FORM.to_owned())),
        }
    }
}

/// A task's name, also through the invisible group of a macro's fragment.
struct DependencyName(Ident);

impl Parse for DependencyName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Ok(name) = input.parse::<Ident>() {
            return Ok(Self(name));
        }
        let group = input.parse::<Group>()?;
        if group.delimiter() == Delimiter::None { syn::parse2(group.stream()) } else { Err(input.error("")) }
    }
}

/// Says how to write a dependency that was written as something else than a name.
fn not_a_name(tokens: &TokenStream) -> Option<String> {
    if let Ok(text) = syn::parse2::<syn::LitStr>(tokens.clone()) {
        let name = text.value();
        let name = if syn::parse_str::<Ident>(&name).is_ok() { name.as_str() } else { "user" };
        return Some(format!("write the name without quotes: `#[depends({name})]`"));
    }
    let parser =
        |input: ParseStream<'_>| Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(input, Ident::parse_any);
    let dotted = parser.parse2(tokens.clone()).ok()?;
    let last = dotted.last()?;
    if dotted.len() == 2 && dotted[0] == "self" {
        return Some(format!("write the name alone: `#[depends({last})]`"));
    }
    (dotted.len() > 1).then(|| {
        format!(
            "a dependency is a task of this impl: tasks of another graph, like `{}`, cannot be named yet",
            join(&dotted)
        )
    })
}

fn join(names: &Punctuated<Ident, Token![.]>) -> String {
    names.iter().map(Ident::to_string).collect::<Vec<_>>().join(".")
}
