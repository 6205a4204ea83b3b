//! In: the tokens of `#[dag(..)]` and of the block below it. Out: a [`Block`], with method bodies as opaque tokens.
//! Knows syntax and no rules; a mistake inside one attribute or method does not hide the others.

mod depends;
mod duration;
mod elements;
mod misplaced;
mod options;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Meta, Path, ReturnType, Signature, Token, Type, Visibility, WhereClause};

use crate::errors::Errors;
use crate::result_type::ResultType;
use depends::parse_depends;
pub(crate) use depends::{DependencyName, Element};
pub(crate) use elements::between;
pub(crate) use misplaced::place_of_dependency;
pub(crate) use options::{BlockOptions, Given, TaskOptions, parse_task_options};
use options::{TASK_OPTIONS, parse_block_options};

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

/// A method of the block, without this crate's attributes.
#[derive(Clone)]
pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) depends: Vec<DependencyName>,
    pub(crate) options: TaskOptions,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// A brace group, or the semicolon of a method without a body.
    pub(crate) body: TokenTree,
    /// The type of all results, if the task runs once for each element of a collection.
    pub(crate) collected: Option<ReturnType>,
    /// A mistake in `#[depends(..)]` was reported: a name that is missing there may have been meant.
    pub(crate) depends_is_broken: bool,
}

/// Parses `#[dag(options)]` on `item`; without an inherent `impl` block, parsing cannot continue.
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
        let body = parse_body(input)?;
        let mut method = parse_method(attrs, vis, sig, body, errors);
        take_misspelt_depends(&mut method, errors);
        if method.depends.iter().any(|name| name.element.is_some()) {
            method.collected = Some(collected(&method, &block.options.runtime()));
        }
        block.methods.push(method);
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

/// Parses a brace group, or the semicolon of a method without a body.
pub(crate) fn parse_body(input: ParseStream<'_>) -> syn::Result<TokenTree> {
    let body = unwrap_body(input.parse::<TokenTree>()?);
    if is_body(&body) { Ok(body) } else { Err(syn::Error::new(body.span(), "expected the body of the method")) }
}

fn is_body(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

/// Removes the invisible group around a `$body:block` of a `macro_rules!`.
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

impl Method {
    /// Returns the type of the result of the task: for one that runs once for each element, that of all results.
    pub(crate) fn output(&self) -> &ReturnType {
        self.collected.as_ref().unwrap_or(&self.sig.output)
    }
}

/// Returns the type of the results for all elements: `Result<Vec<Page>, E>` for `Result<Page, E>`.
fn collected(method: &Method, runtime: &TokenStream) -> ReturnType {
    let ReturnType::Type(arrow, declared) = &method.sig.output else {
        let span = method.sig.ident.span();
        return syn::parse_quote_spanned!(span=> -> ::std::vec::Vec<()>);
    };
    let result = ResultType::of(declared).filter(|_| method.options.catch.is_none());
    let all = match result {
        Some(result) => result.collected(runtime),
        None => quote_spanned!(declared.span()=> ::std::vec::Vec<#declared>),
    };
    ReturnType::Type(*arrow, Box::new(syn::parse2(all).unwrap_or_else(|_| Type::clone(declared))))
}

/// Removes our attributes.
pub(crate) fn parse_method(
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
        collected: None,
        depends_is_broken: false,
    };
    let mut has_depends = false;
    for attr in attrs {
        if is_ours(attr.path(), "depends") {
            let mut found = Errors::default();
            if std::mem::replace(&mut has_depends, true) {
                found.over(attr.path(), "one `#[depends(..)]` a task: list all its dependencies in it");
            }
            parse_depends(&attr, &mut method.depends, &mut found);
            method.depends_is_broken |= !found.is_empty();
            errors.append(found);
        } else if is_ours(attr.path(), "task") {
            match &attr.meta {
                Meta::List(list) => parse_task_options(list.tokens.clone(), &mut method.options, errors),
                // This form only says that the method is a task, and every method of the block is one.
                Meta::Path(_) => {}
                Meta::NameValue(_) => {
                    errors.over(
                        &attr.meta,
                        format!("write options in parentheses: `#[task(..)]`; known are {TASK_OPTIONS}"),
                    );
                }
            }
        } else {
            method.attrs.push(attr);
        }
    }
    method
}

/// Removes an attribute that is nearly `#[depends(..)]`, so that its absence is not reported as a second mistake.
fn take_misspelt_depends(method: &mut Method, errors: &mut Errors) {
    let Method { attrs, depends, depends_is_broken, .. } = method;
    attrs.retain(|attr| {
        let Some(name) = attr.path().get_ident().filter(|name| is_nearly_depends(&name.to_string())) else {
            return true;
        };
        errors.at(name.span(), format!("unknown attribute `{name}`; did you mean `depends`?"));
        // Other mistakes in it are reported once its name is correct.
        parse_depends(attr, depends, &mut Errors::default());
        *depends_is_broken = true;
        false
    });
}

fn is_nearly_depends(name: &str) -> bool {
    // Names that other libraries use.
    ["depends_on", "dependencies"].contains(&name) || (1..=2).contains(&strsim::damerau_levenshtein(name, "depends"))
}

/// Returns whether an attribute is `#[name]` or `#[adagio::name]`.
pub(crate) fn is_ours(path: &Path, name: &str) -> bool {
    let segments = &path.segments;
    segments.len() <= 2 && segments.last().is_some_and(|last| last.ident == name)
}
