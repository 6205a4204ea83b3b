//! The slots of the driver, which hold the bodies of tasks under way: one for each task, or for each chain of tasks.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::{Expansion, local_ident};
use crate::analyse::Task;

// Output:
//     let mut __chain_0 = pin!(Chain2::new(__scheduler.spare()));
//     let mut __rates_slot = pin!(None);
pub(super) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let slots = expansion.tasks().filter(|(_, task)| expansion.dag.has_slot(task));
    let slots = slots.filter_map(|(id, task)| match expansion.links[id] {
        None => {
            let slot = local_ident(task.ident());
            Some(quote_mixed!(let mut #slot = ::core::pin::pin!(#runtime::None);))
        }
        Some((chain, 1)) => {
            let (name, tasks) = (chain_ident(chain), expansion.dag.chains[chain].len());
            let chain = format_ident!("Chain{tasks}", span = Span::mixed_site());
            Some(quote_mixed!(let mut #name = ::core::pin::pin!(#runtime::#chain::new(__scheduler.spare()));))
        }
        Some(_) => None,
    });
    slots.collect()
}

/// Returns the slot of a task, as the scheduler takes it.
pub(super) fn slot(expansion: &Expansion<'_>, id: usize, task: &Task<'_>, span: Span) -> TokenStream {
    if let Some((chain, number)) = expansion.links[id] {
        let (mut chain, slot) = (chain_ident(chain), format_ident!("slot{number}", span = span));
        chain.set_span(span);
        return quote_spanned!(span=> #chain.#slot());
    }
    let mut slot = local_ident(task.ident());
    slot.set_span(span);
    quote_spanned!(span=> #slot.as_mut())
}

/// Returns the condition that there is a body in the slot of a task.
pub(super) fn has_body(expansion: &Expansion<'_>, id: usize, task: &Task<'_>) -> TokenStream {
    if let Some((chain, number)) = expansion.links[id] {
        let (chain, number) = (chain_ident(chain), Literal::usize_unsuffixed(number));
        return quote_mixed!(#chain.holds(#number));
    }
    let slot = local_ident(task.ident());
    quote_mixed!(#slot.as_mut().as_pin_mut().is_some())
}

fn chain_ident(chain: usize) -> Ident {
    format_ident!("__chain_{chain}", span = Span::mixed_site())
}
