//! What is dropped, and how often: when the future of a call is dropped at any poll, and when an element fails or panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;

use crate::common::{Driven, yield_once};
use crate::counted::{Counted, Counts};

/// Elements that are counted, made from ids that are counted.
#[derive(Default)]
struct Shop {
    count: usize,
    counts: Counts,
    bodies: AtomicUsize,
    fails_at: Option<usize>,
    panics_at: Option<usize>,
    next_panics_at: Option<usize>,
}

/// A collection whose iterator panics.
struct Ids(Vec<usize>, Option<usize>);

impl<'i> IntoIterator for &'i Ids {
    type Item = &'i usize;
    type IntoIter = Box<dyn Iterator<Item = &'i usize> + Send + 'i>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.0.iter().inspect(|id| assert_ne!(Some(**id), self.1, "no more ids")))
    }
}

struct Body<'s>(&'s Shop);

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

#[dag]
impl Shop {
    fn ids(&self) -> Ids {
        Ids((0..self.count).collect(), self.next_panics_at)
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 40)]
    async fn pages(&self, id: &usize) -> Result<Counted, String> {
        self.bodies.fetch_add(1, Ordering::SeqCst);
        let _body = Body(self);
        for _ in 0..*id % 3 {
            yield_once().await;
        }
        assert_ne!(Some(*id), self.panics_at, "the page is lost");
        if Some(*id) == self.fails_at { Err(format!("page {id}")) } else { Ok(self.counts.value()) }
    }

    #[depends(page in pages_alone)]
    fn again(&self, page: &Counted) -> Counted {
        page.clone()
    }

    #[depends(pages)]
    fn pages_alone(&self, pages: Vec<Counted>) -> Vec<Counted> {
        pages
    }
}

impl Shop {
    fn of(count: usize) -> Self {
        Self { count, ..Self::default() }
    }

    fn assert_nothing_is_left(&self) {
        assert_eq!((self.counts.alive(), self.bodies.load(Ordering::SeqCst)), (0, 0));
    }
}

#[test]
fn a_call_that_is_dropped_at_any_poll_leaves_nothing() {
    for count in [0, 1, 5, 64, 65, 100] {
        let polls = {
            let shop = Shop::of(count);
            let mut driven = Driven::new(shop.again());
            let mut polls = 1;
            while driven.poll().is_pending() {
                polls += 1;
            }
            polls
        };
        for polls in 0..=polls {
            let shop = Shop::of(count);
            let mut driven = Driven::new(shop.again());
            for _ in 0..polls {
                drop(driven.poll());
            }
            drop(driven);
            shop.assert_nothing_is_left();
        }
    }
}

#[test]
fn the_results_move_to_their_last_reader() {
    let shop = Shop::of(10);
    let pages = Driven::new(shop.pages_alone()).run().unwrap();
    assert_eq!((pages.len(), shop.counts.clones(), shop.counts.alive()), (10, 0, 10));
    drop(pages);
    shop.assert_nothing_is_left();
}

#[test]
fn a_failure_drops_the_other_bodies_at_once() {
    for fails_at in [0, 1, 50, 99] {
        let shop = Shop { fails_at: Some(fails_at), ..Shop::of(100) };
        let mut driven = Driven::new(shop.pages());
        assert!(driven.run().is_err_and(|error| error == format!("page {fails_at}")));
        shop.assert_nothing_is_left();
    }
}

#[test]
fn a_failure_in_a_run_drops_the_other_bodies_and_keeps_the_results() {
    let shop = Shop { fails_at: Some(60), ..Shop::of(100) };
    let run = shop.run();
    let error = Driven::new(run.again()).run().err().unwrap();
    assert_eq!((error.to_string().as_str(), error.index()), ("task `pages[60]` failed", Some(60)));
    assert_eq!(shop.bodies.load(Ordering::SeqCst), 0);
    assert!(shop.counts.alive() > 30);
    drop(run);
    shop.assert_nothing_is_left();
}

#[test]
fn a_body_or_an_iterator_that_panics_leaves_nothing() {
    for place in [0, 1, 50, 99] {
        for shop in
            [Shop { panics_at: Some(place), ..Shop::of(100) }, Shop { next_panics_at: Some(place), ..Shop::of(100) }]
        {
            let mut driven = Driven::new(shop.again());
            assert!(catch_unwind(AssertUnwindSafe(|| drop(driven.run()))).is_err());
            drop(driven);
            shop.assert_nothing_is_left();
        }
    }
}
