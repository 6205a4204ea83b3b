//! The type of all results of a run: `CheckoutOutputs`.

use proc_macro2::{Literal, TokenStream};
use syn::ext::IdentExt;

use super::{Expansion, Header, lint_of_options, lints_of_types, run_docs};

// Output:
//     pub struct CheckoutOutputs<'a> { pub user: &'a User, .. }
pub(crate) fn expand_type(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { outputs, header, .. } = expansion;
    let Header { self_ty, outer_params, outer_where, object, .. } = header;
    let vis = expansion.visibility();
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let docs = names.iter().map(|name| format!("The result of `{}`.", name.unraw()));
    let visibilities = expansion.tasks().map(|(_, task)| &task.method.vis);
    let types = expansion.tasks().map(|(_, task)| expansion.shown(expansion.value_type(task)));
    let (allowed, allowed_options) = (lints_of_types(), lint_of_options(expansion));
    let doc = run_docs::outputs(expansion);
    let is_marked = expansion.has_marked_outputs();
    let marker = is_marked.then(|| quote_mixed!(__dag: ::core::marker::PhantomData<&#object #self_ty>,));
    let derived = (!is_marked).then(|| quote_mixed!(#[derive(::core::clone::Clone, ::core::marker::Copy)]));
    quote_mixed! {
        #[doc = #doc]
        #allowed
        #allowed_options
        #derived
        #vis struct #outputs<#object, #outer_params> #outer_where {
            #(#[doc = #docs] #visibilities #names: &#object #types,)*
            #marker
        }
    }
}

/// Writes the impls of the outputs: they are `Copy`, and `Debug` if all results are.
pub(crate) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, outputs, header, .. } = expansion;
    let Header { arguments, outer_params, outer_where, object, .. } = header;
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let texts = names.iter().map(|name| name.unraw().to_string());
    let types: Vec<_> = expansion.tasks().map(|(_, task)| expansion.shown(expansion.value_type(task))).collect();
    // One bound for each type that is spelled in another way.
    let mut spelled: Vec<&TokenStream> = Vec::new();
    let mut numbers = Vec::new();
    for ty in &types {
        let is_same = |known: &&TokenStream| known.to_string() == ty.to_string();
        numbers.push(spelled.iter().position(is_same).unwrap_or(spelled.len()));
        if numbers.last() == Some(&spelled.len()) {
            spelled.push(ty);
        }
    }
    let bounds = spelled.iter().enumerate().map(|(number, ty)| {
        let (number, ty) = (Literal::usize_unsuffixed(number), expansion.shown(expansion.hidden((*ty).clone())));
        quote_mixed!(for<'__x> #runtime::DeferDebug<'__x, #number, &#object #ty>: ::core::fmt::Debug)
    });
    let numbers = numbers.iter().map(|&number| Literal::usize_unsuffixed(number));
    let name = outputs.to_string();
    let predicates = header.predicates();
    // A derive would require `Copy` of the parameters of the block.
    let copied = expansion.has_marked_outputs().then(|| {
        quote_mixed! {
            #[allow(clippy::expl_impl_clone_on_copy)]
            impl<#object, #outer_params> ::core::clone::Clone for #outputs<#object, #arguments> #outer_where {
                fn clone(&self) -> Self {
                    *self
                }
            }

            impl<#object, #outer_params> ::core::marker::Copy for #outputs<#object, #arguments> #outer_where {}
        }
    });
    quote_mixed! {
        #copied

        // The docs of the type say in words when it is `Debug`.
        #[doc(hidden)]
        impl<#object, #outer_params> ::core::fmt::Debug for #outputs<#object, #arguments>
        where
            #predicates
            #(#bounds,)*
        {
            fn fmt(&self, formatter: &mut #runtime::fmt::Formatter<'_>) -> #runtime::fmt::Result {
                formatter
                    .debug_struct(#name)
                    #(.field(#texts, &#runtime::DeferDebug::<#numbers, _>::new(self.#names)))*
                    .finish()
            }
        }
    }
}
