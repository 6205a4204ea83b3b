//! A parameter borrows for the call: neither for `'static`, nor for a lifetime of the block. Without this check, rustc
//! would speak of variables in generated code.

use syn::{GenericArgument, Lifetime, PatType, PathArguments, Type};

use super::options::is_primitive;
use super::parameters::written;
use super::take::arguments;
use super::{Dependency, type_name};
use crate::errors::Errors;
use crate::parse::Block;

/// `value` is what the dependency returns, if it is known.
pub(super) fn check_lifetime(
    parameter: &PatType,
    dependency: &Dependency<'_>,
    value: Option<&Type>,
    block: &Block,
    errors: &mut Errors,
) {
    let (lifetime, form) = match (&*parameter.ty, dependency.lazy) {
        (Type::Reference(reference), None) if is_lent(dependency, value) => {
            (reference.lifetime.as_ref(), format!("&{}", written(&reference.elem)))
        }
        (ty, Some(_)) => {
            let inside = arguments(ty).first().map_or_else(|| "T".to_owned(), |inside| written(inside));
            (lifetime_of_lazy(ty), format!("Lazy<'_, {inside}>"))
        }
        _ => return,
    };
    let is_longer = |lifetime: &&Lifetime| {
        lifetime.ident == "static" || block.generics.lifetimes().any(|declared| declared.lifetime == **lifetime)
    };
    if let Some(lifetime) = lifetime.filter(is_longer) {
        let message = format!("a result is lent for the call alone, which `{lifetime}` outlives: write `{form}`");
        errors.at(lifetime.span(), message);
    }
}

/// Returns whether a reference surely borrows a result, and is not a reference that the dependency returns.
fn is_lent(dependency: &Dependency<'_>, value: Option<&Type>) -> bool {
    let is_owned = |ty: &Type| {
        matches!(ty, Type::Path(_))
            && type_name(ty).is_some_and(|name| is_primitive(name) || name == "String" || name == "Vec")
    };
    let Some(value) = value else { return false };
    match dependency.element {
        None => is_owned(value),
        Some(element) => {
            let is_list = !element.is_tuple && type_name(value).is_some_and(|name| name == "Vec");
            is_list && matches!(arguments(value).as_slice(), [element] if is_owned(element))
        }
    }
}

fn lifetime_of_lazy(ty: &Type) -> Option<&Lifetime> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Lazy")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    })
}
