//! The ways to run one or two stages for each element: each is a function that returns the sum of the results.

use std::convert::identity;
use std::sync::Arc;

use adagio::dag;
use adagio_benches::body::{Body, Value, sum};
use futures::future::join_all;
use futures::stream::{FuturesUnordered, Stream, StreamExt, iter};
use tokio::task::JoinSet;

/// As many elements are under way at once, where there is a limit.
pub(crate) const LIMIT: usize = 8;

/// The elements, and the body of both stages.
#[derive(Clone, Copy)]
pub(crate) struct Elements<B> {
    pub(crate) ids: &'static [usize],
    pub(crate) body: B,
}

impl<B: Body> Elements<B> {
    fn page(self, id: usize) -> impl Future<Output = B::Value> + Send + use<B> {
        self.body.run(id, 0)
    }

    fn row(self, page: &B::Value) -> impl Future<Output = B::Value> + Send + use<B> {
        self.body.run(1, page.number())
    }

    async fn both(self, id: usize) -> B::Value {
        let page = self.page(id).await;
        self.row(&page).await
    }
}

/// The results by index, from a way that returns them as they come.
struct ByIndex<V>(Vec<V>);

impl<V: Value> ByIndex<V> {
    fn new(count: usize) -> Self {
        Self(vec![V::of(0); count])
    }

    fn set(&mut self, (index, value): (usize, V)) {
        self.0[index] = value;
    }

    fn sum(self) -> u64 {
        sum(&self.0)
    }
}

/// Blocks with one stage and with two; `$new` makes of a block what its tasks are called on.
macro_rules! blocks {
    ($module:ident, $new:path: $(#[$task:meta])*) => {
        pub(crate) mod $module {
            use super::*;

            /// The elements as a block.
            pub(crate) struct Block<B>(pub(crate) Elements<B>);

            #[dag]
            impl<B: Body> Block<B> {
                fn ids(&self) -> &'static [usize] {
                    self.0.ids
                }

                #[depends(id in ids)]
                $(#[$task])*
                async fn pages(&self, id: usize) -> B::Value {
                    self.0.page(id).await
                }
            }

            /// The elements as a block with a follower.
            pub(crate) struct Stages<B>(pub(crate) Elements<B>);

            #[dag]
            impl<B: Body> Stages<B> {
                fn ids(&self) -> &'static [usize] {
                    self.0.ids
                }

                #[depends(id in ids)]
                $(#[$task])*
                async fn pages(&self, id: usize) -> B::Value {
                    self.0.page(id).await
                }

                #[depends(page in pages)]
                $(#[$task])*
                async fn rows(&self, page: &B::Value) -> B::Value {
                    self.0.row(page).await
                }
            }

            pub(crate) async fn one<B: Body>(elements: Elements<B>) -> u64 {
                sum(&$new(Block(elements)).pages().await)
            }

            pub(crate) async fn one_in_a_run<B: Body>(elements: Elements<B>) -> u64 {
                sum($new(Block(elements)).run().pages().await)
            }

            pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
                sum(&$new(Stages(elements)).rows().await)
            }

            pub(crate) async fn two_in_a_run<B: Body>(elements: Elements<B>) -> u64 {
                sum($new(Stages(elements)).run().rows().await)
            }
        }
    };
}

blocks!(limited, identity: #[task(max_concurrency = 8)]);
blocks!(unlimited, identity:);
blocks!(spawned, Arc::new: #[task(spawn, max_concurrency = 8)]);

pub(crate) mod buffered {
    use super::{Body, Elements, LIMIT, Stream, StreamExt, iter, sum};

    pub(crate) async fn one<B: Body>(elements: Elements<B>) -> u64 {
        let pages: Vec<B::Value> =
            iter(elements.ids.iter().copied()).map(move |id| elements.page(id)).buffered(LIMIT).collect().await;
        sum(&pages)
    }

    pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
        let pages = iter(elements.ids.iter().copied()).map(move |id| elements.page(id)).buffered(LIMIT);
        let rows = pages.map(move |page| elements.row(&page)).buffered(LIMIT);
        let rows: Vec<B::Value> = rows.collect().await;
        sum(&rows)
    }

    fn spawned<B: Body>(elements: Elements<B>) -> impl Stream<Item = B::Value> {
        let spawn = move |id| tokio::spawn(elements.page(id));
        iter(elements.ids.iter().copied()).map(spawn).buffered(LIMIT).map(|page| page.expect("no body panics"))
    }

    pub(crate) async fn one_spawned<B: Body>(elements: Elements<B>) -> u64 {
        let pages: Vec<B::Value> = spawned(elements).collect().await;
        sum(&pages)
    }

    pub(crate) async fn two_spawned<B: Body>(elements: Elements<B>) -> u64 {
        let spawn = move |page| tokio::spawn(elements.row(&page));
        let rows = spawned(elements).map(spawn).buffered(LIMIT).map(|row| row.expect("no body panics"));
        let rows: Vec<B::Value> = rows.collect().await;
        sum(&rows)
    }
}

/// A loop over a set of futures that come back in any order; for each stage, `$limit` are in it at once.
macro_rules! loops {
    ($module:ident: $limit:expr) => {
        pub(crate) mod $module {
            use super::*;

            async fn unordered<V: Value, F: Future<Output = V>>(
                ids: &[usize],
                limit: usize,
                body: impl Fn(usize) -> F,
            ) -> u64 {
                let mut values = ByIndex::new(ids.len());
                let mut under_way = FuturesUnordered::new();
                for (index, &id) in ids.iter().enumerate() {
                    if under_way.len() == limit {
                        values.set(under_way.next().await.expect("one is under way"));
                    }
                    let body = body(id);
                    under_way.push(async move { (index, body.await) });
                }
                while let Some(value) = under_way.next().await {
                    values.set(value);
                }
                values.sum()
            }

            pub(crate) async fn one<B: Body>(elements: Elements<B>) -> u64 {
                unordered(elements.ids, $limit, |id| elements.page(id)).await
            }

            pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
                unordered(elements.ids, 2 * $limit, |id| elements.both(id)).await
            }

            async fn spawned<V, F>(ids: &[usize], limit: usize, body: impl Fn(usize) -> F) -> u64
            where
                V: Value,
                F: Future<Output = V> + Send + 'static,
            {
                let mut values = ByIndex::new(ids.len());
                let mut under_way = JoinSet::new();
                for (index, &id) in ids.iter().enumerate() {
                    if under_way.len() == limit {
                        let value = under_way.join_next().await.expect("one is under way");
                        values.set(value.expect("no body panics"));
                    }
                    let body = body(id);
                    under_way.spawn(async move { (index, body.await) });
                }
                while let Some(value) = under_way.join_next().await {
                    values.set(value.expect("no body panics"));
                }
                values.sum()
            }

            pub(crate) async fn one_spawned<B: Body>(elements: Elements<B>) -> u64 {
                spawned(elements.ids, $limit, |id| elements.page(id)).await
            }

            pub(crate) async fn two_spawned<B: Body>(elements: Elements<B>) -> u64 {
                spawned(elements.ids, 2 * $limit, |id| elements.both(id)).await
            }
        }
    };
}

loops!(eight: LIMIT);
loops!(all: usize::MAX / 2);

pub(crate) mod joined {
    use super::{Body, Elements, join_all, sum};

    pub(crate) async fn one<B: Body>(elements: Elements<B>) -> u64 {
        sum(&join_all(elements.ids.iter().copied().map(move |id| elements.page(id))).await)
    }

    pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
        sum(&join_all(elements.ids.iter().copied().map(move |id| elements.both(id))).await)
    }
}
