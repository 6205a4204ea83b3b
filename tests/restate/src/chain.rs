//! Twenty tasks in a row, each of which waits a little, for the measurements.

use std::time::Duration;

use adagio::dag;
use adagio_restate::Deployment;

macro_rules! chain {
    ($name:ident, $place:meta, $last:ident, $first:ident $(, $task:ident after $before:ident)*) => {
        struct $name;

        #[dag(durable)]
        impl $name {
            #[$place]
            async fn $first(&self) -> u64 {
                wait().await
            }

            $(
                #[depends($before)]
                #[$place]
                async fn $task(&self, $before: u64) -> u64 {
                    $before + wait().await
                }
            )*

            /// What the whole chain gives.
            #[depends($last)]
            pub(crate) fn length(&self, $last: u64) -> u64 {
                $last
            }

            /// The same without an engine between the tasks.
            pub(crate) async fn in_process(&self) -> u64 {
                Box::pin(self.length()).await
            }
        }
    };
}

macro_rules! twenty {
    ($name:ident, $place:meta) => {
        chain!(
            $name, $place, t, a, b after a, c after b, d after c, e after d, f after e, g after f, h after g, i after h,
            j after i, k after j, l after k, m after l, n after m, o after n, p after o, q after p, r after q,
            s after r, t after s
        );
    };
}

twenty!(Chain, doc = "Waits.");
twenty!(RemoteChain, task(remote));

async fn wait() -> u64 {
    tokio::time::sleep(Duration::from_millis(5)).await;
    1
}

pub(crate) fn serve(deployment: Deployment) -> Deployment {
    deployment.serve(|()| Chain).serve(|()| RemoteChain)
}
