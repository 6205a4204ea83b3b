//! In: the declared type of a task. Out: whether it is a `Result`, and its `Ok` and error types as they are written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath};

use crate::self_lifetime::Outside;

/// A type whose path ends in the segment `Result`.
#[derive(Clone)]
pub(crate) struct ResultType<'b> {
    pub(crate) declared: &'b Type,
    path: &'b TypePath,
    last: &'b PathSegment,
}

impl<'b> ResultType<'b> {
    /// Recognises a `Result` by its last segment, looking through the groups of a macro's fragment.
    pub(crate) fn of(declared: &'b Type) -> Option<Self> {
        let path = path_of(declared)?;
        let last = path.path.segments.last()?;
        (last.ident == "Result").then_some(Self { declared, path, last })
    }

    /// Returns `T` of `Result<T, E>` and `io::Result<T>`.
    pub(crate) fn ok(&self) -> Option<&'b Type> {
        self.arguments().next()
    }

    /// Returns `E` of `Result<T, E>`.
    pub(crate) fn error(&self) -> Option<&'b Type> {
        self.arguments().nth(1)
    }

    /// Returns a key for the error type: two result types that differ only in `T` have equal keys.
    pub(crate) fn error_key(&self) -> String {
        self.with_ok(&quote!(_)).to_string()
    }

    /// Returns a name for the error type: `ApiError` for `Result<T, api::ApiError>`.
    pub(crate) fn error_name(&self) -> Ident {
        let named = self.error().and_then(path_of).and_then(|path| path.path.segments.last());
        let name = named.map(|segment| segment.ident.unraw().to_string());
        // `Self`, and a keyword such as `r#enum` without its prefix, cannot be the name of a variant.
        let name = name.filter(|name| syn::parse_str::<Ident>(name).is_ok());
        Ident::new(name.as_deref().unwrap_or("Error"), Span::mixed_site())
    }

    /// Returns the `Result` with another `T` and the same error.
    pub(crate) fn lifted(&self, outside: &Outside<'_>, ok: &TokenStream, runtime: &TokenStream) -> TokenStream {
        if self.ok().is_some() {
            let spelled = outside.spell(self.declared);
            return ResultType::of(&spelled).map_or_else(TokenStream::new, |result| result.with_ok(ok));
        }
        let declared = self.declared;
        quote!(::core::result::Result<#ok, <#declared as #runtime::Fallible>::Error>)
    }

    /// Returns the `Result` with a `Vec` of its `Ok` values and the same error.
    pub(crate) fn collected(&self, runtime: &TokenStream) -> TokenStream {
        let declared = self.declared;
        match self.ok() {
            Some(ok) => self.with_ok(&quote_spanned!(ok.span()=> ::std::vec::Vec<#ok>)),
            None => quote_spanned! {declared.span()=>
                ::core::result::Result<
                    ::std::vec::Vec<<#declared as #runtime::Fallible>::Ok>,
                    <#declared as #runtime::Fallible>::Error,
                >
            },
        }
    }

    /// Returns the same path with another first argument, if it has one.
    fn with_ok(&self, ok: &TokenStream) -> TokenStream {
        let mut path = self.path.clone();
        let Some(last) = path.path.segments.last_mut() else { return path.to_token_stream() };
        if let PathArguments::AngleBracketed(arguments) = &mut last.arguments {
            let first = arguments.args.iter_mut().find(|argument| matches!(argument, GenericArgument::Type(_)));
            if let Some(argument) = first {
                *argument = GenericArgument::Type(Type::Verbatim(ok.clone()));
            }
        }
        path.to_token_stream()
    }

    fn arguments(&self) -> impl Iterator<Item = &'b Type> + use<'b> {
        let arguments = match &self.last.arguments {
            PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
            _ => None,
        };
        arguments.into_iter().flatten().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    }
}

fn path_of(ty: &Type) -> Option<&TypePath> {
    match ty {
        Type::Group(group) => path_of(&group.elem),
        Type::Paren(paren) => path_of(&paren.elem),
        Type::Path(path) => Some(path),
        _ => None,
    }
}
