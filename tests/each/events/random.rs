//! Random elements, failures, panics and drops: each start has its end, in the right order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use adagio::dag;

use super::Log;
use crate::common::{Driven, yield_once};

/// What happens in a world.
#[derive(Clone, Copy, Debug, Default)]
struct World {
    count: usize,
    /// How often a body yields, at most.
    yields: usize,
    fails_at: Option<usize>,
    row_fails_at: Option<usize>,
    panics_at: Option<usize>,
}

impl World {
    async fn wait(&self, id: usize) {
        for _ in 0..(id * 7 + 3) % (self.yields + 1) {
            yield_once().await;
        }
    }
}

#[dag]
impl World {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 5)]
    async fn pages(&self, id: usize) -> Result<usize, String> {
        self.wait(id).await;
        assert_ne!(self.panics_at, Some(id), "lost");
        if self.fails_at == Some(id) { Err("page".to_owned()) } else { Ok(id) }
    }

    #[depends(page in pages)]
    async fn rows(&self, page: &usize) -> Result<usize, String> {
        self.wait(*page + 1).await;
        if self.row_fails_at == Some(*page) { Err("row".to_owned()) } else { Ok(*page) }
    }

    #[depends(row in rows)]
    fn marks(&self, row: &usize) -> usize {
        *row
    }

    #[depends(catch pages, catch marks)]
    fn report(&self, pages: Option<&[usize]>, marks: Option<&[usize]>) -> (bool, bool) {
        (pages.is_some(), marks.is_some())
    }
}

/// Returns numbers that look random.
fn next(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % below.max(1)
}

fn sometimes(state: &mut u64, below: usize) -> Option<usize> {
    (next(state, 3) == 0).then(|| next(state, below))
}

/// Polls some goals of a run in turns, and drops it after some polls. Returns whether it came to its end.
fn live(world: &World, seed: &mut u64, most_polls: usize) -> bool {
    let log = Arc::new(Log::default());
    let mut run = world.run().observe(Arc::clone(&log));
    if next(seed, 2) == 0 {
        run = run.max_concurrency(1 + next(seed, 8));
    }
    let is_over = catch_unwind(AssertUnwindSafe(|| {
        let mut report = Driven::new(run.report());
        let mut rows = Driven::new(run.rows());
        (0..most_polls).any(|_| {
            if next(seed, 4) == 0 {
                rows = Driven::new(run.rows());
                drop(rows.poll());
            }
            report.poll().is_ready()
        })
    }));
    drop(run);
    log.assert_balance();
    // A panic ends the run.
    is_over.unwrap_or(true)
}

#[test]
fn each_start_has_its_end_in_random_worlds() {
    let worlds = std::env::var("ADAGIO_ELEMENTS").ok().and_then(|worlds| worlds.parse().ok()).unwrap_or(300);
    let mut seed = 1;
    for _ in 0..worlds {
        let count = next(&mut seed, 50);
        let world = World {
            count,
            yields: next(&mut seed, 4),
            fails_at: sometimes(&mut seed, count),
            row_fails_at: sometimes(&mut seed, count),
            panics_at: sometimes(&mut seed, 3 * count),
        };
        let most_polls = if next(&mut seed, 3) == 0 { next(&mut seed, 10) } else { 10_000 };
        let is_over = live(&world, &mut seed, most_polls);
        assert!(is_over || most_polls < 10, "{world:?} does not end");
    }
}

#[test]
fn each_start_has_its_end_when_a_run_is_dropped_at_any_poll() {
    let world = World { count: 20, yields: 3, row_fails_at: Some(17), ..World::default() };
    let mut polls = 0;
    while !live(&world, &mut 7, polls) {
        polls += 1;
    }
    assert!(polls > 5, "there was nothing to drop");
}
