//! The data that all parts of an expansion use, and the types and sets that follow from it.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Lifetime, ReturnType, Type, Visibility};

use super::convert::Conversions;
use super::edges::{self, Edges};
use super::{Header, inner};
use crate::analyse::{Dag, Task, lifetimes, may_be_result, type_name};
use crate::result_type::ResultType;
use crate::self_lifetime::{Outside, may_hide_lifetime};

/// The data that all parts of an expansion use.
pub(crate) struct Expansion<'d> {
    pub(crate) dag: &'d Dag<'d>,
    /// The name of the user's type.
    pub(super) name: String,
    /// The path of the runtime: `::adagio::__private`, or its short name in the constant.
    pub(super) runtime: TokenStream,
    /// The type of the cells of all tasks.
    pub(super) cells: Ident,
    /// The type of a task's failure.
    pub(super) failure: Ident,
    /// The type of a run, and that of all its results.
    pub(super) run: Ident,
    pub(super) outputs: Ident,
    pub(super) header: Header,
    /// For each node, its id: its place in topological order.
    pub(super) ids: Vec<usize>,
    /// For each id, the ids of the tasks that depend on it.
    pub(super) dependents: Vec<Vec<usize>>,
    /// For each id, if the task shares a slot: its chain in the graph, and its number there.
    pub(super) links: Vec<Option<(usize, usize)>>,
    /// Which error becomes which error.
    pub(super) conversions: Conversions,
    /// Present if some dependencies are not plain.
    pub(super) edges: Option<Edges>,
}

impl<'d> Expansion<'d> {
    pub(super) fn new(dag: &'d Dag<'d>) -> Self {
        let block = dag.block;
        let name = type_name(&block.self_ty).map_or_else(String::new, |name| name.unraw().to_string());
        let span = block.impl_token.span;
        let mut ids = vec![0; dag.edges.len()];
        for (id, &node) in dag.order.iter().enumerate() {
            ids[node] = id;
        }
        let mut dependents = vec![Vec::new(); dag.edges.len()];
        for (id, &node) in dag.order.iter().enumerate() {
            for &dependency in &dag.edges[node] {
                dependents[ids[dependency]].push(id);
            }
        }
        let mut links = vec![None; dag.edges.len()];
        for (chain, tasks) in dag.chains.iter().enumerate() {
            for (place, &task) in tasks.iter().enumerate() {
                links[ids[task]] = Some((chain, place + 1));
            }
        }
        let mut expansion = Self {
            dag,
            runtime: block.options.runtime(),
            cells: format_ident!("__Dag{name}Cells", span = span),
            failure: format_ident!("__Dag{name}Failure", span = span),
            run: format_ident!("{name}Run", span = span),
            outputs: format_ident!("{name}Outputs", span = span),
            header: Header::new(block, dag.is_owned()),
            edges: Edges::of(dag, &ids),
            ids,
            dependents,
            links,
            name,
            conversions: Conversions::none(),
        };
        expansion.conversions = Conversions::find(&expansion);
        expansion
    }

    /// Returns the same for code inside the constant, where the path of the runtime is short.
    pub(super) fn in_const(self) -> Self {
        Self { runtime: quote_mixed!(__dag), ..self }
    }

    /// Returns the path of the runtime for an expression with the span of a user's token.
    pub(super) fn runtime_at(&self, span: Span) -> TokenStream {
        let respanned = self.runtime.clone().into_iter().map(|mut token| {
            token.set_span(span);
            token
        });
        respanned.collect()
    }

    /// Returns the tasks with their ids, in topological order.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (usize, &'d Task<'d>)> {
        self.nodes().filter_map(|(id, node)| Some((id, self.dag.task(node)?)))
    }

    /// Returns the tasks and the nodes of inner graphs, with their ids.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, usize)> + use<'d> {
        self.dag.order.iter().copied().enumerate()
    }

    /// Returns the ids of the nodes that a node depends on.
    pub(super) fn dependencies(&self, id: usize) -> Vec<usize> {
        self.dag.edges[self.dag.order[id]].iter().map(|&dependency| self.ids[dependency]).collect()
    }

    /// Returns the ids of the nodes that must be done before a node starts.
    pub(super) fn waits(&self, id: usize) -> Vec<usize> {
        let mut waits = self.dependencies(id);
        waits.retain(|&dependency| !edges::is_lazy(self, id, dependency));
        waits
    }

    /// Returns the ids of the tasks that depend on a task.
    pub(super) fn dependents(&self, id: usize) -> impl Iterator<Item = usize> {
        self.dependents[id].iter().copied()
    }

    /// Returns the ids of a task and of all it needs, in ascending order.
    pub(super) fn needed(&self, id: usize) -> Vec<usize> {
        let mut is_needed = vec![false; id + 1];
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut is_needed[id], true) {
                open.extend(self.dependencies(id));
            }
        }
        (0..=id).filter(|&id| is_needed[id]).collect()
    }

    /// Returns the same without the tasks that are needed only if a body awaits them.
    pub(super) fn needed_at_once(&self, id: usize) -> Vec<usize> {
        let mut is_needed = vec![false; id + 1];
        is_needed[id] = true;
        for id in (0..=id).rev() {
            if is_needed[id] {
                self.waits(id).into_iter().for_each(|dependency| is_needed[dependency] = true);
            }
        }
        (0..=id).filter(|&id| is_needed[id]).collect()
    }

    /// Returns how many tasks of a terminal or run may be under way, if the block has a limit.
    pub(super) fn limit(&self) -> Option<Literal> {
        let limit = self.dag.block.options.max_concurrency.as_ref()?;
        Some(Literal::usize_unsuffixed(limit.value))
    }

    /// Returns the visibility of the generated types: that of the most visible task.
    pub(super) fn visibility(&self) -> Option<&'d Visibility> {
        self.dag.tasks.iter().max_by_key(|task| task.rank()).map(|task| &task.method.vis)
    }

    /// Returns whether the outputs have a private field. A result need not name a parameter of the block, but some
    /// field has to.
    pub(super) fn has_marked_outputs(&self) -> bool {
        !self.header.arguments.is_empty() || self.dag.tasks.is_empty()
    }

    /// Returns how many kinds of failures there are: the error types, and the inner graphs.
    pub(super) fn variants(&self) -> usize {
        self.dag.failures.len() + self.dag.inner_graphs.len()
    }

    /// Returns how many words of 64 nodes a set of nodes has.
    pub(super) fn words(&self) -> usize {
        self.dag.edges.len().div_ceil(64)
    }

    /// Returns all words of a set of ids.
    pub(super) fn set(&self, ids: impl IntoIterator<Item = usize>) -> Vec<Literal> {
        let mut words = vec![0_u64; self.words()];
        for id in ids {
            words[id / 64] |= 1 << (id % 64);
        }
        words.into_iter().map(hexadecimal).collect()
    }

    /// Returns the lifetime of the object in the types of its cells and of a run.
    pub(super) fn lifetime(&self) -> Lifetime {
        let name = if self.dag.is_owned() { "'static" } else { "'__dag" };
        Lifetime::new(name, Span::mixed_site())
    }

    /// Returns a type as written in the types of a run, which users read: the object's lifetime has a short name there.
    pub(super) fn shown(&self, ty: TokenStream) -> TokenStream {
        if mentions_self_lifetime(ty.clone()) { renamed(ty, &self.header.object.ident.to_string()) } else { ty }
    }

    /// Returns the type of the cells in the impl of the user's type.
    pub(super) fn cells_type(&self) -> TokenStream {
        let (cells, lifetime, arguments) = (&self.cells, self.lifetime(), &self.header.arguments);
        quote!(#cells<#lifetime, #arguments>)
    }

    /// Returns the type arguments of the state that other threads share: the object, the cells, the failure and the
    /// words of tasks.
    pub(super) fn shared_arguments(&self) -> TokenStream {
        let (cells, failure) = (self.cells_type(), self.failure_type());
        let words = Literal::usize_unsuffixed(self.words());
        quote_mixed!(Self, #cells, #failure, #words)
    }

    /// Spells a type of a task's signature out, with the lifetime of `self`.
    pub(super) fn spell(&self, task: &Task<'_>, ty: &Type) -> Type {
        let lifetime = Header::self_lifetime;
        let own: Vec<Ident> = task.method.sig.generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect();
        Outside { lifetime: &lifetime, own: &own, self_ty: &self.header.self_ty }.spell(ty)
    }

    /// Returns the type that the dependents of a task see.
    pub(super) fn value_type(&self, task: &Task<'_>) -> TokenStream {
        let Some(output) = task.output else { return quote!(()) };
        let declared = self.spell(task, output);
        let Some(fails) = &task.fails else { return quote!(#declared) };
        let runtime = &self.runtime;
        match fails.result.ok() {
            Some(ok) => {
                let ok = self.spell(task, ok);
                quote!(#ok)
            }
            None => quote!(<#declared as #runtime::Fallible>::Ok),
        }
    }

    /// Returns the type of a result if it may be a `Result` under another name, which only rustc knows.
    pub(super) fn doubtful_type(&self, task: &Task<'_>) -> Option<Type> {
        let is_certain = task.fails.is_some() || task.is_caught() || task.each().is_some();
        let output = task.output.filter(|output| !is_certain && may_be_result(output))?;
        Some(self.spell(task, output))
    }

    /// Returns a type for places where rustc would report a hidden lifetime again, in addition to the struct of the
    /// cells.
    pub(super) fn hidden(&self, ty: TokenStream) -> TokenStream {
        if !may_hide_lifetime(ty.clone()) {
            return ty;
        }
        let runtime = &self.runtime;
        quote_mixed!(<fn(&'__dag ()) -> #ty as #runtime::Returns>::Output)
    }

    /// Returns the type of the failure of any task.
    pub(super) fn failure_type(&self) -> TokenStream {
        if self.variants() == 0 {
            let runtime = &self.runtime;
            return quote!(#runtime::Infallible);
        }
        let errors = self.dag.failures.iter().map(|failure| self.error_type(&self.dag.tasks[failure.task]));
        let errors =
            errors.chain(self.dag.inner_graphs.iter().map(|inner_graph| inner::failure_type(self, inner_graph)));
        let failure = &self.failure;
        inner::at_first(self, quote!(#failure<#(#errors),*>))
    }

    /// Returns the error type of a task that returns a `Result`.
    pub(super) fn error_type(&self, task: &Task<'_>) -> TokenStream {
        // For a task with `in` and `catch`, the type of all results is no `Result`.
        let ReturnType::Type(_, declared) = &task.method.sig.output else { return TokenStream::new() };
        let Some(result) = ResultType::of(declared) else { return TokenStream::new() };
        let runtime = &self.runtime;
        if let Some(error) = result.error() {
            let error = self.spell(task, error);
            quote!(#error)
        } else {
            let declared = self.spell(task, result.declared);
            quote!(<#declared as #runtime::Fallible>::Error)
        }
    }

    /// Returns the error type of a task's terminal, if it returns a `Result`.
    pub(super) fn terminal_error(&self, task: &Task<'_>) -> Option<TokenStream> {
        if task.fails.is_some() {
            return Some(self.error_type(task));
        }
        if task.is_caught() {
            let (declared, runtime) = (self.spell(task, task.output?), &self.runtime);
            return Some(quote!(<#declared as #runtime::Fallible>::Error));
        }
        Some(self.error_type(&self.dag.tasks[task.lifts?]))
    }
}

/// Returns whether a type contains the lifetime of `self`.
pub(super) fn mentions_self_lifetime(tokens: TokenStream) -> bool {
    lifetimes(tokens).iter().any(|lifetime| lifetime == "__dag")
}

/// Returns tokens with another name for the lifetime of `self`.
pub(super) fn renamed(tokens: TokenStream, name: &str) -> TokenStream {
    let mut is_lifetime = false;
    let rename = |token| {
        let follows_apostrophe = is_lifetime;
        is_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        match token {
            TokenTree::Ident(ident) if follows_apostrophe && ident == "__dag" => {
                TokenTree::from(Ident::new(name, ident.span()))
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), renamed(group.stream(), name));
                inner.set_span(group.span());
                inner.into()
            }
            token => token,
        }
    };
    tokens.into_iter().map(rename).collect()
}

/// Writes bits as a hexadecimal number.
pub(super) fn hexadecimal(bits: u64) -> Literal {
    let text = if bits == 0 { "0".to_owned() } else { format!("{bits:#x}") };
    text.parse().unwrap_or_else(|_| Literal::u64_unsuffixed(bits))
}
