//! A block under strict lints, and lint attributes on tasks. A separate binary, because lints are set per crate.

mod common;

use std::future::ready;
use std::sync::{Arc, Mutex};

use adagio::dag;
use common::now;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, instrument};

/// All lints of the compiler and of clippy that are not a matter of taste.
mod strict {
    #![deny(warnings)]
    #![deny(
        keyword_idents,
        let_underscore,
        missing_debug_implementations,
        missing_docs,
        nonstandard_style,
        rust_2018_idioms,
        trivial_casts,
        trivial_numeric_casts,
        unit_bindings,
        unnameable_types,
        unreachable_pub,
        unsafe_code,
        unused,
        unused_import_braces,
        unused_lifetimes,
        unused_qualifications,
        unused_results,
        variant_size_differences
    )]
    #![deny(
        clippy::all,
        clippy::pedantic,
        clippy::nursery,
        clippy::cargo,
        clippy::absolute_paths,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::clone_on_ref_ptr,
        clippy::default_numeric_fallback,
        clippy::exhaustive_enums,
        clippy::exhaustive_structs,
        clippy::indexing_slicing,
        clippy::let_underscore_must_use,
        clippy::let_underscore_untyped,
        clippy::missing_docs_in_private_items,
        clippy::multiple_inherent_impl,
        clippy::panic,
        clippy::same_name_method,
        clippy::shadow_reuse,
        clippy::shadow_same,
        clippy::shadow_unrelated,
        clippy::str_to_string,
        clippy::unreachable,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )]
    #![allow(clippy::redundant_pub_crate, reason = "`unreachable_pub` wants the contrary")]

    use std::future::ready;
    use std::num::ParseIntError;

    use adagio::dag;

    /// A graph.
    #[derive(Debug)]
    pub(super) struct Graph<'g, const N: usize> {
        /// What is parsed.
        pub(super) texts: [&'g str; N],
    }

    #[dag]
    impl<const N: usize> Graph<'_, N> {
        /// The number of texts.
        const COUNT: usize = N;

        /// The texts.
        async fn texts(&self) -> &[&str] {
            ready(&self.texts).await
        }

        /// How many there are.
        fn count(&self) -> usize {
            Self::COUNT
        }

        /// The first as a number.
        #[depends(texts)]
        async fn first(&self, texts: &[&str]) -> Result<u64, ParseIntError> {
            ready(texts.first().copied().unwrap_or_default()).await.parse()
        }

        /// The last as a number, or not.
        #[depends(texts)]
        #[task(catch)]
        async fn last(&self, texts: &[&str]) -> Result<u64, ParseIntError> {
            ready(texts.last().copied().unwrap_or_default()).await.parse()
        }

        /// The longest.
        #[depends(texts)]
        async fn longest(&self, texts: &[&str]) -> Option<&str> {
            let longest = texts.iter().map(|text| text.len()).max();
            ready(self.texts.iter().copied().find(|text| Some(text.len()) == longest)).await
        }

        /// Nothing at all.
        #[depends(first, longest)]
        fn nothing(&self) {}

        /// One.
        #[depends(nothing)]
        #[must_use]
        fn one(&self, _nothing: ()) -> u64 {
            1
        }

        /// Each as a number.
        #[depends(text in texts)]
        async fn numbers(&self, text: &str) -> Result<u64, ParseIntError> {
            ready(text).await.parse()
        }

        /// Pairs.
        #[depends(numbers)]
        fn pairs(&self, numbers: &[u64]) -> Vec<(u64, bool)> {
            numbers.iter().map(|number| (*number, true)).collect()
        }

        /// Each half of a pair.
        #[depends((number, _is_there) in pairs)]
        fn halves(&self, number: u64) -> u64 {
            number / 2
        }

        /// All together.
        #[depends(first, last, one, count, halves)]
        pub(super) async fn sum(
            &self,
            first: u64,
            last: &Result<u64, ParseIntError>,
            mut one: u64,
            count: &usize,
        ) -> Result<u64, SumError> {
            one += ready(u64::try_from(*count)).await.map_err(|_too_many| SumError)?;
            Ok(first + last.clone()? + one)
        }
    }

    /// The error of [`Graph::sum`].
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct SumError;

    impl From<ParseIntError> for SumError {
        fn from(_error: ParseIntError) -> Self {
            Self
        }
    }
}

#[test]
fn a_block_among_strict_lints_compiles_without_a_warning() {
    assert_eq!(now(strict::Graph { texts: ["1", "2"] }.sum()), Ok(6));
    assert_eq!(now(strict::Graph { texts: ["1", "b"] }.sum()), Err(strict::SumError));
}

mod attributes {
    #![deny(warnings)]

    use adagio::dag;

    pub(super) struct Graph;

    #[dag]
    impl Graph {
        // Fulfilled in the body.
        #[expect(unused_variables)]
        fn unused(&self) -> u64 {
            let unused = 1;
            2
        }

        // Fulfilled at the terminal.
        #[expect(dead_code, reason = "nobody calls it")]
        fn dead(&self) {}

        #[allow(dead_code, unused_variables, reason = "one for the terminal, one for the body")]
        fn both(&self) {
            let unused = 1;
        }

        // Holds for the name of the task, and for a parameter.
        #[expect(non_snake_case)]
        fn camelCase(&self) -> u64 {
            1
        }

        #[deprecated = "call `sum`"]
        #[expect(clippy::unused_async, reason = "it used to wait")]
        pub(super) async fn old(&self) -> u64 {
            1
        }

        #[must_use = "it is all there is"]
        #[depends(unused, camelCase)]
        #[expect(non_snake_case, reason = "a parameter has the name of its task")]
        pub(super) fn sum(&self, unused: u64, camelCase: u64) -> u64 {
            unused + camelCase
        }
    }
}

#[test]
fn lint_attributes_reach_what_they_are_about() {
    assert_eq!(now(attributes::Graph.sum()), 3);
}

#[test]
fn a_deprecated_task_warns_who_calls_it() {
    #[expect(deprecated)]
    let old = attributes::Graph.old();
    assert_eq!(now(old), 1);
}

/// Keeps the names of spans.
#[derive(Default)]
struct Spans(Mutex<Vec<&'static str>>);

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        // With the feature `tracing`, tasks have spans of their own.
        if span.metadata().target() != "adagio" {
            self.0.lock().unwrap().push(span.metadata().name());
        }
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Traced;

#[dag]
impl Traced {
    #[tracing::instrument(skip(self))]
    async fn user(&self) -> u64 {
        ready(1).await
    }

    #[depends(user)]
    #[instrument(skip_all, fields(name = %user))]
    fn r#match(&self, user: u64) -> Result<u64, String> {
        u64::checked_add(user, 1).ok_or_else(|| "overflow".to_owned())
    }

    #[depends(r#match)]
    #[instrument(level = "debug", name = "own", skip_all)]
    async fn named(&self, r#match: &u64) -> u64 {
        ready(r#match + 1).await
    }
}

#[test]
fn an_instrumented_task_has_its_own_name() {
    let spans = Arc::new(Spans::default());
    let result = tracing::subscriber::with_default(Arc::clone(&spans), || now(Traced.named()));
    assert_eq!(result, Ok(3));
    assert_eq!(*spans.0.lock().unwrap(), ["user", "match", "own"]);
}
