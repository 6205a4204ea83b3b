//! Seven tasks, all in this process or each as a separate call.

use adagio::dag;
use adagio_restate::Deployment;

use crate::Orders;

macro_rules! diamond {
    ($name:ident, $(#[$place:meta])*) => {
        pub(crate) struct $name {
            start: u64,
            orders: Orders,
        }

        #[dag(durable)]
        impl $name {
            $(#[$place])*
            async fn a(&self) -> u64 {
                self.orders.step("a").await;
                self.start
            }

            #[depends(a)]
            $(#[$place])*
            async fn b(&self, a: u64) -> u64 {
                self.orders.step("b").await;
                a + 1
            }

            $(#[$place])*
            async fn c(&self) -> u64 {
                self.orders.step("c").await;
                3
            }

            #[depends(b, c)]
            $(#[$place])*
            async fn d(&self, b: u64, c: u64) -> u64 {
                self.orders.step("d").await;
                b + c
            }

            #[depends(d)]
            $(#[$place])*
            async fn e(&self, d: u64) -> u64 {
                self.orders.step("e").await;
                d + 1
            }

            #[depends(c, d)]
            $(#[$place])*
            async fn f(&self, c: u64, d: u64) -> u64 {
                self.orders.step("f").await;
                c + d
            }

            #[depends(e, f)]
            $(#[$place])*
            pub(crate) async fn g(&self, e: u64, f: u64) -> u64 {
                self.orders.step("g").await;
                e * f
            }
        }
    };
}

diamond!(Diamond,);
diamond!(RemoteDiamond, #[task(remote)]);

pub(crate) fn serve(deployment: Deployment, orders: &Orders) -> Deployment {
    let (local, remote) = (orders.clone(), orders.clone());
    deployment
        .serve(move |start| Diamond { start, orders: local.clone() })
        .serve(move |start| RemoteDiamond { start, orders: remote.clone() })
}

/// Serves only the tasks of the remote diamond.
pub(crate) fn serve_tasks(deployment: Deployment, orders: &Orders) -> Deployment {
    let orders = orders.clone();
    let tasks = ["a", "b", "c", "d", "e", "f", "g"];
    deployment.serve_tasks(&tasks, move |start| RemoteDiamond { start, orders: orders.clone() })
}
