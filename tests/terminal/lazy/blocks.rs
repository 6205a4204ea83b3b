//! Generic blocks and blocks of one thread.

use std::rc::Rc;

use adagio::{Lazy, dag};

use crate::common::{Stage, now};

/// Values that stay on their thread.
struct Local(Rc<Stage>);

#[dag(local)]
impl Local {
    async fn rates(&self) -> Rc<u32> {
        self.0.act("rates").await;
        Rc::new(3)
    }

    #[depends(lazy rates)]
    async fn price(&self, rates: Lazy<'_, Rc<u32>>) -> u32 {
        **rates.await
    }
}

#[test]
fn what_is_lazy_may_stay_on_its_thread() {
    let stage = Rc::new(Stage::default());
    stage.open("rates");
    let local = Local(Rc::clone(&stage));
    assert_eq!(now(local.price()), 3);
    assert_eq!(*now(local.run().price()), 3);
}

struct Generic<T>(T);

#[dag]
impl<T: Clone + Send + Sync> Generic<T> {
    async fn value(&self) -> Vec<T> {
        vec![self.0.clone()]
    }

    async fn borrowed(&self) -> &T {
        &self.0
    }

    #[depends(lazy value, lazy borrowed)]
    async fn length(&self, value: Lazy<'_, Vec<T>>, borrowed: Lazy<'_, &T>) -> usize {
        let _: &T = *borrowed.await;
        value.await.len()
    }
}

#[test]
fn a_generic_block_may_have_lazy_dependencies() {
    assert_eq!(now(Generic("a").length()), 1);
    assert_eq!(*now(Generic(2).run().length()), 1);
}
