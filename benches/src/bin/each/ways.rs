//! The ways to run one or two stages for each element: each is a function that returns the sum of the results.

use adagio::dag;
use adagio_benches::body::{Body, Value, sum};
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt, iter};
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
struct ByIndex<V>(Vec<Option<V>>);

impl<V: Value> ByIndex<V> {
    fn new(count: usize) -> Self {
        Self(vec![None; count])
    }

    fn set(&mut self, (index, value): (usize, V)) {
        self.0[index] = Some(value);
    }

    fn sum(self) -> u64 {
        let values: Vec<V> = self.0.into_iter().map(|value| value.expect("each body has ended")).collect();
        sum(&values)
    }
}

/// Blocks with one stage and with two.
macro_rules! blocks {
    ($module:ident: $(#[$task:meta])*) => {
        pub(crate) mod $module {
            use super::*;

            /// The elements as a block.
            pub(crate) struct Block<B>(pub(crate) Elements<B>);

            #[dag]
            impl<B: Body> Block<B> {
                fn ids(&self) -> &[usize] {
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
                fn ids(&self) -> &[usize] {
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
                sum(&Block(elements).pages().await)
            }

            pub(crate) async fn one_in_a_run<B: Body>(elements: Elements<B>) -> u64 {
                sum(Block(elements).run().pages().await)
            }

            pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
                sum(&Stages(elements).rows().await)
            }

            pub(crate) async fn two_in_a_run<B: Body>(elements: Elements<B>) -> u64 {
                sum(Stages(elements).run().rows().await)
            }
        }
    };
}

blocks!(limited: #[task(max_concurrency = 8)]);
blocks!(unlimited:);

pub(crate) mod buffered {
    use super::{Body, Elements, LIMIT, StreamExt, iter, sum};

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

    pub(crate) async fn spawned<B: Body>(elements: Elements<B>) -> u64 {
        let spawn = move |id| tokio::spawn(elements.page(id));
        let pages =
            iter(elements.ids.iter().copied()).map(spawn).buffered(LIMIT).map(|page| page.expect("no body panics"));
        let pages: Vec<B::Value> = pages.collect().await;
        sum(&pages)
    }
}

/// A loop over a set of futures that come back in any order; `$limit` are in it at once.
macro_rules! loops {
    ($module:ident: $limit:expr) => {
        pub(crate) mod $module {
            use super::*;

            async fn unordered<V: Value, F: Future<Output = V>>(ids: &[usize], body: impl Fn(usize) -> F) -> u64 {
                let mut values = ByIndex::new(ids.len());
                let mut under_way = FuturesUnordered::new();
                for (index, &id) in ids.iter().enumerate() {
                    if under_way.len() == $limit {
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
                unordered(elements.ids, |id| elements.page(id)).await
            }

            pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
                unordered(elements.ids, |id| elements.both(id)).await
            }

            async fn spawned<V, F>(ids: &[usize], body: impl Fn(usize) -> F) -> u64
            where
                V: Value,
                F: Future<Output = V> + Send + 'static,
            {
                let mut values = ByIndex::new(ids.len());
                let mut under_way = JoinSet::new();
                for (index, &id) in ids.iter().enumerate() {
                    if under_way.len() == $limit {
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
                spawned(elements.ids, |id| elements.page(id)).await
            }

            pub(crate) async fn two_spawned<B: Body>(elements: Elements<B>) -> u64 {
                spawned(elements.ids, |id| elements.both(id)).await
            }
        }
    };
}

loops!(eight: LIMIT);
loops!(all: usize::MAX);

pub(crate) mod joined {
    use super::{Body, Elements, join_all, sum};

    pub(crate) async fn one<B: Body>(elements: Elements<B>) -> u64 {
        sum(&join_all(elements.ids.iter().copied().map(move |id| elements.page(id))).await)
    }

    pub(crate) async fn two<B: Body>(elements: Elements<B>) -> u64 {
        sum(&join_all(elements.ids.iter().copied().map(move |id| elements.both(id))).await)
    }
}
