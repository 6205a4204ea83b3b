//! A graph with remote tasks, in two versions of one program.

use adagio_restate::Deployment;

use crate::Orders;

/// The program when the run begins.
mod first {
    use adagio::dag;

    use crate::Orders;

    pub(super) struct Freight(pub(super) Orders);

    #[dag(durable)]
    impl Freight {
        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.0.step("truck").await;
            2
        }

        #[depends(truck)]
        pub(crate) fn load(&self, truck: u32) -> u32 {
            truck + 1
        }
    }
}

/// A task was added before the others.
mod later {
    use adagio::dag;

    use crate::Orders;

    pub(super) struct Freight(pub(super) Orders);

    #[dag(durable)]
    impl Freight {
        #[task(remote)]
        async fn driver(&self) -> u32 {
            self.0.step("driver").await;
            10
        }

        #[task(remote)]
        async fn truck(&self) -> u32 {
            self.0.step("truck").await;
            20
        }

        #[depends(driver, truck)]
        pub(crate) fn load(&self, driver: u32, truck: u32) -> u32 {
            driver + truck
        }
    }
}

/// Serves a version, if it is one of this name.
pub(crate) fn serve(version: &str, orders: &Orders) -> Option<Deployment> {
    let orders = orders.clone();
    match version {
        "first freight" => Some(adagio_restate::serve(move |()| first::Freight(orders.clone()))),
        "later freight" => Some(adagio_restate::serve(move |()| later::Freight(orders.clone()))),
        _ => None,
    }
}
