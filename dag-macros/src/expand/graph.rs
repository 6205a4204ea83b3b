//! The graph of a block as data, and its picture in the docs of the type.

use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::{Expansion, edges, inner};
use crate::analyse::{Place, Task, type_name};
use crate::type_text::type_text;

// Output:
//     const __DAG_GRAPH: &'static Graph =
//         &Graph::new("Checkout", &[Node::new("user", Async, &[], &[0x1]), ..]).with_results("User\nio::Result<Cart>");
pub(super) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let nodes = expansion.nodes().map(|(id, node)| {
        let (task, name) = (expansion.dag.task(node), inner::node_name(expansion, node));
        let dependencies = expansion.dependencies(id).into_iter().map(Literal::usize_unsuffixed);
        let needed = expansion.set(expansion.needed(id)).into_iter().take(id / 64 + 1);
        let (kind, _) = task.map_or_else(|| (quote_mixed!(Async), quote_mixed!(async)), kind);
        let docs = task.and_then(|task| docs(&task.method.attrs)).map(|docs| quote_mixed!(.docs(#docs)));
        quote_mixed! {
            #runtime::Node::new(#name, #runtime::TaskKind::#kind, &[#(#dependencies),*], &[#(#needed),*])#docs
        }
    });
    let name = type_name(&expansion.dag.block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
    let inner_graphs = inner::inner_graphs(expansion);
    let graph = if inner_graphs.is_empty() {
        quote_mixed!(#runtime::Graph::new(#name, &[#(#nodes),*]))
    } else {
        quote_mixed!(#runtime::Graph::with_inner_graphs(#name, &[#(#nodes),*], &[#(#inner_graphs),*]))
    };
    let edges = edges::with_edges(expansion);
    let closers = expansion.dag.has_closers().then(|| quote_mixed!(.with_closers()));
    let crews = expansion.tasks().filter(|(_, task)| task.has_crew()).map(|(id, _)| Literal::usize_unsuffixed(id));
    let crews = crews.collect::<Vec<_>>();
    let crews = (!crews.is_empty()).then(|| quote_mixed!(.with_crews(&[#(#crews),*])));
    let elements = expansion.tasks().filter_map(|(id, task)| {
        let collection = Literal::usize_unsuffixed(expansion.ids[task.each()?.task]);
        let id = Literal::usize_unsuffixed(id);
        Some(quote_mixed!((#id, #collection)))
    });
    let elements = elements.collect::<Vec<_>>();
    let elements = (!elements.is_empty()).then(|| quote_mixed!(.with_elements(&[#(#elements),*])));
    let results = results(expansion).map(|results| quote_mixed!(.with_results(#results)));
    quote_mixed! {
        const __DAG_GRAPH: &'static #runtime::Graph = &#graph #edges #closers #crews #elements #results;
    }
}

/// Returns the types of the results as they are declared, a line for each node, if there is one. That is one string and
/// no list, because the compiler pays for each token of a list.
fn results(expansion: &Expansion<'_>) -> Option<String> {
    let lines = expansion.nodes().map(|(_, node)| expansion.dag.task(node).and_then(result).unwrap_or_default());
    let lines = lines.collect::<Vec<_>>().join("\n");
    let lines = lines.trim_end();
    (!lines.is_empty()).then(|| lines.to_owned())
}

/// Returns the declared type of a result in one line, unless it is `()`.
fn result(task: &Task<'_>) -> Option<String> {
    let mut text = type_text(task.output?.to_token_stream()).replace('\n', " ");
    if task.each().is_some() {
        // As a user writes the type of all results.
        text = text.replacen("::std::vec::Vec", "Vec", 1);
    }
    (text != "()").then_some(text)
}

/// Writes the method that returns the graph.
// Output:
//     pub fn graph() -> &'static Graph { Self::__DAG_GRAPH }
pub(super) fn expand_method(expansion: &Expansion<'_>) -> TokenStream {
    let (runtime, vis) = (&expansion.runtime, expansion.visibility());
    quote_mixed! {
        /// Returns the tasks and their dependencies as data. `Display` prints them as a tree; `to_svg()`, `to_mermaid()`
        /// and `to_dot()` draw them.
        #[must_use]
        #vis fn graph() -> &'static #runtime::Graph {
            Self::__DAG_GRAPH
        }
    }
}

// Output:
//     #[cfg_attr(doc, doc = picture!("Checkout: async user() -> User; async cart(user) -> io::Result<Cart>"))]
pub(super) fn picture(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let tasks = expansion.tasks().map(|(_, task)| {
        let (_, kind) = kind(task);
        let name = task.ident();
        let dependencies = task.dependencies.iter().map(|dependency| {
            let kind = dependency.catch.or(dependency.lazy).map_or_else(String::new, |kind| format!("{kind} "));
            let kind = if dependency.element.is_some() { "in ".to_owned() } else { kind };
            let graph = dependency.graph.map_or_else(String::new, |graph| format!("{graph}."));
            format!("{kind}{graph}{}", dependency.name)
        });
        let result = result(task).map_or_else(String::new, |result| format!(" -> {result}"));
        format!("{kind} {name}({}){result}", dependencies.collect::<Vec<_>>().join(", "))
    });
    let name = type_name(&expansion.dag.block.self_ty).map_or_else(String::new, ToString::to_string);
    let picture = format!("{name}: {}", tasks.collect::<Vec<_>>().join("; "));
    // It is drawn only when the docs are built: until then, one string is cheaper than its tokens.
    quote_mixed!(#[cfg_attr(doc, doc = #runtime::picture!(#picture))])
}

/// Returns the kind of a task: as a name of the runtime, and as a word.
fn kind(task: &Task<'_>) -> (TokenStream, TokenStream) {
    match task.place {
        Place::Inline if task.is_async() => (quote_mixed!(Async), quote_mixed!(async)),
        Place::Inline => (quote_mixed!(Fn), quote_mixed!(fn)),
        Place::Spawned => (quote_mixed!(Spawn), quote_mixed!(spawn)),
        Place::Blocking => (quote_mixed!(Blocking), quote_mixed!(blocking)),
    }
}

/// Returns the docs of a task, line by line, without the leading space that all lines have.
fn docs(attrs: &[Attribute]) -> Option<TokenStream> {
    let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let values: Vec<&Expr> = docs
        .filter_map(|attr| match &attr.meta {
            Meta::NameValue(doc) => Some(&doc.value),
            // `#[doc(hidden)]` and similar attributes.
            _ => None,
        })
        .collect();
    let texts: Option<Vec<String>> = values.iter().map(|value| text(value)).collect();
    let Some(texts) = texts else {
        // Only rustc knows the text that a macro such as `include_str!` returns.
        return Some(quote_mixed!(::core::concat!(#(#values, "\n"),*)));
    };
    let docs = unindented(&texts.join("\n"));
    (!docs.is_empty()).then(|| docs.to_token_stream())
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Group(group) => text(&group.expr),
        _ => None,
    }
}

fn unindented(docs: &str) -> String {
    let lines = || docs.lines().filter(|line| !line.trim().is_empty());
    let indent = lines().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    let lines: Vec<&str> = docs.lines().map(|line| line.get(indent..).unwrap_or_default().trim_end()).collect();
    lines.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn docs_lose_the_indent_that_all_lines_have() {
        assert_eq!(unindented(" Who is buying.\n\n     code\n "), "Who is buying.\n\n    code");
        assert_eq!(unindented(""), "");
    }

    #[test]
    fn docs_that_a_macro_gives_are_left_to_rustc() {
        let attr: Attribute = syn::parse_quote!(#[doc = include_str!("user.md")]);
        let docs = docs(&[attr]).map(|docs| docs.to_string());
        assert_eq!(docs, Some(quote!(::core::concat!(include_str!("user.md"), "\n")).to_string()));
    }
}
