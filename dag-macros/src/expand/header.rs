//! In: the header of the user's impl. Out: the same header for items outside the impl, in which every lifetime has a
//! name.

use std::cell::RefCell;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericParam, Lifetime, ReturnType, Type, WherePredicate, parse_quote};

use crate::analyse::lifetimes;
use crate::parse::Block;
use crate::self_lifetime::Outside;

/// The generics of the impl, and its type.
pub(crate) struct Header {
    /// With bounds: `'a, T: Clone, const N: usize`.
    pub(crate) params: TokenStream,
    /// Without bounds: `'a, T, N`.
    pub(crate) arguments: TokenStream,
    pub(crate) self_ty: Type,
    pub(crate) where_clause: TokenStream,
    /// `params` and `where_clause` for items where `Self` is another type.
    pub(crate) outer_params: TokenStream,
    pub(crate) outer_where: TokenStream,
    /// The lifetime of the object in the types of a run, as their docs show it.
    pub(crate) object: Lifetime,
}

impl Header {
    pub(crate) fn new(block: &Block, is_owned: bool) -> Self {
        let mut names = free_names(block);
        let object = Lifetime::new(&names.next().expect("there is no end"), Span::mixed_site());
        let names = RefCell::new(names);
        let anonymous = RefCell::new(Vec::new());
        let lifetime = |span| {
            let lifetime = Lifetime::new(&names.borrow_mut().next().expect("there is no end"), span);
            anonymous.borrow_mut().push(lifetime.clone());
            lifetime
        };
        let spelled = Outside { lifetime: &lifetime, own: &[], self_ty: &block.self_ty }.spell(&block.self_ty);
        let anonymous = anonymous.take();

        let given: Vec<&GenericParam> = block.generics.params.iter().collect();
        let (lifetimes, others): (Vec<_>, Vec<_>) =
            given.into_iter().partition(|param| matches!(param, GenericParam::Lifetime(_)));
        let params = quote!(#(#lifetimes,)* #(#anonymous,)* #(#others,)*);
        let names = |params: &[&GenericParam]| params.iter().map(|param| name(param)).collect::<Vec<_>>();
        let (lifetimes, others) = (names(&lifetimes), names(&others));
        let arguments = quote!(#(#lifetimes,)* #(#anonymous,)* #(#others,)*);

        let mut where_clause = block.generics.where_clause.clone();
        if is_owned {
            // Other threads, and a run that owns its object, may outlive any lifetime in a type of the object.
            let bounds = block.generics.type_params().map(|param| &param.ident);
            let bounds = bounds.map(|name| -> WherePredicate { parse_quote!(#name: 'static) });
            let predicates = where_clause.get_or_insert_with(|| parse_quote!(where));
            predicates.predicates.extend(bounds);
        }
        let where_clause = where_clause.to_token_stream();
        let outside = Outside { lifetime: &|span| Lifetime::new("'_", span), own: &[], self_ty: &spelled };
        Self {
            outer_params: outside.replace_self(params.clone()),
            outer_where: outside.replace_self(where_clause.clone()),
            params,
            arguments,
            self_ty: spelled,
            where_clause,
            object,
        }
    }

    /// Returns the predicates of the user's where-clause, with a comma after the last one.
    pub(crate) fn predicates(&self) -> TokenStream {
        let mut tokens = self.outer_where.clone().into_iter();
        tokens.next();
        let predicates: TokenStream = tokens.collect();
        let ends_with_comma = predicates.to_string().trim_end().ends_with(',');
        if predicates.is_empty() || ends_with_comma { predicates } else { quote!(#predicates,) }
    }

    /// Returns the lifetime of the object whose tasks run.
    pub(crate) fn self_lifetime(span: Span) -> Lifetime {
        Lifetime::new("'__dag", span)
    }
}

/// Returns names of lifetimes that the block does not use: `'a` first. Names that only a method declares are free as
/// well, because types outside the method use the lifetime of `self` instead.
fn free_names(block: &Block) -> impl Iterator<Item = String> {
    let Block { generics, self_ty, methods, .. } = block;
    let clause = &generics.where_clause;
    let mut taken = lifetimes(quote!(#generics #self_ty #clause));
    for method in methods {
        let own: Vec<_> = method.sig.generics.lifetimes().map(|param| &param.lifetime.ident).collect();
        let ReturnType::Type(_, output) = &method.sig.output else { continue };
        taken.extend(lifetimes(output.to_token_stream()).into_iter().filter(|name| !own.contains(&name)));
    }
    let letters =
        ('a'..='z').map(|letter| letter.to_string()).filter(move |name| taken.iter().all(|taken| taken != name));
    letters.chain((0..).map(|number| format!("__dag_{number}"))).map(|name| format!("'{name}"))
}

fn name(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    }
}
