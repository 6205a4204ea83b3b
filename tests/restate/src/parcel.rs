//! A graph in four versions of one program, which takes up what another version began.

/// The program when the run begins.
pub(crate) mod first {
    use adagio::dag;

    use crate::Orders;

    pub(crate) struct Parcel(pub(crate) Orders);

    #[dag(durable)]
    impl Parcel {
        async fn address(&self) -> String {
            self.0.step("address").await;
            "a street".to_owned()
        }

        async fn weight(&self) -> u32 {
            self.0.step("weight").await;
            3
        }

        async fn stamp(&self) -> u32 {
            self.0.step("stamp").await;
            4
        }

        #[depends(address, weight, stamp)]
        async fn pack(&self, address: &str, weight: u32, stamp: u32) -> String {
            self.0.step("pack").await;
            format!("{address} {}", weight + stamp)
        }

        #[depends(pack)]
        pub(crate) fn send(&self, pack: &str) -> String {
            pack.to_owned()
        }
    }
}

/// A task was added before the others, `weight` was renamed, and `stamp` removed.
pub(crate) mod moved {
    use adagio::dag;

    use crate::Orders;

    pub(crate) struct Parcel(pub(crate) Orders);

    #[dag(durable)]
    impl Parcel {
        async fn early(&self) -> u32 {
            self.0.step("early").await;
            1
        }

        #[depends(early)]
        async fn address(&self, early: u32) -> String {
            self.0.step("address").await;
            format!("street {early}")
        }

        async fn grams(&self) -> u32 {
            self.0.step("grams").await;
            3_000
        }

        #[depends(address, grams, early)]
        async fn pack(&self, address: &str, grams: u32, early: u32) -> String {
            self.0.step("pack").await;
            format!("{address} {}", grams + early)
        }

        #[depends(pack)]
        pub(crate) fn send(&self, pack: &str) -> String {
            pack.to_owned()
        }
    }
}

macro_rules! retyped {
    ($name:ident, $($version:meta)?) => {
        pub(crate) mod $name {
            use adagio::dag;

            use crate::Orders;

            pub(crate) struct Parcel(pub(crate) Orders);

            #[dag(durable)]
            impl Parcel {
                $(#[$version])?
                async fn address(&self) -> Vec<String> {
                    self.0.step("address").await;
                    vec!["a street".to_owned(), "a town".to_owned()]
                }

                async fn weight(&self) -> u32 {
                    self.0.step("weight").await;
                    3
                }

                async fn stamp(&self) -> u32 {
                    self.0.step("stamp").await;
                    4
                }

                #[depends(address, weight, stamp)]
                async fn pack(&self, address: &[String], weight: u32, stamp: u32) -> String {
                    self.0.step("pack").await;
                    format!("{} {}", address.join(", "), weight + stamp)
                }

                #[depends(pack)]
                pub(crate) fn send(&self, pack: &str) -> String {
                    pack.to_owned()
                }
            }
        }
    };
}

retyped!(retyped,);
retyped!(second, task(version = 2));

/// Serves a version, if it is one of this name.
pub(crate) fn serve(version: &str, orders: &crate::Orders) -> Option<adagio_restate::Deployment> {
    let orders = orders.clone();
    match version {
        "first" => Some(adagio_restate::serve(move |()| first::Parcel(orders.clone()))),
        "moved" => Some(adagio_restate::serve(move |()| moved::Parcel(orders.clone()))),
        "retyped" => Some(adagio_restate::serve(move |()| retyped::Parcel(orders.clone()))),
        "second" => Some(adagio_restate::serve(move |()| second::Parcel(orders.clone()))),
        _ => None,
    }
}
