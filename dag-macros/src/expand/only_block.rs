//! One error for a second block on the same type, instead of one for each name that both blocks define.
//!
//! Each block defines a module, whose name is the same for all blocks of a type, with a macro that returns its argument
//! if the argument begins with the mark of the block, and nothing otherwise. The block passes its items to that macro.
//! A second block defines the module again, which is the one error. rustc then takes the first module for the name, and
//! its macro does not know the mark of the second block, so the items of the second block vanish.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::Expansion;
use crate::analyse::type_name;

/// Returns the items, or nothing if the type has another block before this one.
// Output:
//     mod only_one_dag_block_for_Checkout {
//         macro_rules! items {
//             ("Checkout user cart" $($items:tt)*) => { $($items)* };
//             ($($items:tt)*) => {};
//         }
//         pub(super) use items;
//     }
//     only_one_dag_block_for_Checkout::items! { "Checkout user cart" .. }
pub(super) fn only_block(expansion: &Expansion<'_>, items: &TokenStream) -> TokenStream {
    let block = expansion.dag.block;
    let (mark, span) = (mark(expansion), block.impl_token.span.resolved_at(Span::mixed_site()));
    let name = type_name(&block.self_ty).map_or(span, Ident::span).resolved_at(span);
    let name = format_ident!("only_one_dag_block_for_{}", expansion.name, span = name);
    // rustc underlines the module from its first word to its name.
    let module = quote_spanned!(span=> mod #name);
    quote! {
        #[doc(hidden)]
        #[allow(non_snake_case)]
        #module {
            macro_rules! items {
                (#mark $($items:tt)*) => { $($items)* };
                ($($items:tt)*) => {};
            }
            pub(super) use items;
        }
        #name::items! { #mark #items }
    }
}

/// Returns a text that differs from that of every other block: two blocks on one type have different tasks.
fn mark(expansion: &Expansion<'_>) -> String {
    let block = expansion.dag.block;
    let mut mark = block.self_ty.to_token_stream().to_string();
    for method in &block.methods {
        mark.push(' ');
        mark.push_str(&method.sig.ident.to_string());
    }
    mark
}

/// Returns an expansion as rustc sees it when it has called the macro of the block: without the module and the call.
#[cfg(test)]
pub(crate) fn without_call(expansion: TokenStream) -> TokenStream {
    let file: syn::File = syn::parse2(expansion).unwrap();
    match &file.items[..] {
        [syn::Item::Mod(_), syn::Item::Macro(call)] => call.mac.tokens.clone().into_iter().skip(1).collect(),
        _ => file.into_token_stream(),
    }
}
