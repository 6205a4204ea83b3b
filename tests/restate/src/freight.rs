//! A graph with remote tasks, in several versions of one program.

use adagio_restate::Deployment;

use crate::Orders;

/// Makes a module of a version.
macro_rules! version {
    ($(#[$doc:meta])* $version:ident { $($tasks:tt)* }) => {
        $(#[$doc])*
        mod $version {
            use adagio::dag;

            use crate::Orders;

            pub(super) struct Freight(pub(super) Orders);

            impl Freight {
                async fn step<T>(&self, task: &str, result: T) -> T {
                    self.0.step(task).await;
                    result
                }
            }

            #[dag(durable)]
            impl Freight {
                $($tasks)*
            }
        }
    };
}

version! {
    /// The program when the run begins.
    first {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.step("truck", 2).await
        }

        #[task(remote)]
        async fn route(&self) -> u32 {
            self.step("route", 3).await
        }

        #[depends(truck, route)]
        pub(crate) fn load(&self, truck: u32, route: u32) -> u32 {
            truck + route
        }
    }
}

version! {
    /// A task was added before the others.
    later {
        #[task(remote)]
        async fn driver(&self) -> u32 {
            self.step("driver", 100).await
        }

        #[depends(driver)]
        #[task(remote)]
        async fn truck(&self, driver: u32) -> u32 {
            self.step("truck", 20 + driver).await
        }

        #[task(remote)]
        async fn route(&self) -> u32 {
            self.step("route", 30).await
        }

        #[depends(driver, truck, route)]
        pub(crate) fn load(&self, driver: u32, truck: u32, route: u32) -> u32 {
            driver + truck + route
        }
    }
}

version! {
    /// `route` has another name.
    renamed {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[task(remote)]
        async fn way(&self) -> u32 {
            self.step("way", 300).await
        }

        #[depends(truck, way)]
        pub(crate) fn load(&self, truck: u32, way: u32) -> u32 {
            truck + way
        }
    }
}

version! {
    /// `route` was removed, and nothing is remote any more.
    removed {
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[depends(truck)]
        async fn trailer(&self, truck: u32) -> u32 {
            self.step("trailer", truck + 1_000).await
        }

        #[depends(truck, trailer)]
        pub(crate) fn load(&self, truck: u32, trailer: u32) -> u32 {
            truck + trailer
        }
    }
}

version! {
    /// `route` was removed, nothing is remote any more, and two tasks were added.
    gated {
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[depends(truck)]
        async fn trailer(&self, truck: u32) -> u32 {
            self.step("trailer", truck + 1_000).await
        }

        #[depends(trailer)]
        async fn gate(&self, trailer: u32) -> u32 {
            self.step("gate", trailer).await
        }

        #[depends(gate)]
        pub(crate) fn load(&self, gate: u32) -> u32 {
            gate
        }
    }
}

version! {
    /// The same, with a remote task.
    far_gated {
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[depends(truck)]
        async fn trailer(&self, truck: u32) -> u32 {
            self.step("trailer", truck + 2_000).await
        }

        #[depends(trailer)]
        #[task(remote)]
        async fn gate(&self, trailer: u32) -> u32 {
            self.step("gate", trailer).await
        }

        #[depends(gate)]
        pub(crate) fn load(&self, gate: u32) -> u32 {
            gate
        }
    }
}

version! {
    /// `truck` returns a text.
    retyped {
        #[task(remote)]
        async fn truck(&self) -> String {
            self.step("truck", "a truck".to_owned()).await
        }

        #[task(remote)]
        async fn route(&self) -> u32 {
            self.step("route", 30).await
        }

        #[depends(truck, route)]
        pub(crate) fn load(&self, truck: &str, route: u32) -> String {
            format!("{truck} {route}")
        }
    }
}

version! {
    /// `truck` returns a text, and says so.
    second {
        #[task(remote, version = 2)]
        async fn truck(&self) -> String {
            self.step("truck", "a truck".to_owned()).await
        }

        #[task(remote)]
        async fn route(&self) -> u32 {
            self.step("route", 30).await
        }

        #[depends(truck, route)]
        pub(crate) fn load(&self, truck: &str, route: u32) -> String {
            format!("{truck} {route}")
        }
    }
}

version! {
    /// The goal has another name.
    goalless {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[depends(truck)]
        pub(crate) fn unload(&self, truck: u32) -> u32 {
            truck
        }
    }
}

version! {
    /// Another task waits for `truck`.
    waiting {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.step("truck", 2).await
        }

        #[task(remote)]
        async fn route(&self) -> u32 {
            self.step("route", 3).await
        }

        #[depends(truck)]
        #[task(remote)]
        async fn trailer(&self, truck: u32) -> u32 {
            self.step("trailer", truck).await
        }

        #[depends(trailer, route)]
        pub(crate) fn load(&self, trailer: u32, route: u32) -> u32 {
            trailer + route
        }
    }
}

version! {
    /// That task has another version.
    second_waiting {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[depends(truck)]
        #[task(remote, version = 2)]
        async fn trailer(&self, truck: u32) -> u32 {
            self.step("trailer", truck + 100).await
        }

        #[depends(trailer)]
        pub(crate) fn load(&self, trailer: u32) -> u32 {
            trailer
        }
    }
}

version! {
    /// The goal does not need `route`.
    routeless {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.step("truck", 20).await
        }

        #[task(remote)]
        pub(crate) async fn route(&self) -> u32 {
            self.step("route", 30).await
        }

        #[depends(truck)]
        pub(crate) fn load(&self, truck: u32) -> u32 {
            truck
        }
    }
}

version! {
    /// Nothing is remote yet.
    near {
        async fn truck(&self) -> u32 {
            self.step("truck", 2).await
        }

        async fn route(&self) -> u32 {
            self.step("route", 3).await
        }

        #[depends(truck, route)]
        pub(crate) fn load(&self, truck: u32, route: u32) -> u32 {
            truck + route
        }
    }
}

/// Serves a version, if it is one of this name.
pub(crate) fn serve(version: &str, orders: &Orders) -> Option<Deployment> {
    let orders = orders.clone();
    Some(match version {
        "first freight" => adagio_restate::serve(move |()| first::Freight(orders.clone())),
        "later freight" => adagio_restate::serve(move |()| later::Freight(orders.clone())),
        "renamed freight" => adagio_restate::serve(move |()| renamed::Freight(orders.clone())),
        "removed freight" => adagio_restate::serve(move |()| removed::Freight(orders.clone())),
        "retyped freight" => adagio_restate::serve(move |()| retyped::Freight(orders.clone())),
        "second freight" => adagio_restate::serve(move |()| second::Freight(orders.clone())),
        "goalless freight" => adagio_restate::serve(move |()| goalless::Freight(orders.clone())),
        "waiting freight" => adagio_restate::serve(move |()| waiting::Freight(orders.clone())),
        "second waiting freight" => adagio_restate::serve(move |()| second_waiting::Freight(orders.clone())),
        "routeless freight" => adagio_restate::serve(move |()| routeless::Freight(orders.clone())),
        "gated freight" => adagio_restate::serve(move |()| gated::Freight(orders.clone())),
        "far gated freight" => adagio_restate::serve(move |()| far_gated::Freight(orders.clone())),
        "near freight" => adagio_restate::serve(move |()| near::Freight(orders.clone())),
        // Its input is not that of the others.
        "unreadable freight" => adagio_restate::serve(move |_: u32| first::Freight(orders.clone())),
        _ => return None,
    })
}
