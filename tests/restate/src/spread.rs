//! A graph in which each element of a wide task is a call of its own, in several versions of one program.

use adagio::Timeline;
use adagio::durable::current;
use adagio_restate::{AdminError, Deployment};

use crate::Orders;

/// Makes a module of a version.
macro_rules! version {
    ($(#[$doc:meta])* $version:ident { $($tasks:tt)* }) => {
        $(#[$doc])*
        #[allow(dead_code, unused_imports, reason = "each version uses a part")]
        mod $version {
            use adagio::dag;

            use super::{load, step};
            use crate::Orders;

            /// The number of ids is the input.
            pub(super) struct Spread(pub(super) Orders, pub(super) u32);

            #[dag(durable)]
            impl Spread {
                $($tasks)*
            }
        }
    };
}

/// Counts an execution for an element.
async fn step(orders: &Orders, task: &str) {
    let index = current().and_then(|current| current.index()).expect("the body is one for an element");
    orders.step(&format!("{task}{index}")).await;
}

/// Loads a page, unless it is to be broken.
async fn load(orders: &Orders, id: u32) -> Result<u32, String> {
    step(orders, "page").await;
    if orders.has(&format!("break-{id}")) { Err(format!("{id} is broken")) } else { Ok(10 * id) }
}

version! {
    /// The program when most runs begin.
    far {
        async fn ids(&self) -> Vec<u32> {
            self.0.step("ids").await;
            (0..self.1).collect()
        }

        #[depends(id in ids)]
        #[task(remote)]
        pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
            load(&self.0, id).await
        }

        #[depends(page in pages)]
        #[task(remote)]
        async fn rows(&self, page: u32) -> u32 {
            step(&self.0, "row").await;
            page + 1
        }

        #[depends(rows)]
        pub(crate) async fn total(&self, rows: &[u32]) -> u32 {
            self.0.step("total").await;
            rows.iter().sum()
        }

        #[depends(catch rows)]
        pub(crate) async fn saved(&self, rows: Option<&Vec<u32>>) -> usize {
            self.0.step("saved").await;
            rows.map_or(7, Vec::len)
        }
    }
}

version! {
    /// At most two pages at once.
    limited {
        fn ids(&self) -> Vec<u32> {
            (0..self.1).collect()
        }

        #[depends(id in ids)]
        #[task(remote, max_concurrency = 2)]
        pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
            load(&self.0, id).await
        }
    }
}

version! {
    /// Nothing is remote.
    near {
        async fn ids(&self) -> Vec<u32> {
            self.0.step("ids").await;
            (0..self.1).collect()
        }

        #[depends(id in ids)]
        pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
            load(&self.0, id).await
        }

        #[depends(page in pages)]
        async fn rows(&self, page: u32) -> u32 {
            step(&self.0, "row").await;
            page + 1
        }

        #[depends(rows)]
        pub(crate) async fn total(&self, rows: &[u32]) -> u32 {
            self.0.step("total").await;
            rows.iter().sum()
        }
    }
}

version! {
    /// The pages are one call.
    whole {
        async fn ids(&self) -> Vec<u32> {
            self.0.step("ids").await;
            (0..self.1).collect()
        }

        async fn hints(&self) -> u32 {
            self.0.step("hints").await;
            1_000
        }

        #[depends(id in ids)]
        pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
            load(&self.0, id).await
        }

        #[depends(page in pages)]
        #[task(remote)]
        async fn rows(&self, page: u32) -> u32 {
            step(&self.0, "row").await;
            page + 1
        }

        #[depends(rows, hints)]
        pub(crate) async fn total(&self, rows: &[u32], hints: u32) -> u32 {
            self.0.step("total").await;
            hints + rows.iter().sum::<u32>()
        }
    }
}

version! {
    /// The pages are loaded by one body.
    narrow {
        async fn ids(&self) -> Vec<u32> {
            self.0.step("ids").await;
            (0..self.1).collect()
        }

        #[depends(ids)]
        #[task(remote)]
        pub(crate) async fn pages(&self, ids: &[u32]) -> Vec<u32> {
            self.0.step("pages").await;
            ids.iter().map(|id| 100 * id).collect()
        }

        #[depends(pages)]
        pub(crate) async fn total(&self, pages: &[u32]) -> u32 {
            self.0.step("total").await;
            pages.iter().sum()
        }
    }
}

version! {
    /// Pages are others.
    second {
        async fn ids(&self) -> Vec<u32> {
            self.0.step("ids").await;
            (0..self.1).collect()
        }

        #[depends(id in ids)]
        #[task(remote, version = 2)]
        pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
            Ok(100 * load(&self.0, id).await?)
        }

        #[depends(page in pages)]
        #[task(remote)]
        async fn rows(&self, page: u32) -> u32 {
            step(&self.0, "row").await;
            page + 1
        }

        #[depends(rows)]
        pub(crate) async fn total(&self, rows: &[u32]) -> u32 {
            self.0.step("total").await;
            rows.iter().sum()
        }
    }
}

version! {
    /// There are fewer ids.
    fewer {
        #[task(version = 2)]
        async fn ids(&self) -> Vec<u32> {
            self.0.step("ids").await;
            vec![9, 8]
        }

        #[depends(id in ids)]
        #[task(remote)]
        pub(crate) async fn pages(&self, id: u32) -> Result<u32, String> {
            load(&self.0, id).await
        }

        #[depends(page in pages)]
        #[task(remote)]
        async fn rows(&self, page: u32) -> u32 {
            step(&self.0, "row").await;
            page + 1
        }

        #[depends(rows)]
        pub(crate) async fn total(&self, rows: &[u32]) -> u32 {
            self.0.step("total").await;
            rows.iter().sum()
        }
    }
}

/// Serves a version, if it is one of this name.
pub(crate) fn serve(version: &str, orders: &Orders) -> Option<Deployment> {
    let orders = orders.clone();
    Some(match version {
        "far spread" => adagio_restate::serve(move |count| far::Spread(orders.clone(), count)),
        "pages of the far spread" => {
            adagio_restate::serve_tasks(&["pages"], move |count| far::Spread(orders.clone(), count))
        }
        "limited spread" => adagio_restate::serve(move |count| limited::Spread(orders.clone(), count)),
        "near spread" => adagio_restate::serve(move |count| near::Spread(orders.clone(), count)),
        "whole spread" => adagio_restate::serve(move |count| whole::Spread(orders.clone(), count)),
        "narrow spread" => adagio_restate::serve(move |count| narrow::Spread(orders.clone(), count)),
        "second spread" => adagio_restate::serve(move |count| second::Spread(orders.clone(), count)),
        "fewer spread" => adagio_restate::serve(move |count| fewer::Spread(orders.clone(), count)),
        _ => return None,
    })
}

pub(crate) async fn report(admin: &str, invocation: &str) -> Result<Timeline, AdminError> {
    adagio_restate::report::<far::Spread>(admin, invocation).await
}
