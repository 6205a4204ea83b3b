//! The signature of a task except its parameters: qualifiers, attributes, generics, `self`, and the type of the result.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, FnArg, GenericParam, ReceiverKind, ReturnType, Safety, Type};

use crate::errors::Errors;
use crate::parse::Method;

/// Checks everything but the parameters and the result.
pub(super) fn check_signature(method: &Method, errors: &mut Errors) {
    check_qualifiers(method, errors);
    check_attributes(method, errors);
    check_generics(method, errors);
    check_receiver(method, errors);
}

fn check_qualifiers(method: &Method, errors: &mut Errors) {
    let sig = &method.sig;
    if let Some(constness) = &sig.constness {
        errors.at(constness.span, "a task is not `const`: take the word away, or move it to another impl block");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(unsafety.span, "a task is not `unsafe`: take the word away, or move it to another impl block");
    }
    if let Some(abi) = &sig.abi {
        errors.over(abi, "a task is not `extern`: take the word away, or move it to another impl block");
    }
    if let Some(variadic) = &sig.variadic {
        errors.over(variadic, "a task takes its dependencies, by name");
    }
    if let TokenTree::Punct(semicolon) = &method.body {
        errors.at(semicolon.span(), format!("task `{}` needs a body", sig.ident));
    }
}

fn check_attributes(method: &Method, errors: &mut Errors) {
    for attr in &method.attrs {
        if attr.path().is_ident("cfg") {
            let message = "`#[dag]` does not see whether this task is there: put the `#[cfg(..)]` on the whole impl";
            errors.over(attr.path(), message);
        } else if attr.path().is_ident("cfg_attr") {
            check_hidden_attribute(attr, errors);
        }
    }
}

fn check_hidden_attribute(attr: &Attribute, errors: &mut Errors) {
    let Ok(list) = attr.meta.require_list() else { return };
    let hidden = list.tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "depends" || ident == "task" => Some(ident),
        _ => None,
    });
    if let Some(hidden) = hidden {
        let message =
            format!("`#[dag]` does not see whether this `{hidden}` is there: put the condition on the whole impl");
        errors.at(hidden.span(), message);
    }
}

fn check_generics(method: &Method, errors: &mut Errors) {
    let generics = &method.sig.generics;
    for param in &generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            let message = "a task is not generic: make the type of the impl generic, or move it to another impl block";
            errors.over(param, message);
        }
    }
    if let Some(clause) = &generics.where_clause {
        if clause.predicates.iter().any(|predicate| !matches!(predicate, syn::WherePredicate::Lifetime(_))) {
            errors.at(clause.where_token.span, "a task has no bounds of its own: move them to the impl");
        }
    }
}

fn check_receiver(method: &Method, errors: &mut Errors) {
    let name = &method.sig.ident;
    let Some(receiver) = method.sig.receiver() else {
        let message = format!("task `{name}` takes no `self`; take `&self`, or move it to another impl block");
        errors.at(name.span(), message);
        return;
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => {}
        ReceiverKind::Reference(_, _, Some(_)) => {
            let message = "tasks share `self`: take `&self` instead of `&mut self`, and put values that change into a `Mutex` or \
                           an atomic";
            errors.over(receiver, message);
        }
        ReceiverKind::Typed(_, ty) if is_shared_self(ty) => {}
        ReceiverKind::Typed(_, ty) => errors.over(ty, "tasks share `self`: take `&self`"),
        _ => errors.over(receiver, "tasks share `self`: take `&self` instead of `self`"),
    }
}

fn is_shared_self(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self"))
        }
        Type::Group(group) => is_shared_self(&group.elem),
        Type::Paren(paren) => is_shared_self(&paren.elem),
        _ => false,
    }
}

/// Returns the declared type of the result, if one is declared.
pub(super) fn check_output<'b>(method: &'b Method, errors: &mut Errors) -> Option<&'b Type> {
    if let Some(ty) = check_output_has_a_name(method, errors) {
        check_borrow(method, ty, errors);
    }
    match method.output() {
        ReturnType::Type(_, ty) => Some(ty),
        ReturnType::Default => None,
    }
}

/// Returns the declared type of a result, unless it is an `impl Trait`.
pub(crate) fn check_output_has_a_name<'b>(method: &'b Method, errors: &mut Errors) -> Option<&'b Type> {
    let ReturnType::Type(_, ty) = &method.sig.output else { return None };
    if let (Some(hidden), TokenTree::Group(_)) = (find_impl_trait(ty.to_token_stream()), &method.body) {
        let message = if method.sig.asyncness.is_none() && ty.to_token_stream().to_string().contains("Future") {
            "write `async fn` and the output type of the future"
        } else {
            "the result of a task has a type with a name: instead of `impl Trait` write the type, or `Box<dyn Trait>`"
        };
        errors.at(hidden, message);
    }
    Some(ty)
}

/// Returns whether the type of the result has no name.
pub(crate) fn has_impl_trait(method: &Method) -> bool {
    matches!(&method.sig.output, ReturnType::Type(_, ty) if find_impl_trait(ty.to_token_stream()).is_some())
}

pub(crate) fn find_impl_trait(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "impl" => Some(ident.span()),
        TokenTree::Group(group) => find_impl_trait(group.stream()),
        _ => None,
    })
}

/// A result may borrow from `self`, but not from the result of another task, which ends with the run. But a borrow from
/// `self` inside such a result may be returned: `&'t User<'s>` of `&'s self` lends `'s`.
fn check_borrow(method: &Method, output: &Type, errors: &mut Errors) {
    let declared = |name: &Ident| method.sig.generics.lifetimes().any(|param| param.lifetime.ident == *name);
    let borrowed = lifetimes(output.to_token_stream());
    let of_self = lifetimes(method.sig.receiver().to_token_stream());
    for input in &method.sig.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        let lent = lent_lifetime(&parameter.ty);
        let shared = lifetimes(parameter.ty.to_token_stream());
        let is_of_parameter = |name: &&Ident| {
            if of_self.contains(name) { lent == Some(*name) } else { shared.contains(name) }
        };
        if let Some(name) = borrowed.iter().filter(|name| declared(name)).find(is_of_parameter) {
            let message = "the result of a task may borrow from `self`, not from a parameter: return an owned value";
            errors.at(name.span(), message);
            return;
        }
    }
}

/// Returns the lifetime for which a parameter is lent to the task.
fn lent_lifetime(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Group(group) => lent_lifetime(&group.elem),
        Type::Paren(paren) => lent_lifetime(&paren.elem),
        Type::Reference(reference) => reference.lifetime.as_ref().map(|lifetime| &lifetime.ident),
        _ => None,
    }
}

/// Returns the names of the lifetimes in a type.
pub(crate) fn lifetimes(tokens: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut after_apostrophe = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if after_apostrophe => names.push(ident),
            TokenTree::Group(ref group) => names.extend(lifetimes(group.stream())),
            TokenTree::Punct(ref punct) if punct.as_char() == '\'' => {
                after_apostrophe = true;
                continue;
            }
            _ => {}
        }
        after_apostrophe = false;
    }
    names
}
