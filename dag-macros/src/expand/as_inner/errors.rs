//! The conversion of a block's failures into the errors of its terminals.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::{failed_type, shows_failures, tasks_ident};
use crate::analyse::Task;
use crate::expand::terminal::{self, Arm};
use crate::expand::{Expansion, Header, convert, hexadecimal};

/// The ways in which terminals fail. Tasks with the same error type and the same failures share a way: most blocks have
/// one error type.
pub(super) struct Errors {
    /// The ways, in the order of their first tasks.
    ways: Vec<Way>,
    /// For each id, the way in which the terminal fails, if it can fail.
    of_tasks: Vec<Option<usize>>,
}

struct Way {
    error: TokenStream,
    /// The code that converts a failure into it.
    made: TokenStream,
    /// The bounds that are checked where the task is used, not in the block.
    bounds: TokenStream,
    first: Ident,
}

impl Errors {
    pub(super) fn new(expansion: &Expansion<'_>) -> Self {
        let mut errors = Self { ways: Vec::new(), of_tasks: vec![None; expansion.ids.len()] };
        let mut texts = Vec::new();
        for (id, task) in expansion.tasks() {
            let Some(error) = terminal_error(expansion, task) else { continue };
            let position = expansion.dag.order[id];
            let made = into_error(expansion, position);
            let text = format!("{error} {made}");
            let known = texts.iter().position(|known| *known == text);
            errors.of_tasks[id] = Some(known.unwrap_or_else(|| {
                texts.push(text);
                let bounds = convert::deferred_bounds(expansion, position);
                errors.ways.push(Way { error, made, bounds, first: task.ident().clone() });
                errors.ways.len() - 1
            }));
        }
        errors
    }

    /// Returns the error type of a terminal, the function that converts a failure into it and its bounds, if it can
    /// fail.
    pub(super) fn of(&self, id: usize) -> Option<(&TokenStream, Ident, &TokenStream)> {
        let way = self.of_tasks[id]?;
        let Way { error, bounds, .. } = &self.ways[way];
        Some((error, function_ident(way), bounds))
    }

    // Output:
    //     fn __dag_error_0(__failed: __DagPricingFailed) -> Fails<E> { Fails(match __failed.0 { .. }) }
    pub(super) fn functions(&self, expansion: &Expansion<'_>) -> TokenStream {
        let (runtime, failed) = (&expansion.runtime, failed_type(expansion));
        let functions = self.ways.iter().enumerate().map(|(way, Way { error, made, bounds, .. })| {
            let (name, bounds) = (function_ident(way), where_clause(bounds));
            quote_mixed! {
                #[inline]
                fn #name(__failed: #failed) -> #runtime::Fails<#error> #bounds {
                    #runtime::Fails(#made)
                }
            }
        });
        functions.collect()
    }

    /// Writes the conversion of a failure into the source that a run keeps: the error of the requested terminal. A run
    /// requires only the conversions that it needs: each task has its own impl, except where all tasks fail in the same
    /// way.
    // Output:
    //     impl<'x> IntoInnerError<__DagPricingFailed, 0x1f..> for Defer<'x, __DagPricingFailed>
    //     where for<'y> Defer<'y, E>: IntoTaskError<E> { .. }
    pub(super) fn kept(&self, expansion: &Expansion<'_>) -> TokenStream {
        if !shows_failures(expansion) {
            return TokenStream::new();
        }
        let mut of_tasks = expansion.tasks().map(|(id, _)| self.of_tasks[id]);
        if self.ways.len() == 1 && of_tasks.all(|way| way.is_some()) {
            self.kept_of(expansion, Some(0), None)
        } else {
            let tasks = expansion.tasks();
            tasks.map(|(id, task)| self.kept_of(expansion, self.of_tasks[id], Some(key(task.ident())))).collect()
        }
    }

    /// Writes the conversion for the task with a key, or for all tasks.
    fn kept_of(&self, expansion: &Expansion<'_>, way: Option<usize>, key: Option<Literal>) -> TokenStream {
        let Expansion { runtime, header, .. } = expansion;
        let Header { outer_params, arguments, .. } = header;
        let predicates = header.predicates();
        let (failed, tasks) = (failed_type(expansion), tasks_ident(expansion));
        let (param, key) = match key {
            Some(key) => (None, quote!(#key)),
            None => (Some(quote_mixed!(const __TASK: u64)), quote_mixed!(__TASK)),
        };
        let (bound, source) = match way {
            Some(way) => {
                let Way { error, bounds, first, .. } = &self.ways[way];
                let function = function_ident(way);
                let at_task = first.span().resolved_at(Span::mixed_site());
                let runtime_here = expansion.runtime_at(at_task);
                let bound = quote_spanned! {at_task=>
                    for<'__y> #runtime_here::Defer<'__y, #error>: #runtime_here::IntoTaskError<#error>,
                    #bounds
                };
                let source = quote_mixed! {
                    let #runtime::Fails(__error) = <#tasks<#arguments>>::#function(self.into_inner());
                    #runtime::IntoTaskError::into_source(#runtime::Defer::new(__error))
                };
                (bound, source)
            }
            None => (TokenStream::new(), quote_mixed!(#runtime::unneeded_failure())),
        };
        quote_mixed! {
            impl<'__x, #outer_params #param> #runtime::IntoInnerError<#failed, #key> for #runtime::Defer<'__x, #failed>
            where
                #predicates
                #bound
            {
                #[inline]
                fn into_source(self) -> #runtime::ErrorSource {
                    #source
                }
            }
        }
    }
}

fn function_ident(way: usize) -> Ident {
    format_ident!("__dag_error_{way}", span = Span::mixed_site())
}

/// Returns the code that converts a failure into the error of a task's terminal.
fn into_error(expansion: &Expansion<'_>, position: usize) -> TokenStream {
    let (runtime, self_ty) = (&expansion.runtime, &expansion.header.self_ty);
    let arms = terminal::errors(expansion, position, &quote!(#self_ty));
    let unneeded = (arms.len() < expansion.variants()).then(|| quote_mixed!(_ => #runtime::unneeded_failure(),));
    let arms = arms.iter().map(|Arm { failure, error }| quote_mixed!(#failure => #error,));
    quote_mixed!(match __failed.0 { #(#arms)* #unneeded })
}

/// Returns the error type of a task's terminal, if the task or a task that it needs can fail.
fn terminal_error(expansion: &Expansion<'_>, task: &Task<'_>) -> Option<TokenStream> {
    if task.reachable.is_empty() && task.inner.is_empty() || !shows_failures(expansion) {
        return None;
    }
    expansion.terminal_error(task)
}

/// Writes a where-clause, if there are bounds.
pub(super) fn where_clause(bounds: &TokenStream) -> Option<TokenStream> {
    (!bounds.is_empty()).then(|| quote!(where #bounds))
}

/// Returns a number for the name of a task, by which another block finds the task in types: the outer block knows only
/// the name, and a const parameter of a type cannot be a string.
pub(in crate::expand) fn key(name: &Ident) -> Literal {
    // The hash of Fowler, Noll and Vo.
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.unraw().to_string().bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    hexadecimal(hash)
}
