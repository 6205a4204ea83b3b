//! Tasks that run for each result of another such task: when their bodies start, who gets slots, and what remains after
//! a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use adagio::{TaskError, dag};

use crate::common::{Driven, now};
use crate::gates::Gates;
use crate::runs::Log;

mod caught;
mod drops;
mod kinds;
mod width;

/// Pages, of which one may fail, rows of each page, and marks of each row. Gates are numbered by hundreds.
#[derive(Default)]
struct Site {
    gates: Gates,
    is_page_broken: AtomicBool,
    is_row_broken: AtomicBool,
}

#[dag]
impl Site {
    fn ids(&self) -> [usize; 4] {
        [0, 1, 2, 3]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> Result<String, String> {
        self.gates.act("p", id).await;
        let is_broken = id == 2 && self.is_page_broken.load(Ordering::SeqCst);
        if is_broken { Err("broken".to_owned()) } else { Ok(id.to_string()) }
    }

    async fn shop(&self) -> usize {
        self.gates.act("s", 1_000).await;
        100
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &str) -> Result<usize, String> {
        let id = page.parse().unwrap();
        self.gates.act("r", 100 + id).await;
        let is_broken = id == 1 && self.is_row_broken.load(Ordering::SeqCst);
        if is_broken { Err("no rows".to_owned()) } else { Ok(id) }
    }

    #[depends(row in rows)]
    fn marks(&self, row: usize) -> usize {
        self.gates.log(format!("mark {row}"));
        row * 10
    }

    #[depends(page in pages, shop)]
    async fn priced(&self, page: String, shop: &usize) -> usize {
        self.gates.log(format!("price {page}"));
        page.len() + shop
    }

    #[depends(pages, rows, marks)]
    fn sum(&self, pages: &[String], rows: &[usize], marks: &[usize]) -> usize {
        pages.len() + rows.iter().sum::<usize>() + marks.iter().sum::<usize>()
    }

    #[depends(catch marks)]
    fn report(&self, marks: Result<&[usize], TaskError>) -> String {
        marks.map_or_else(|error| error.to_string(), |marks| format!("{marks:?}"))
    }
}

fn after<T>(site: &Site, driven: &mut Driven<'_, T>, open: impl IntoIterator<Item = usize>) -> Vec<String> {
    site.gates.open(open);
    drop(driven.poll());
    site.gates.events()
}

#[test]
fn a_body_starts_in_the_poll_in_which_its_element_is_there() {
    let site = Site::default();
    let mut driven = Driven::new(site.sum());
    assert!(driven.poll().is_pending());
    assert_eq!(site.gates.events(), ["start p0", "start p1", "start p2", "start p3"]);
    assert_eq!(after(&site, &mut driven, [2]), ["end p2", "start r102"]);
    assert_eq!(after(&site, &mut driven, [0, 100]), ["end p0", "start r100", "end r100", "mark 0"]);
    assert_eq!(after(&site, &mut driven, [102, 103]), ["end r102", "mark 2"]);
    assert_eq!(after(&site, &mut driven, [3]), ["end p3", "start r103", "end r103", "mark 3"]);
    site.gates.open([1, 101]);
    assert_eq!(driven.poll(), Poll::Ready(Ok(4 + 6 + 60)));
    assert_eq!(site.gates.events(), ["end p1", "start r101", "end r101", "mark 1"]);
}

#[test]
fn a_follower_waits_for_its_other_dependencies_first() {
    let site = Site::default();
    let mut driven = Driven::new(site.priced());
    assert!(driven.poll().is_pending());
    assert_eq!(after(&site, &mut driven, [1, 3]).len(), 5 + 2);
    assert_eq!(after(&site, &mut driven, [1_000]), ["end s1000", "price 1", "price 3"]);
    assert_eq!(after(&site, &mut driven, [0]), ["end p0", "price 0"]);
    site.gates.open([2]);
    assert_eq!(driven.poll(), Poll::Ready(Ok(vec![101; 4])));
}

#[test]
fn a_failure_drops_the_bodies_of_all_stages_in_a_call() {
    let site = Site { is_page_broken: AtomicBool::new(true), ..Site::default() };
    let mut driven = Driven::new(site.sum());
    assert!(driven.poll().is_pending());
    assert_eq!(after(&site, &mut driven, [0]).last().unwrap(), "start r100");
    site.gates.open([2]);
    assert_eq!(driven.poll(), Poll::Ready(Err("broken".to_owned())));
    assert_eq!(site.gates.events(), ["end p2", "drop p1", "drop p3", "drop r100"]);
}

#[test]
fn the_started_bodies_of_a_follower_go_on_in_a_run() {
    let site = Site { is_page_broken: AtomicBool::new(true), ..Site::default() };
    let log = Arc::new(Log::default());
    let run = site.run().observe(Arc::clone(&log));
    let mut driven = Driven::new(run.rows());
    let mut shop = Driven::new(run.shop());
    driven.settle();
    site.gates.open([0, 1]);
    driven.settle();
    drop((site.gates.events(), log.events()));
    site.gates.open([2]);
    let error = driven.run().unwrap_err();
    assert_eq!((error.to_string().as_str(), error.index()), ("task `pages[2]` failed", Some(2)));
    assert_eq!(site.gates.events(), ["end p2", "drop p3"]);
    let failed = "task `pages[2]` failed";
    let expected = [&format!("fail pages[2]: {failed}"), "Cancelled pages[3]", &format!("fail pages: {failed}")];
    assert_eq!(log.events(), expected);
    // The one that still waits drives the bodies, and none starts any more.
    shop.settle();
    site.gates.open([100]);
    shop.settle();
    assert_eq!(site.gates.events(), ["start s1000", "end r100"]);
    site.gates.open([101]);
    shop.settle();
    assert_eq!(
        (site.gates.events(), log.events()),
        (
            vec!["end r101".to_owned()],
            ["start shop", "Done rows[0]", "Done rows[1]", "Cancelled rows"].map(str::to_owned).to_vec()
        )
    );
    site.is_page_broken.store(false, Ordering::SeqCst);
    site.gates.open([3, 102, 103]);
    run.retry_failed();
    assert_eq!(*now(run.sum()).unwrap(), 70);
    let events = site.gates.events();
    let again = events.iter().filter(|event| event.starts_with("start")).collect::<Vec<_>>();
    assert_eq!(again, ["start p2", "start p3", "start r102", "start r103"]);
    assert_eq!(events.iter().filter(|event| event.starts_with("mark")).count(), 4);
}

#[test]
fn a_follower_with_bodies_under_way_continues_after_a_retry() {
    for catches in [false, true] {
        let site = Site { is_page_broken: AtomicBool::new(true), ..Site::default() };
        let run = site.run();
        let mut driven = Driven::new(run.marks());
        driven.settle();
        site.gates.open([0]);
        driven.settle();
        site.gates.open([2]);
        assert!(driven.run().is_err());
        if catches {
            assert_eq!(now(run.report()), "task `pages[2]` failed");
        }
        drop(site.gates.events());
        site.is_page_broken.store(false, Ordering::SeqCst);
        run.retry_failed();
        let mut again = Driven::new(run.marks());
        again.settle();
        assert_eq!(
            site.gates.events(),
            ["start p1", "start p2", "end p2", "start p3", "start r102"],
            "`r100` is under way"
        );
        site.gates.open([1, 3, 100, 101, 102, 103]);
        assert_eq!(again.run().unwrap(), &[0, 10, 20, 30]);
    }
}

#[test]
fn a_failure_of_a_follower_leaves_what_it_follows() {
    let site = Site { is_row_broken: AtomicBool::new(true), ..Site::default() };
    site.gates.open([0, 1, 100, 101, 102, 103]);
    let run = site.run();
    let error = now(run.rows()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.index()), ("task `rows[1]` failed", Some(1)));
    drop(site.gates.events());
    site.gates.open([2, 3]);
    assert_eq!(now(run.pages()).unwrap().len(), 4);
    assert_eq!(site.gates.events(), ["end p2", "end p3"]);
    site.is_row_broken.store(false, Ordering::SeqCst);
    run.retry_failed();
    assert_eq!(*now(run.sum()).unwrap(), 70);
    let events = site.gates.events();
    assert!(events.iter().all(|event| !event.contains('p') && !event.contains("r100")), "{events:?}");
}

#[test]
fn what_a_follower_could_not_do_can_be_caught() {
    let site = Site { is_page_broken: AtomicBool::new(true), ..Site::default() };
    site.gates.open((0..4).chain(100..104));
    assert_eq!(now(site.report()), "task `pages[2]` failed");
    assert_eq!(*now(site.run().report()), "task `pages[2]` failed");
    site.is_page_broken.store(false, Ordering::SeqCst);
    assert_eq!(now(site.report()), "[0, 10, 20, 30]");
    site.is_row_broken.store(true, Ordering::SeqCst);
    assert_eq!(*now(site.run().report()), "task `rows[1]` failed");
}

#[test]
fn results_that_are_there_as_a_whole_are_followed_as_well() {
    let site = Site::default();
    site.gates.open((0..4).chain(100..110));
    let run = site.run();
    assert_eq!(now(run.pages()).unwrap().len(), 4);
    assert_eq!(now(run.marks()).unwrap(), &[0, 10, 20, 30]);
    let run = site.run().with_pages(vec!["7".to_owned(), "8".to_owned()]);
    assert_eq!(now(run.marks()).unwrap(), &[70, 80]);
    assert_eq!(*now(run.sum()).unwrap(), 2 + 15 + 150);
    let run = site.run().with_rows(vec![5]);
    assert_eq!(now(run.marks()).unwrap(), &[50]);
    let run = site.run().with_pages(Vec::new());
    assert!(now(run.marks()).unwrap().is_empty());
    site.gates.open([1_000]);
    let run = site.run();
    let all = now(run.all()).unwrap();
    assert_eq!((all.marks, all.priced, *all.sum), (&vec![0, 10, 20, 30], &vec![101; 4], 70));
}

#[test]
fn all_bodies_of_an_abandoned_follower_are_dropped() {
    let site = Site::default();
    let run = site.run().cancel_abandoned();
    let mut driven = Driven::new(run.rows());
    let mut pages = Driven::new(run.pages());
    let mut shop = Driven::new(run.shop());
    driven.settle();
    assert!(pages.poll().is_pending() && shop.poll().is_pending());
    site.gates.open([0, 1]);
    driven.settle();
    drop(site.gates.events());
    drop(driven);
    pages.settle();
    assert_eq!(site.gates.events(), ["drop r100", "drop r101"]);
    drop(pages);
    shop.settle();
    assert_eq!(site.gates.events(), ["drop p2", "drop p3"]);
    site.gates.open((0..4).chain(100..104));
    assert_eq!(now(run.rows()).unwrap(), &[0, 1, 2, 3]);
}

#[test]
fn what_a_follower_still_needs_is_not_abandoned() {
    let site = Site::default();
    let run = site.run().cancel_abandoned();
    let mut rows = Driven::new(run.rows());
    let mut pages = Driven::new(run.pages());
    rows.settle();
    assert!(pages.poll().is_pending());
    site.gates.open([0]);
    rows.settle();
    drop(site.gates.events());
    drop(pages);
    rows.settle();
    assert!(site.gates.events().is_empty());
    site.gates.open((1..4).chain(100..104));
    assert_eq!(rows.run().unwrap(), &[0, 1, 2, 3]);
}

/// Three stages share three slots.
#[derive(Default)]
struct Stages {
    gates: Gates,
}

#[dag(max_concurrency = 3)]
impl Stages {
    fn ids(&self) -> [usize; 5] {
        [0, 1, 2, 3, 4]
    }

    #[depends(id in ids)]
    async fn pages(&self, id: usize) -> usize {
        self.gates.act("p", id).await;
        id
    }

    #[depends(page in pages)]
    #[task(max_concurrency = 2)]
    async fn rows(&self, page: &usize) -> usize {
        self.gates.act("r", 100 + page).await;
        *page
    }

    #[depends(row in rows)]
    async fn marks(&self, row: &usize) -> usize {
        self.gates.act("m", 200 + row).await;
        *row
    }
}

#[test]
fn followers_get_slots_first_and_the_deepest_before_all() {
    let stages = Stages::default();
    let run = stages.run();
    let mut run = [Driven::new(run.marks())];
    let mut events = |open: &[usize]| {
        stages.gates.open(open.iter().copied());
        run[0].settle();
        stages.gates.events()
    };
    assert_eq!(events(&[]), ["start p0", "start p1", "start p2"]);
    assert_eq!(events(&[0]), ["end p0", "start r100"]);
    assert_eq!(events(&[1]), ["end p1", "start r101"]);
    // `rows` has its two bodies, and the slot goes to an element that no row can take yet.
    assert_eq!(events(&[2]), ["end p2", "start p3"]);
    assert_eq!(events(&[101]), ["end r101", "start m201"]);
    assert_eq!(events(&[100]), ["end r100", "start m200"]);
    // No slot is free for the row of page 2 until a mark has ended, and then it comes before page 4.
    assert_eq!(events(&[201]), ["end m201", "start r102"]);
    assert_eq!(events(&[3]), ["end p3", "start r103"]);
    assert_eq!(events(&[200]), ["end m200", "start p4"]);
    stages.gates.open([103, 102, 202, 203, 4, 104, 204]);
    assert_eq!(run[0].run(), &[0, 1, 2, 3, 4]);
}
