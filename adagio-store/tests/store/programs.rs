//! The program changes while a run is under way.

use std::error::Error as _;
use std::future::pending;

use adagio::dag;
use adagio::durable::{DurableRun, current};
use adagio_store::{Error, Status, Store, StoredRun};

use super::{Count, soon};

/// The first program: it stops before `ship`.
mod old {
    use super::{dag, pending};

    pub(super) struct Order;

    #[dag(durable)]
    impl Order {
        async fn reserve(&self) -> u32 {
            1
        }

        #[depends(reserve)]
        pub(crate) async fn charge(&self, reserve: u32) -> u32 {
            reserve + 10
        }

        #[depends(charge)]
        pub(crate) async fn ship(&self) -> u32 {
            pending().await
        }
    }
}

/// Leaves a run of the first program with the results of `reserve` and `charge`.
async fn interrupted(store: &Store) {
    let orders = store.graph("order", |(): ()| old::Order);
    let order = orders.start("a", ()).await.unwrap();
    assert_eq!(*soon(order.charge()).await.unwrap(), 11);
    orders.cancel("a").await.unwrap();
    soon(StoredRun::ended(&order)).await;
}

macro_rules! program {
    ($name:ident { $($block:tt)* }) => {
        struct $name(Count);

        #[dag(durable)]
        impl $name {
            $($block)*
        }
    };
}

program! { Added {
    async fn check(&self) -> u32 {
        self.0.add();
        100
    }

    #[depends(check)]
    async fn reserve(&self) -> u32 {
        unreachable!("it is stored")
    }

    #[depends(reserve, check)]
    async fn charge(&self) -> u32 {
        unreachable!("it is stored, and a task before it charges nobody again")
    }

    #[depends(charge, check)]
    pub(crate) async fn ship(&self, charge: u32, check: u32) -> u32 {
        charge + check
    }
} }

#[tokio::test]
async fn a_task_added_early_runs_alone() {
    let store = Store::in_memory().await.unwrap();
    interrupted(&store).await;
    let count = Count::default();
    let orders = store.graph("order", {
        let count = count.clone();
        move |(): ()| Added(count.clone())
    });
    assert_eq!(*soon(orders.retry("a").await.unwrap().ship()).await.unwrap(), 111);
    assert_eq!(count.get(), 1);
}

program! { Renamed {
    async fn reserve(&self) -> u32 {
        unreachable!("it is stored")
    }

    #[depends(reserve)]
    async fn bill(&self, reserve: u32) -> u32 {
        self.0.add();
        reserve + 20
    }

    #[depends(bill)]
    pub(crate) async fn ship(&self, bill: u32) -> u32 {
        bill
    }
} }

#[tokio::test]
async fn a_renamed_task_runs_and_its_old_result_is_ignored() {
    let store = Store::in_memory().await.unwrap();
    interrupted(&store).await;
    let count = Count::default();
    let orders = store.graph("order", {
        let count = count.clone();
        move |(): ()| Renamed(count.clone())
    });
    assert_eq!(*soon(orders.retry("a").await.unwrap().ship()).await.unwrap(), 21);
    assert_eq!(count.get(), 1);
}

program! { Moved {
    #[depends(charge)]
    pub(crate) async fn ship(&self, charge: u32) -> u32 {
        self.0.add();
        charge
    }

    async fn charge(&self) -> u32 {
        unreachable!("it is stored")
    }
} }

#[tokio::test]
async fn a_moved_task_keeps_its_result_and_a_removed_one_is_not_missed() {
    let store = Store::in_memory().await.unwrap();
    interrupted(&store).await;
    let orders = store.graph("order", |(): ()| Moved(Count::default()));
    let order = orders.retry("a").await.unwrap();
    assert_eq!(*soon(order.ship()).await.unwrap(), 11);
    assert_eq!(soon(StoredRun::ended(&order)).await, Status::Done);
}

program! { Retyped {
    pub(crate) async fn charge(&self) -> Vec<String> {
        self.0.add();
        Vec::new()
    }
} }

program! { Raised {
    async fn reserve(&self) -> u32 {
        unreachable!("it is stored")
    }

    #[depends(reserve)]
    #[task(version = 2)]
    async fn charge(&self) -> Vec<String> {
        self.0.add();
        vec!["paid".to_owned()]
    }

    #[depends(charge)]
    pub(crate) async fn ship(&self, charge: &[String]) -> usize {
        charge.len()
    }
} }

#[tokio::test]
async fn a_result_of_another_type_is_an_error_that_a_version_heals() {
    let store = Store::in_memory().await.unwrap();
    interrupted(&store).await;
    let orders = store.graph("order", |(): ()| Retyped(Count::default()));
    for _ in 0..2 {
        let error = orders.retry("a").await.unwrap_err();
        assert!(matches!(&error, Error::Result { source, .. } if source.task() == "charge"), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the stored result of `charge` in the run `a` is no result of that task any more: if its type has \
             changed, raise the `version` of the task"
        );
    }
    let listed = store.list(0, 1).await.unwrap().remove(0);
    assert_eq!(listed.status, Status::Cancelled, "the run is as it was before the retries");
    assert!(listed.ended.is_some());
    drop(orders);
    let count = Count::default();
    let orders = store.graph("order", {
        let count = count.clone();
        move |(): ()| Raised(count.clone())
    });
    assert_eq!(*soon(orders.retry("a").await.unwrap().ship()).await.unwrap(), 1);
    assert_eq!(count.get(), 1);
}

/// The stored result of `reserve` is one of version 1.
mod later {
    use super::dag;

    pub(super) struct Order;

    #[dag(durable)]
    impl Order {
        #[task(version = 2)]
        pub(crate) async fn reserve(&self) -> String {
            "shelf 1".to_owned()
        }

        #[depends(reserve)]
        pub(crate) async fn charge(&self, reserve: &str) -> usize {
            reserve.len()
        }

        pub(crate) async fn check(&self) -> u32 {
            7
        }
    }
}

/// All tasks of this program end.
mod short {
    use super::dag;

    pub(super) struct Order;

    #[dag(durable)]
    impl Order {
        async fn reserve(&self) -> u32 {
            1
        }

        #[depends(reserve)]
        pub(crate) async fn charge(&self, reserve: u32) -> u32 {
            reserve
        }

        pub(crate) async fn check(&self) -> u32 {
            7
        }
    }
}

#[tokio::test]
async fn a_run_that_has_ended_has_no_results_of_another_version() {
    let store = Store::in_memory().await.unwrap();
    let orders = store.graph("order", |(): ()| short::Order);
    soon(StoredRun::ended(&orders.start("a", ()).await.unwrap())).await;
    drop(orders);
    let orders = store.graph("order", |(): ()| later::Order);
    let order = orders.get("a").await.unwrap().unwrap();
    assert_eq!(StoredRun::status(&order), Status::Done);
    assert_eq!(*order.check().await.unwrap(), 7);
    for error in [order.reserve().await.unwrap_err(), order.charge().await.unwrap_err()] {
        let text = error.source().unwrap().to_string();
        assert_eq!(text, "the run has ended without a result of this version of the task");
    }
    drop((order, orders));
    let orders = store.graph("order", |(): ()| short::Order);
    let order = orders.get("a").await.unwrap().unwrap();
    assert_eq!(*order.charge().await.unwrap(), 1, "the file still has it");
}

struct Refused(Count);

#[dag(durable)]
impl Refused {
    #[task(retry = 2, backoff = "1h..1h")]
    pub(crate) async fn charge(&self) -> Result<u32, String> {
        self.0.add();
        Err("busy".to_owned())
    }
}

struct Accepted;

#[dag(durable)]
impl Accepted {
    #[task(retry = 2, backoff = "1h..1h", version = 2)]
    pub(crate) async fn charge(&self) -> Result<u32, String> {
        Ok(current().map_or(0, |current| current.attempt()))
    }
}

#[tokio::test]
async fn attempts_of_another_version_do_not_count() {
    let store = Store::in_memory().await.unwrap();
    let count = Count::default();
    let orders = store.graph("order", {
        let count = count.clone();
        move |(): ()| Refused(count.clone())
    });
    let early = orders.start("a", ()).await.unwrap();
    soon(async {
        while count.get() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(orders);
    let orders = store.graph("order", |(): ()| Accepted);
    let order = soon(orders.get("a")).await.unwrap().unwrap();
    assert_eq!(*soon(order.charge()).await.unwrap(), 1, "it waits no hour, and this is its first attempt");
    drop(early);
}

#[tokio::test]
#[should_panic(expected = "no task is called `shipp`")]
async fn a_goal_that_the_graph_does_not_have_is_a_mistake() {
    let store = Store::in_memory().await.unwrap();
    let order = store.graph("order", |(): ()| short::Order).start("a", ()).await.unwrap();
    _ = order.result("shipp").await;
}

// The task that failed is not in this program.
program! { Later {
    pub(crate) async fn reserve(&self) -> u32 {
        self.0.add()
    }
} }

#[tokio::test]
async fn a_run_whose_failed_task_was_removed_names_the_graph() {
    let store = Store::in_memory().await.unwrap();
    let orders = store.graph("order", |(): ()| Failing);
    assert_eq!(soon(StoredRun::ended(&orders.start("a", ()).await.unwrap())).await, Status::Failed);
    drop(orders);
    let orders = store.graph("order", |(): ()| Later(Count::default()));
    let error = orders.get("a").await.unwrap().unwrap().reserve().await.unwrap_err();
    assert_eq!((error.task(), error.source().unwrap().to_string().as_str()), ("Later", "no money"));
    assert_eq!(*soon(orders.retry("a").await.unwrap().reserve()).await.unwrap(), 1);
}

struct Failing;

#[dag(durable)]
impl Failing {
    pub(crate) async fn charge(&self) -> Result<u32, String> {
        Err("no money".to_owned())
    }
}
