//! In: a type from the signature of a task. Out: the same type for use outside the method: lifetimes that come from
//! `&self` get a name, and `Self` is spelled out.

use proc_macro2::{Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{GenericArgument, Lifetime, PathArguments, Token, Type, TypeParamBound};

/// The replacements for the parts that only a method's signature may leave out.
pub(crate) struct Outside<'a> {
    /// Returns the lifetime for `'_`, for a missing lifetime behind `&`, and for the method's own lifetimes.
    pub(crate) lifetime: &'a dyn Fn(Span) -> Lifetime,
    pub(crate) own: &'a [Ident],
    /// The type that replaces `Self`.
    pub(crate) self_ty: &'a Type,
}

impl Outside<'_> {
    /// Spells a type out.
    pub(crate) fn spell(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit(&mut ty);
        ty
    }

    fn visit(&self, ty: &mut Type) {
        match ty {
            Type::Array(array) => {
                self.visit(&mut array.elem);
                array.len = syn::Expr::Verbatim(self.replace_self(array.len.to_token_stream()));
            }
            Type::Group(group) => self.visit(&mut group.elem),
            Type::Paren(paren) => self.visit(&mut paren.elem),
            Type::Ptr(pointer) => self.visit(&mut pointer.elem),
            Type::Slice(slice) => self.visit(&mut slice.elem),
            Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| self.visit(elem)),
            Type::TraitObject(object) => self.visit_bounds(&mut object.bounds),
            Type::Reference(reference) => {
                match &mut reference.lifetime {
                    Some(lifetime) => self.visit_lifetime(lifetime),
                    missing => *missing = Some((self.lifetime)(reference.and_token.span)),
                }
                self.visit(&mut reference.elem);
            }
            Type::Path(path) => {
                if path.qself.is_none() && path.path.is_ident("Self") {
                    *ty = self.self_ty.clone();
                    return;
                }
                if let Some(qself) = &mut path.qself {
                    self.visit(&mut qself.ty);
                }
                path.path.segments.iter_mut().for_each(|segment| self.visit_arguments(&mut segment.arguments));
            }
            // The elided lifetimes of a function pointer belong to the pointer.
            _ => {}
        }
    }

    fn visit_arguments(&self, arguments: &mut PathArguments) {
        // The lifetimes of `Fn(&T) -> &U` belong to `Fn`, too.
        let PathArguments::AngleBracketed(arguments) = arguments else { return };
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Lifetime(lifetime) => self.visit_lifetime(lifetime),
                GenericArgument::Type(ty) => self.visit(ty),
                GenericArgument::AssocType(assoc) => self.visit(&mut assoc.ty),
                GenericArgument::Const(expr) => {
                    *expr = syn::Expr::Verbatim(self.replace_self(expr.to_token_stream()));
                }
                _ => {}
            }
        }
    }

    fn visit_bounds(&self, bounds: &mut Punctuated<TypeParamBound, Token![+]>) {
        for bound in bounds {
            match bound {
                TypeParamBound::Lifetime(lifetime) => self.visit_lifetime(lifetime),
                TypeParamBound::Trait(bound) => {
                    bound.path.segments.iter_mut().for_each(|segment| self.visit_arguments(&mut segment.arguments));
                }
                _ => {}
            }
        }
    }

    fn visit_lifetime(&self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.own.contains(&lifetime.ident) {
            *lifetime = (self.lifetime)(lifetime.span());
        }
    }

    /// Writes the type for `Self` in an expression or a bound.
    pub(crate) fn replace_self(&self, tokens: TokenStream) -> TokenStream {
        let ty = self.self_ty;
        let mut replaced = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "Self" => {
                    let is_path =
                        matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
                    replaced.extend(if is_path { quote!(<#ty>) } else { quote!(#ty) });
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.replace_self(group.stream()));
                    inner.set_span(group.span());
                    replaced.extend([TokenTree::from(inner)]);
                }
                token => replaced.extend([token]),
            }
        }
        replaced
    }
}

/// Returns whether a type may have a lifetime that is not written: a name without arguments, like `Guard`.
pub(crate) fn may_hide_lifetime(ty: TokenStream) -> bool {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let hides = match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let goes_on =
                    |next: &TokenTree| matches!(next, TokenTree::Punct(punct) if ['<', ':'].contains(&punct.as_char()));
                name.starts_with(char::is_uppercase) && name != "String" && !tokens.peek().is_some_and(goes_on)
            }
            TokenTree::Group(group) => may_hide_lifetime(group.stream()),
            _ => false,
        };
        if hides {
            return true;
        }
    }
    false
}
