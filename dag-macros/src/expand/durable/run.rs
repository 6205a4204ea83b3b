//! The run of a durable block, for an engine: its results as bytes, by the names of the tasks.

use proc_macro2::{Literal, TokenStream};
use syn::ext::IdentExt;

use super::{remote, shared_bounds, wide};
use crate::expand::run::{run_arguments, run_params};
use crate::expand::{Expansion, each, edges};

// Output:
//     fn seed(self, task: &str, stored: &[u8]) -> Result<Self, TaskError> {
//         match self.__dag.position(task) {
//             0 => self.__dag.inject(0, &self.__dag.cells().user, Stored::<User>::FORM.read("user", stored)?),
//             ..
//     }
//     fn result(&self, task: &str) -> impl Future<Output = Result<Vec<u8>, TaskError>> + Send {
//         let __id = self.__dag.position(task);
//         async move {
//             self.__dag.goal(__id).await?;
//             match __id {
//                 0 => Stored::<User>::FORM.write("user", self.__dag.cells().user.ready()),
//                 ..
pub(super) fn expand(expansion: &Expansion<'_>) -> TokenStream {
    let Expansion { runtime, run, .. } = expansion;
    let (params, arguments, bounds) = (run_params(expansion), run_arguments(expansion), shared_bounds(expansion));
    let ids: Vec<_> = expansion.tasks().map(|(id, _)| Literal::usize_unsuffixed(id)).collect();
    let names: Vec<_> = expansion.tasks().map(|(_, task)| task.ident()).collect();
    let texts: Vec<_> = names.iter().map(|name| name.unraw().to_string()).collect();
    let values: Vec<_> = expansion.tasks().map(|(_, task)| expansion.shown(expansion.value_type(task))).collect();
    let has_inside = !expansion.dag.inner_graphs.is_empty();
    let seed_inside = has_inside.then(|| {
        quote_mixed! {
            if self.__dag.seed_inside(task, stored) {
                return ::core::result::Result::Ok(self);
            }
        }
    });
    let seed_failure_inside = has_inside.then(|| {
        quote_mixed! {
            if self.__dag.seed_failure_inside(task, &error) {
                return self;
            }
        }
    });
    let (seed, seed_failure) = (seed(expansion), seed_failure(expansion));
    let remote: Vec<_> = remote(expansion).map(|(_, id)| Literal::usize_unsuffixed(id)).collect();
    let only = (!remote.is_empty()).then(|| {
        quote_mixed! {
            fn only(self, task: &str, index: usize) -> Self {
                Self { __dag: self.__dag.only(&[#(#remote),*], (task, index)) }
            }
        }
    });
    let complete = edges::with_edges(expansion).map(|_| {
        quote_mixed! {
            fn complete(
                &self,
            ) -> impl ::core::future::Future<Output = ::std::vec::Vec<#runtime::TaskError>> + ::core::marker::Send {
                self.__dag.complete()
            }
        }
    });
    quote_mixed! {
        impl<#params> #runtime::DurableRun for #run<#arguments> #bounds {
            fn seed(
                self,
                task: &str,
                stored: &[u8],
            ) -> ::core::result::Result<Self, #runtime::TaskError> {
                #[allow(unused_imports)]
                use #runtime::NotStorable as _;
                #seed_inside
                #seed
                ::core::result::Result::Ok(self)
            }

            fn result(
                &self,
                task: &str,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<::std::vec::Vec<u8>, #runtime::TaskError>,
            > + ::core::marker::Send {
                #[allow(unused_imports)]
                use #runtime::NotStorable as _;
                let __id = self.__dag.position(task);
                async move {
                    self.__dag.goal(__id).await?;
                    let __cells = self.__dag.cells();
                    match __id {
                        #(#ids => #runtime::Stored::<#values>::FORM.write(#texts, __cells.#names.ready()),)*
                        _ => #runtime::unknown_task(__id),
                    }
                }
            }

            fn defer_retries(self, deferral: &#runtime::Deferral) -> Self {
                Self { __dag: self.__dag.defer_retries(::core::clone::Clone::clone(deferral)) }
            }

            fn observe(self, observer: impl #runtime::Observer + 'static) -> Self {
                Self { __dag: self.__dag.observe(observer) }
            }

            fn keep(self, keeper: impl #runtime::Keeper + 'static) -> Self {
                Self { __dag: self.__dag.keep(keeper) }
            }

            fn seed_failure(self, task: &str, error: #runtime::TaskError) -> Self {
                #seed_failure_inside
                #seed_failure
            }

            fn settle(
                &self,
            ) -> impl ::core::future::Future<Output = ::std::vec::Vec<#runtime::TaskError>> + ::core::marker::Send {
                self.__dag.settle()
            }

            #only

            #complete

            fn retry_failed(&self) {
                self.__dag.retry_failed();
            }

            fn stop(&self) {
                self.__dag.stop();
            }
        }
    }
}

/// Returns the code that takes a stored result.
// Output, if some task runs once for each element of a collection:
//     let Some(__id) = self.__dag.position_of(task, &[1]) else { return Ok(self) };
//     match __id {
//         0 => ..
//         1 => self.__dag.seed_part((1, &self.__dag.cells().pages), (task, stored), ..)?,
fn seed(expansion: &Expansion<'_>) -> TokenStream {
    let runtime = &expansion.runtime;
    let seeds = expansion.tasks().map(|(id, task)| {
        let (id, name) = (Literal::usize_unsuffixed(id), task.ident());
        let (text, value) = (name.unraw().to_string(), expansion.shown(expansion.value_type(task)));
        let Some(element) = each::element_type(expansion, task) else {
            return quote_mixed! {
                #id => {
                    let __value: #value = #runtime::Stored::<#value>::FORM.read(#text, stored)?;
                    self.__dag.inject(#id, &self.__dag.cells().#name, __value);
                }
            };
        };
        let element = expansion.shown(element);
        quote_mixed! {
            #id => self.__dag.seed_part(
                (#id, &self.__dag.cells().#name),
                (task, stored),
                |__stored| #runtime::Stored::<#element>::FORM.read(#text, __stored),
                |__stored| #runtime::Stored::<#value>::FORM.read(#text, __stored),
            )?,
        }
    });
    let seeds: Vec<_> = seeds.collect();
    match position(expansion) {
        None => quote_mixed! {
            match self.__dag.position(task) {
                #(#seeds)*
                __id => #runtime::unknown_task(__id),
            }
        },
        Some(position) => quote_mixed! {
            let ::core::option::Option::Some(__id) = #position else {
                return ::core::result::Result::Ok(self);
            };
            match __id {
                #(#seeds)*
                _ => #runtime::unknown_task(__id),
            }
        },
    }
}

/// Returns the code that takes a stored failure.
fn seed_failure(expansion: &Expansion<'_>) -> TokenStream {
    match position(expansion) {
        None => quote_mixed! {
            let __id = self.__dag.position(task);
            Self { __dag: self.__dag.seed_failure(__id, error) }
        },
        Some(position) => quote_mixed! {
            match #position {
                ::core::option::Option::Some(__id) => Self { __dag: self.__dag.seed_failure(__id, error) },
                ::core::option::Option::None => self,
            }
        },
    }
}

/// Returns the place of the task to which a result belongs, in a block with tasks that run once for each element.
fn position(expansion: &Expansion<'_>) -> Option<TokenStream> {
    let wide: Vec<_> = wide(expansion).map(|(_, id)| Literal::usize_unsuffixed(id)).collect();
    (!wide.is_empty()).then(|| quote_mixed!(self.__dag.position_of(task, &[#(#wide),*])))
}
