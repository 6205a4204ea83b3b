//! In: a function. Out: a [`Function`] that can be expanded, or every mistake of it. Knows the rules and writes no
//! code.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, Lifetime, Pat, Safety, Type};

use super::name::{Name, check_name};
use crate::analyse::{check_output_has_a_name, check_task_options, find_impl_trait};
use crate::errors::Errors;
use crate::parse::Method;
use crate::result_type::ResultType;

/// A checked function.
pub(super) struct Function<'m> {
    pub(super) method: &'m Method,
    pub(super) parameters: Vec<Parameter<'m>>,
    /// The declared type, unless it is `()` by omission.
    pub(super) output: Option<&'m Type>,
    /// The error of the task, unless it is caught.
    pub(super) fails: Option<ResultType<'m>>,
    /// The text of its name, and the parameters in it.
    pub(super) name: Option<Name<'m>>,
}

pub(super) struct Parameter<'m> {
    /// `None` if the parameter is a pattern.
    pub(super) name: Option<&'m Ident>,
    pub(super) ty: &'m Type,
    /// The `U` of a `&U`: the argument is lent, not given.
    pub(super) lent: Option<&'m Type>,
    /// The parameter cannot be an argument of a task.
    pub(super) is_broken: bool,
}

/// Checks a function. If there are errors, the result is only good enough for its signature.
pub(super) fn analyse<'m>(method: &'m Method, errors: &mut Errors) -> Function<'m> {
    check_qualifiers(method, errors);
    check_depends(method, errors);
    let parameters: Vec<Parameter<'m>> =
        method.sig.inputs.iter().filter_map(|input| check_parameter(input, errors)).collect();
    let output = check_output_has_a_name(method, errors);
    if let Some(output) = output {
        check_borrow(output, errors);
    }
    if check_place(method, errors) {
        check_task_options(method, output, errors);
    }
    check_feature(method, errors);
    let fails = output.and_then(ResultType::of).filter(|_| method.options.catch.is_none());
    let name = method.options.name.as_ref().and_then(|given| check_name(&given.value, &parameters, errors));
    Function { method, parameters, output, fails, name }
}

fn check_qualifiers(method: &Method, errors: &mut Errors) {
    let sig = &method.sig;
    if let Some(constness) = &sig.constness {
        errors.at(constness.span, "a task is not `const`: take the word away");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(unsafety.span, "a task is not `unsafe`: take the word away");
    }
    if let Some(abi) = &sig.abi {
        errors.over(abi, "a task is not `extern`: take the word away");
    }
    if let Some(variadic) = &sig.variadic {
        errors.over(variadic, "a task takes arguments that have a type");
    }
    if let TokenTree::Punct(semicolon) = &method.body {
        errors.at(semicolon.span(), format!("task `{}` needs a body", sig.ident));
    }
}

/// Running tasks needs a feature.
fn check_feature(method: &Method, errors: &mut Errors) {
    if !cfg!(feature = "tokio") {
        let message = "a function as a task needs the feature `tokio` of adagio, which is on by default";
        errors.at(method.sig.ident.span(), message);
    }
}

fn check_depends(method: &Method, errors: &mut Errors) {
    if let Some(first) = method.depends.first() {
        let message = "`#[depends(..)]` is for the methods of a `#[dag]` block: a function is called with the tasks it \
                       needs, and `after` orders without a value";
        errors.at(first.graph.as_ref().unwrap_or(&first.task).span(), message);
    }
}

fn check_parameter<'m>(input: &'m FnArg, errors: &mut Errors) -> Option<Parameter<'m>> {
    let FnArg::Typed(parameter) = input else { return None };
    let name = match &*parameter.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        _ => None,
    };
    let ty = &*parameter.ty;
    let mut is_broken = false;
    if let Some(hidden) = find_impl_trait(ty.to_token_stream()) {
        errors.at(hidden, "an argument may be a task, of a type that has a name: write `<T: ..>` instead of `impl ..`");
        is_broken = true;
    }
    let lent = lent_type(ty);
    if let Some(mutability) = mutable(ty) {
        errors.at(mutability, "tasks share their inputs: take `&` instead of `&mut`, or the value itself");
        is_broken = true;
    }
    Some(Parameter { name, ty, lent, is_broken })
}

/// Returns `U` of `&U`; a `&'static U` is a value like any other.
fn lent_type(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => lent_type(&group.elem),
        Type::Paren(paren) => lent_type(&paren.elem),
        Type::Reference(reference) if !reference.lifetime.as_ref().is_some_and(is_static) => Some(&reference.elem),
        _ => None,
    }
}

fn mutable(ty: &Type) -> Option<proc_macro2::Span> {
    match ty {
        Type::Group(group) => mutable(&group.elem),
        Type::Paren(paren) => mutable(&paren.elem),
        Type::Reference(reference) => reference.mutability.map(|mutability| mutability.span),
        _ => None,
    }
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

/// A result outlives the inputs of its task.
fn check_borrow(output: &Type, errors: &mut Errors) {
    if let Some(borrowed) = find_borrow(output.to_token_stream()) {
        let message = "the result of a task outlives its inputs: return an owned value, or a `&'static` one";
        errors.over(borrowed, message);
    }
}

/// Finds a lifetime that is not `'static`, or a `&` without a lifetime, except inside `Fn(&T)`.
fn find_borrow(tokens: TokenStream) -> Option<TokenTree> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(ref punct) if punct.as_char() == '&' => {
                let next = tokens.peek();
                if !matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == '\'') {
                    return Some(token);
                }
            }
            TokenTree::Punct(ref punct) if punct.as_char() == '\'' => match tokens.next() {
                Some(TokenTree::Ident(name)) if name != "static" => return Some(name.into()),
                _ => {}
            },
            TokenTree::Ident(ref name) if ["Fn", "FnMut", "FnOnce", "fn"].iter().any(|fun| name == fun) => {
                tokens.next_if(|next| matches!(next, TokenTree::Group(_)));
            }
            TokenTree::Group(group) => {
                if let Some(found) = find_borrow(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

/// Every function that is a task runs on the runtime. Returns whether the values of the options still have to be
/// checked.
fn check_place(method: &Method, errors: &mut Errors) -> bool {
    let options = &method.options;
    let closers = [options.close.as_ref().map(|it| &it.name), options.close_timeout.as_ref().map(|it| &it.name)];
    for name in closers.into_iter().flatten() {
        let message =
            format!("`{name}` is for the methods of a `#[dag]` block, whose run closes its results: take it away");
        errors.at(name.span(), message);
    }
    let in_vain = [
        (&options.spawn, "a task that is made at run time always runs on the runtime: take `spawn` away"),
        (&options.inline, "a task that is made at run time always runs on the runtime: take `inline` away"),
        (&options.finish, "`finish` is for the methods of a `#[dag]` block: take it away"),
        (&options.boxed, "a task that is made at run time is on the heap already: take `boxed` away"),
        (&options.graph, "`graph` is for the methods of a `#[dag]` block: take it away"),
        (&options.remote, "`remote` is for the methods of a `#[dag]` block: take it away"),
    ];
    for (option, message) in &in_vain {
        if let Some(option) = option {
            errors.at(option.span(), message);
        }
    }
    if let Some(permit) = &options.permit {
        let message = "`permit` takes a semaphore of the object, and a function has none: take it away, and acquire a permit \
                       in the body";
        errors.at(permit.name.span(), message);
    }
    if let Some(limit) = &options.max_concurrency {
        let message = "`max_concurrency` at a task counts the elements of a collection: take it away, and limit the scope with \
                       `Scope::new().max_concurrency(8)`";
        errors.at(limit.name.span(), message);
    }
    if let Some(version) = &options.version {
        errors.at(version.name.span(), "`version` is for the methods of a `#[dag(durable)]` block: take it away");
    }
    in_vain.iter().all(|(option, _)| option.is_none())
}
