//! Graphs inside the block's own graph: their cells and drivers are parts of the outer driver, and their failures
//! convert into failures of the outer terminals.

mod checks;
mod drive;
mod errors;

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{Expansion, at_span, renamed};
use crate::analyse::{Inner, InnerGraph, Node};
pub(super) use checks::{checks, finite};
pub(super) use drive::{start, visit};
pub(super) use errors::{bounds, conversions, errors, kept};

/// The variables and types of one graph.
struct Names<'e> {
    /// `<Pricing as InnerObject>::tasks`.
    all: TokenStream,
    /// `<Pricing as InnerObject>::origin`.
    origin: TokenStream,
    /// `<Pricing as InnerObject>::blame`.
    blame: TokenStream,
    /// `__tasks_2`: the tasks by name.
    tasks: Ident,
    cells: Ident,
    writer: Ident,
    border: Ident,
    keep: Ident,
    slot: Ident,
    inner_graph: &'e InnerGraph<'e>,
}

impl<'e> Names<'e> {
    fn new(expansion: &'e Expansion<'_>, inner_graph: &'e InnerGraph<'e>) -> Self {
        let id = expansion.ids[inner_graph.task];
        let name = |what: &str| format_ident!("__{what}_{id}", span = Span::mixed_site());
        Self {
            all: function(expansion, inner_graph, "tasks"),
            origin: function(expansion, inner_graph, "origin"),
            blame: function(expansion, inner_graph, "blame"),
            tasks: name("tasks"),
            cells: name("cells"),
            writer: name("writer"),
            border: name("border"),
            keep: name("keep"),
            slot: name("driver"),
            inner_graph,
        }
    }

    fn inner<'n>(&'n self, expansion: &'n Expansion<'_>) -> impl Iterator<Item = (usize, &'n Inner<'n>)> {
        self.inner_graph.inner.iter().map(|inner| (expansion.ids[inner.node], inner))
    }
}

/// Returns `<Pricing as InnerObject>` with one span for all tokens, and with another name for the lifetime of `self`.
fn inner_graph_at(expansion: &Expansion<'_>, task: usize, span: Span, lifetime: &str) -> TokenStream {
    let object = expansion.value_type(&expansion.dag.tasks[task]);
    let runtime = &expansion.runtime;
    at(quote!(<#object as #runtime::InnerObject>), span, lifetime)
}

/// Returns a type that mentions the failures of inner graphs, with the span where the first of these graphs is
/// declared, if there is one.
pub(super) fn at_first(expansion: &Expansion<'_>, ty: TokenStream) -> TokenStream {
    match expansion.dag.inner_graphs.first() {
        Some(inner_graph) => at(ty, value_span(expansion, inner_graph.task), "__dag"),
        None => ty,
    }
}

/// Returns the type of the object of a graph.
fn at_type(expansion: &Expansion<'_>, task: usize, span: Span) -> TokenStream {
    at(expansion.value_type(&expansion.dag.tasks[task]), span, "_")
}

/// Returns tokens with one span, so that rustc reports all mistakes in them as one, and with another name for the
/// lifetime of `self`.
fn at(tokens: TokenStream, span: Span, lifetime: &str) -> TokenStream {
    respanned(renamed(tokens, lifetime), span)
}

fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |token| {
        let mut token = match token {
            TokenTree::Group(group) => Group::new(group.delimiter(), respanned(group.stream(), span)).into(),
            token => token,
        };
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}

/// Returns the variable of an inner task, which knows the place of its result.
pub(super) fn inner_ident(id: usize, span: Span) -> Ident {
    format_ident!("__inner_{id}", span = span)
}

/// Returns the argument of a body for the result of an inner task.
pub(super) fn argument(expansion: &Expansion<'_>, node: usize, at: Span) -> Option<TokenStream> {
    let (inner_graph, _) = expansion.dag.inner(node)?;
    let mut cells = Names::new(expansion, inner_graph).cells;
    cells.set_span(at);
    let inner = inner_ident(expansion.ids[node], at);
    Some(quote_spanned!(at=> #inner.ready(#cells)))
}

/// Returns the cell of an inner task.
pub(super) fn cell(expansion: &Expansion<'_>, node: usize, at: Span) -> Option<TokenStream> {
    let (inner_graph, _) = expansion.dag.inner(node)?;
    let mut cells = Names::new(expansion, inner_graph).cells;
    cells.set_span(at);
    let inner = inner_ident(expansion.ids[node], at);
    Some(quote_spanned!(at=> #inner.cell(#cells)))
}

/// Returns the result of an inner task that may be missing.
pub(super) fn caught(expansion: &Expansion<'_>, node: usize, at: Span) -> Option<TokenStream> {
    let (inner_graph, _) = expansion.dag.inner(node)?;
    let mut cells = Names::new(expansion, inner_graph).cells;
    cells.set_span(at);
    let inner = inner_ident(expansion.ids[node], at);
    Some(quote_spanned!(at=> #inner.get(#cells)))
}

/// Returns the failure type of the tasks of a graph.
pub(super) fn failure_type(expansion: &Expansion<'_>, inner_graph: &InnerGraph<'_>) -> TokenStream {
    let at = value_span(expansion, inner_graph.task);
    let graph = inner_graph_at(expansion, inner_graph.task, at, "__dag");
    quote_spanned!(at=> #graph::Failure)
}

/// Returns the span of the declared result type of a task.
fn value_span(expansion: &Expansion<'_>, task: usize) -> Span {
    let task = &expansion.dag.tasks[task];
    task.output.map_or(task.ident().span(), Spanned::span).resolved_at(Span::mixed_site())
}

/// Returns the variant of the failure for the failures of a graph.
pub(super) fn variant(expansion: &Expansion<'_>, inner_graph: &InnerGraph<'_>) -> Ident {
    format_ident!("__Inner{}", expansion.ids[inner_graph.task], span = Span::mixed_site())
}

/// Returns an inner task, with the same tokens wherever it is needed: a mistake in its name is then reported once,
/// where it is first written.
pub(super) fn inner_task(expansion: &Expansion<'_>, inner_graph: &InnerGraph<'_>, inner: &Inner<'_>) -> TokenStream {
    let at = inner.name.span().resolved_at(Span::mixed_site());
    let (all, name) = (function(expansion, inner_graph, "tasks"), at_span(inner.name, at));
    quote_spanned!(at=> #all().#name())
}

/// Returns `<Pricing as InnerObject>::name`.
fn function(expansion: &Expansion<'_>, inner_graph: &InnerGraph<'_>, name: &str) -> TokenStream {
    let span = value_span(expansion, inner_graph.task);
    let (graph, name) = (inner_graph_at(expansion, inner_graph.task, span, "_"), Ident::new(name, span));
    quote_spanned!(span=> #graph::#name)
}

/// Returns the inner graphs, as data.
pub(super) fn inner_graphs(expansion: &Expansion<'_>) -> Vec<TokenStream> {
    let runtime = &expansion.runtime;
    let inner_graphs = expansion.dag.inner_graphs.iter().map(|inner_graph| {
        let names = Names::new(expansion, inner_graph);
        let [object, driver] =
            [inner_graph.task, inner_graph.driver].map(|node| Literal::usize_unsuffixed(expansion.ids[node]));
        let tasks = names.inner(expansion).map(|(id, inner)| {
            let (id, name) = (Literal::usize_unsuffixed(id), inner.name.unraw().to_string());
            quote_mixed!((#id, #name))
        });
        let graph = function(expansion, inner_graph, "inner_graph");
        quote_mixed! {
            #runtime::InnerGraph {
                object: #object,
                driver: #driver,
                tasks: &[#(#tasks),*],
                graph: #graph,
            }
        }
    });
    inner_graphs.collect()
}

/// Returns the name of a node.
pub(super) fn node_name(expansion: &Expansion<'_>, node: usize) -> String {
    let name = |task: usize| expansion.dag.tasks[task].ident().unraw();
    match expansion.dag.node(node) {
        Node::Task(task) => task.ident().unraw().to_string(),
        Node::Driver(inner_graph) => name(inner_graph.task).to_string(),
        Node::Inner(inner_graph, inner) => format!("{}.{}", name(inner_graph.task), inner.name.unraw()),
    }
}
