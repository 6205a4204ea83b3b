//! In: `#[task]` on a function. Out: a function of the same name that creates a task and returns its handle.

mod analyse;
mod expand;
mod name;
mod parse;

use proc_macro2::{Span, TokenStream};

use crate::errors::Errors;
use crate::fallback;

/// Expands a `#[task(options)]` outside a `#[dag]` block.
pub(crate) fn expand_task(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(method) = parse::parse(options, item.clone(), &mut errors) else {
        let mut output = errors.into_compile_errors();
        output.extend(fallback::without_attributes(item));
        return output;
    };
    if method.sig.receiver().is_some() {
        return refuse_method(item);
    }
    let function = analyse::analyse(&method, &mut errors);
    if errors.is_empty() {
        return expand::expand(&function);
    }
    // Without the feature, the types of its signature do not exist.
    let mut output = if cfg!(feature = "tokio") { expand::stub(&function) } else { TokenStream::new() };
    output.extend(errors.into_compile_errors());
    output
}

/// Returns the item with an error at the attribute: only `#[dag]` makes tasks of methods with `self`.
fn refuse_method(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let message = "`#[task]` on a method needs `#[dag]` on the impl block; for a task that is made at run time, take \
                   `self` away";
    errors.at(Span::call_site(), message);
    let mut output = errors.into_compile_errors();
    output.extend(item);
    output
}
