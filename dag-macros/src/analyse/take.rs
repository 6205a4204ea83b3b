//! How a parameter takes the value of a result: as a reference, as a reference to what is inside, or as a clone.

use proc_macro2::Ident;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

use super::type_name;
use crate::errors::Errors;
use crate::parse::Method;
use crate::result_type::ResultType;

/// How a parameter takes the value of a result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// `T`.
    Clone,
    /// `T`, by the last task that reads the value: the value itself in a call, a clone in a run.
    Move,
    /// `&T`.
    Reference,
    /// `Option<&T>`, of an `Option<T>`.
    OptionOfReference,
    /// `Result<&T, &E>`, of a `Result<T, E>`.
    ResultOfReferences,
}

/// Reads how a parameter takes a value. `given` is the type of the value, where it is known: a value that contains
/// references already is cloned.
pub(super) fn check_take(ty: &Type, given: Option<&Type>, dependency: &Ident, errors: &mut Errors) -> Take {
    match ty {
        Type::Group(group) => check_take(&group.elem, given, dependency, errors),
        Type::Paren(paren) => check_take(&paren.elem, given, dependency, errors),
        Type::Reference(_) => {
            check_is_shared(ty, dependency, errors);
            Take::Reference
        }
        _ => match references_inside(ty) {
            Some(take) if given.and_then(references_inside) != Some(take) => {
                for inside in arguments(ty) {
                    check_is_shared(inside, dependency, errors);
                }
                take
            }
            _ => Take::Clone,
        },
    }
}

/// Returns the type of the value that dependents of a task get.
pub(super) fn given_type(giver: &Method) -> Option<&Type> {
    let ReturnType::Type(_, output) = giver.output() else { return None };
    let is_caught = giver.options.catch.is_some();
    let ok = ResultType::of(output).filter(|_| !is_caught).map(|result| result.ok());
    ok.unwrap_or(Some(output))
}

/// Returns how a parameter of a type takes a value without references, if its type is `Option<&T>` or
/// `Result<&T, &E>`.
pub(super) fn references_inside(ty: &Type) -> Option<Take> {
    let inside = arguments(ty);
    if !inside.iter().all(|ty| is_reference(ty)) {
        return None;
    }
    match (type_name(ty)?.to_string().as_str(), inside.len()) {
        ("Option", 1) => Some(Take::OptionOfReference),
        ("Result", 2) => Some(Take::ResultOfReferences),
        _ => None,
    }
}

/// Returns the type arguments of a path.
pub(super) fn arguments(ty: &Type) -> Vec<&Type> {
    let arguments = match ty {
        Type::Group(group) => return arguments(&group.elem),
        Type::Paren(paren) => return arguments(&paren.elem),
        Type::Path(path) => path.path.segments.last().map(|last| &last.arguments),
        _ => None,
    };
    let Some(PathArguments::AngleBracketed(arguments)) = arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

fn is_reference(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_reference(&group.elem),
        Type::Paren(paren) => is_reference(&paren.elem),
        _ => matches!(ty, Type::Reference(_)),
    }
}

fn check_is_shared(ty: &Type, dependency: &Ident, errors: &mut Errors) {
    match ty {
        Type::Group(group) => check_is_shared(&group.elem, dependency, errors),
        Type::Paren(paren) => check_is_shared(&paren.elem, dependency, errors),
        Type::Reference(reference) => {
            if let Some(mutability) = &reference.mutability {
                let message = format!("tasks share the result of `{dependency}`: take `&` instead of `&mut`");
                errors.at(mutability.span, message);
            }
        }
        _ => {}
    }
}
