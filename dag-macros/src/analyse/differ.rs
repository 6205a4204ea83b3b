//! In: the type of a result and the type of a parameter, as they are written. Out: whether they certainly differ. Only
//! rustc knows types, but when it reports that two types differ, it suggests a method call on the name in
//! `#[depends(..)]`.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// Names of types that user code does not redefine.
const KNOWN: [&str; 30] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool",
    "char", "str", "String", "PathBuf", "Path", "Option", "Result", "Vec", "VecDeque", "HashMap", "HashSet",
    "BTreeMap", "BTreeSet", "Box", "Arc",
];

/// Returns whether a parameter cannot take a clone of a result, or a reference to it where it has a `&`.
pub(super) fn surely_differ(given: &Type, parameter: &Type) -> bool {
    match peel(parameter) {
        Type::Reference(reference) => are_derefs_different(given, &reference.elem),
        taken => are_different(given, taken),
    }
}

/// Returns whether a type certainly differs from another, and so does its deref target.
fn are_derefs_different(given: &Type, taken: &Type) -> bool {
    if !are_different(given, taken) {
        return false;
    }
    match peel(given) {
        Type::Reference(reference) => are_derefs_different(&reference.elem, taken),
        Type::Array(array) => !matches!(peel(taken), Type::Slice(slice) if !are_different(&array.elem, &slice.elem)),
        Type::Path(_) => {
            let Some(segment) = known(given) else { return false };
            let target = arguments(segment).next();
            match (segment.ident.to_string().as_str(), target, peel(taken)) {
                ("String", _, taken) => known(taken).is_none_or(|taken| taken.ident != "str"),
                ("PathBuf", _, taken) => known(taken).is_none_or(|taken| taken.ident != "Path"),
                ("Vec", Some(element), Type::Slice(slice)) => are_different(element, &slice.elem),
                ("Box" | "Arc", Some(target), taken) => are_derefs_different(target, taken),
                _ => true,
            }
        }
        _ => true,
    }
}

fn are_different(one: &Type, other: &Type) -> bool {
    match (peel(one), peel(other)) {
        (Type::Reference(one), Type::Reference(other)) => are_different(&one.elem, &other.elem),
        (Type::Slice(one), Type::Slice(other)) => are_different(&one.elem, &other.elem),
        (Type::Array(one), Type::Array(other)) => are_different(&one.elem, &other.elem),
        (Type::Tuple(one), Type::Tuple(other)) => {
            one.elems.len() != other.elems.len()
                || one.elems.iter().zip(&other.elems).any(|(one, other)| are_different(one, other))
        }
        (one @ Type::Path(_), other @ Type::Path(_)) => {
            let (Some(one), Some(other)) = (known(one), known(other)) else { return false };
            let (of_one, of_other) = (|| arguments(one), || arguments(other));
            one.ident != other.ident
                || of_one().count() == of_other().count()
                    && of_one().zip(of_other()).any(|(one, other)| are_different(one, other))
        }
        (Type::Path(_), Type::Reference(_) | Type::Slice(_) | Type::Array(_) | Type::Tuple(_)) => known(one).is_some(),
        (Type::Reference(_) | Type::Slice(_) | Type::Array(_) | Type::Tuple(_), Type::Path(_)) => {
            known(other).is_some()
        }
        (Type::Tuple(_), Type::Reference(_) | Type::Slice(_) | Type::Array(_))
        | (Type::Reference(_) | Type::Slice(_) | Type::Array(_), Type::Tuple(_)) => true,
        // An array becomes a slice, and a type a trait object, behind a pointer.
        _ => false,
    }
}

fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        _ => ty,
    }
}

/// Returns the last segment of the path of a known type.
fn known(ty: &Type) -> Option<&PathSegment> {
    let Type::Path(path) = peel(ty) else { return None };
    let segment = path.path.segments.last().filter(|_| path.qself.is_none())?;
    KNOWN.iter().any(|name| segment.ident == name).then_some(segment)
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn what_coerces_or_may_be_an_alias_does_not_surely_differ() {
        let pairs: [(Type, Type); 14] = [
            (parse_quote!(String), parse_quote!(&str)),
            (parse_quote!(Vec<u8>), parse_quote!(&[u8])),
            (parse_quote!([u8; 4]), parse_quote!(&[u8])),
            (parse_quote!(Box<String>), parse_quote!(&str)),
            (parse_quote!(Arc<Vec<u8>>), parse_quote!(&[u8])),
            (parse_quote!(&str), parse_quote!(&str)),
            (parse_quote!(&Arc<String>), parse_quote!(&String)),
            (parse_quote!(u64), parse_quote!(Id)),
            (parse_quote!(Page<u8>), parse_quote!(Page<u16>)),
            (parse_quote!(Arc<Client>), parse_quote!(Arc<dyn Fetch>)),
            (parse_quote!(Box<[u8; 4]>), parse_quote!(Box<[u8]>)),
            (parse_quote!(u64), parse_quote!(&dyn Display)),
            (parse_quote!(Vec<u8>), parse_quote!(std::vec::Vec<u8>)),
            (parse_quote!(Option<Id>), parse_quote!(Option<u64>)),
        ];
        for (given, parameter) in pairs {
            assert!(!surely_differ(&given, &parameter), "{} {}", given.to_token_stream(), parameter.to_token_stream());
        }
    }

    #[test]
    fn known_types_of_other_names_surely_differ() {
        let pairs: [(Type, Type); 10] = [
            (parse_quote!(u64), parse_quote!(u32)),
            (parse_quote!(u64), parse_quote!(&u32)),
            (parse_quote!(String), parse_quote!(&Option<String>)),
            (parse_quote!(Box<String>), parse_quote!(String)),
            (parse_quote!(&str), parse_quote!(String)),
            (parse_quote!(&str), parse_quote!(&String)),
            (parse_quote!(Vec<u8>), parse_quote!(&str)),
            (parse_quote!(Vec<u8>), parse_quote!(&[u16])),
            (parse_quote!(Option<u64>), parse_quote!(Option<u32>)),
            (parse_quote!((u8, u8)), parse_quote!((u8, u8, u8))),
        ];
        for (given, parameter) in pairs {
            assert!(surely_differ(&given, &parameter), "{} {}", given.to_token_stream(), parameter.to_token_stream());
        }
    }
}
