//! The attribute macros of the [`adagio`](https://docs.rs/adagio) crate. Use them from there.

mod analyse;
mod errors;
mod expand;
#[cfg(test)]
mod expanded_example;
mod fallback;
mod graph;
mod parse;
mod result_type;
mod self_lifetime;
mod suggest;

use proc_macro2::{Span, TokenStream};

use errors::Errors;

/// Makes a graph of dependent async tasks of the methods of an `impl` block.
#[proc_macro_attribute]
pub fn dag(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_dag(options.into(), item.into()).into()
}

/// Names the tasks that must be done before this one.
#[proc_macro_attribute]
pub fn depends(_options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    refuse_outside_dag("depends", item.into()).into()
}

/// Gives a task options.
#[proc_macro_attribute]
pub fn task(_options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    refuse_outside_dag("task", item.into()).into()
}

/// Gives the item back with an error at the attribute: inside a block, `#[dag]` has taken the attribute away.
fn refuse_outside_dag(attribute: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(Span::call_site(), format!("`#[{attribute}]` needs `#[dag]` on the impl block"));
    let mut output = errors.into_compile_errors();
    output.extend(item);
    output
}

fn expand_dag(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(block) = parse::parse(options, item.clone(), &mut errors) else {
        let mut output = errors.into_compile_errors();
        output.extend(fallback::without_attributes(item));
        return output;
    };
    let dag = analyse::analyse(&block, &mut errors);
    if errors.is_empty() {
        return expand::expand(&dag);
    }
    let mut output = fallback::expand(&dag);
    output.extend(errors.into_compile_errors());
    output
}
