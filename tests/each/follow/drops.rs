//! What is dropped, and how often, when one task runs for each result of another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use adagio::dag;

use crate::common::{Driven, yield_once};
use crate::counted::{Counted, Counts};

/// Where something panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Next,
    Page,
    Row,
    /// While the body of a row is dropped that has not ended.
    RowDrop,
    Mark,
}

/// Pages and rows that are counted.
#[derive(Default)]
struct Shop {
    count: usize,
    counts: Counts,
    bodies: AtomicUsize,
    fails_at: Option<(At, usize)>,
    panics_at: Option<(At, usize)>,
}

/// A collection whose iterator panics after the elements have been counted.
#[allow(clippy::struct_field_names)]
struct Ids {
    ids: Vec<usize>,
    panics_at: Option<usize>,
    iterators: AtomicUsize,
}

impl<'i> IntoIterator for &'i Ids {
    type Item = &'i usize;
    type IntoIter = Box<dyn Iterator<Item = &'i usize> + Send + 'i>;

    fn into_iter(self) -> Self::IntoIter {
        let panics_at = self.panics_at.filter(|_| self.iterators.fetch_add(1, Ordering::SeqCst) > 0);
        Box::new(self.ids.iter().inspect(move |id| assert_ne!(Some(**id), panics_at, "no more ids")))
    }
}

struct Body<'s>(&'s Shop, Option<usize>);

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Ordering::SeqCst);
        if let Some(id) = self.1.filter(|_| !std::thread::panicking()) {
            self.0.panic_at(At::RowDrop, id);
        }
    }
}

/// A result with the number of its element.
struct Item(usize, #[allow(dead_code, reason = "it counts")] Counted);

impl Shop {
    fn of(count: usize) -> Self {
        Self { count, ..Self::default() }
    }

    fn begin(&self, row: Option<usize>) -> Body<'_> {
        self.bodies.fetch_add(1, Ordering::SeqCst);
        Body(self, row)
    }

    fn panic_at(&self, at: At, id: usize) {
        assert_ne!(Some((at, id)), self.panics_at, "it is lost");
    }

    fn end(&self, at: At, id: usize) -> Result<Item, String> {
        self.panic_at(at, id);
        if Some((at, id)) == self.fails_at { Err(format!("{at:?} {id}")) } else { Ok(Item(id, self.counts.value())) }
    }

    fn assert_nothing_is_left(&self) {
        assert_eq!((self.counts.alive(), self.bodies.load(Ordering::SeqCst)), (0, 0));
    }
}

#[dag]
impl Shop {
    fn ids(&self) -> Ids {
        let panics_at = self.panics_at.filter(|(at, _)| *at == At::Next);
        let panics_at = panics_at.map(|(_, id)| id);
        Ids { ids: (0..self.count).collect(), panics_at, iterators: AtomicUsize::new(0) }
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 40)]
    async fn pages(&self, id: &usize) -> Result<Item, String> {
        let _body = self.begin(None);
        for _ in 0..*id % 3 {
            yield_once().await;
        }
        self.end(At::Page, *id)
    }

    #[depends(page in pages)]
    #[task(max_concurrency = 3)]
    async fn rows(&self, page: &Item) -> Result<Item, String> {
        let mut body = self.begin(Some(page.0));
        for _ in 0..page.0 % 4 {
            yield_once().await;
        }
        body.1 = None;
        self.end(At::Row, page.0)
    }

    #[depends(row in rows)]
    fn marks(&self, row: &Item) -> Result<Item, String> {
        self.end(At::Mark, row.0)
    }

    #[depends(pages, rows, marks)]
    fn all_pages(&self, pages: &[Item], rows: &[Item], marks: &[Item]) -> bool {
        let numbers = |items: &[Item]| items.iter().map(|item| item.0).collect::<Vec<_>>();
        numbers(pages) == numbers(rows) && numbers(rows) == numbers(marks)
    }
}

#[test]
fn a_call_that_is_dropped_at_any_poll_leaves_nothing() {
    for count in [0, 1, 5, 65] {
        let shop = Shop::of(count);
        let mut driven = Driven::new(shop.all_pages());
        let mut polls = 1;
        while driven.poll().is_pending() {
            polls += 1;
        }
        for polls in 0..polls {
            let shop = Shop::of(count);
            let mut driven = Driven::new(shop.marks());
            (0..polls).for_each(|_| drop(driven.poll()));
            drop(driven);
            shop.assert_nothing_is_left();
            let run = shop.run();
            let mut driven = Driven::new(run.all_pages());
            (0..polls).for_each(|_| drop(driven.poll()));
            drop(driven);
            drop(run);
            shop.assert_nothing_is_left();
        }
    }
}

#[test]
fn a_terminal_drops_the_stages_that_it_does_not_return() {
    let shop = Shop::of(10);
    assert!(Driven::new(shop.all_pages()).run().unwrap());
    shop.assert_nothing_is_left();
    let rows = Driven::new(shop.rows()).run().unwrap();
    assert_eq!((rows.len(), shop.counts.alive()), (10, 10));
    drop(rows);
    shop.assert_nothing_is_left();
}

#[test]
fn a_failure_of_any_stage_leaves_nothing() {
    for at in [At::Page, At::Row, At::Mark] {
        for id in [0, 1, 50, 99] {
            let shop = Shop { fails_at: Some((at, id)), ..Shop::of(100) };
            assert_eq!(Driven::new(shop.all_pages()).run(), Err(format!("{at:?} {id}")));
            shop.assert_nothing_is_left();
            let run = shop.run();
            assert_eq!(Driven::new(run.all_pages()).run().unwrap_err().index(), Some(id));
            drop(run);
            shop.assert_nothing_is_left();
        }
    }
}

#[test]
fn a_panic_anywhere_leaves_nothing() {
    for at in [At::Next, At::Page, At::Row, At::Mark] {
        for id in [0, 1, 50, 99] {
            let shop = Shop { panics_at: Some((at, id)), ..Shop::of(100) };
            let mut driven = Driven::new(shop.all_pages());
            assert!(catch_unwind(AssertUnwindSafe(|| drop(driven.run()))).is_err(), "{at:?} {id}");
            drop(driven);
            shop.assert_nothing_is_left();
            let run = shop.run();
            let mut driven = Driven::new(run.all_pages());
            assert!(catch_unwind(AssertUnwindSafe(|| drop(driven.run()))).is_err(), "{at:?} {id}");
            drop(driven);
            drop(run);
            shop.assert_nothing_is_left();
        }
    }
}

#[test]
fn a_panic_of_a_body_that_is_dropped_after_a_failure_leaves_nothing() {
    let mut panics = 0;
    for id in 0..60 {
        let shop = Shop { fails_at: Some((At::Page, 59)), panics_at: Some((At::RowDrop, id)), ..Shop::of(60) };
        let mut driven = Driven::new(shop.all_pages());
        panics += usize::from(catch_unwind(AssertUnwindSafe(|| drop(driven.run()))).is_err());
        panics += usize::from(catch_unwind(AssertUnwindSafe(|| drop(driven))).is_err());
        shop.assert_nothing_is_left();
    }
    assert!(panics > 0);
}
