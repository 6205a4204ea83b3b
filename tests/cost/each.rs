//! A task that runs for each element of a collection touches the heap as often as its limit wants, however many elements
//! there are.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use adagio::{Observer, dag};
use allocation_counter::measure;

use crate::common::yield_once;

/// The collection, the results, the bits for them, the free places, the list of chunks of places, and a chunk.
const MOST: u64 = 6;

struct Pages {
    count: usize,
}

#[dag]
impl Pages {
    fn ids(&self) -> Vec<usize> {
        (0..self.count).collect()
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 8)]
    async fn pages(&self, id: &usize) -> usize {
        if *id % 2 == 0 {
            yield_once().await;
        }
        *id
    }

    #[depends(pages)]
    fn sum(&self, pages: &[usize]) -> usize {
        pages.iter().sum()
    }
}

fn drive<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

#[test]
fn a_call_allocates_nothing_for_an_element() {
    for count in [1, 100, 100_000] {
        let pages = Pages { count };
        let allocations = measure(|| assert_eq!(drive(pages.sum()), count * (count - 1) / 2)).count_total;
        assert!(allocations <= MOST, "{allocations} allocations for {count} elements");
    }
}

/// Is told, and does nothing.
struct Silent;

impl Observer for Silent {}

#[test]
fn an_observed_run_allocates_nothing_for_an_element() {
    let allocations = |count| {
        let pages = Pages { count };
        measure(|| assert_eq!(*drive(pages.run().observe(Silent).sum()), count * (count - 1) / 2)).count_total
    };
    let (few, many) = (allocations(100), allocations(100_000));
    assert!(many <= few + 2, "{few} allocations for 100 elements, {many} for 100,000");
}

struct AllAtOnce;

#[dag]
impl AllAtOnce {
    fn ids(&self) -> Vec<usize> {
        (0..3_200).collect()
    }

    #[depends(id in ids)]
    async fn pages(&self, id: &usize) -> usize {
        yield_once().await;
        *id
    }
}

#[test]
fn bodies_that_all_wait_and_their_wakers_are_a_few_allocations_for_32_elements() {
    let allocations = measure(|| assert_eq!(drive(AllAtOnce.pages()).len(), 3_200)).count_total;
    // The bodies, their wakers, and lists that grow.
    assert!(allocations <= 100 * 2 + 80, "{allocations} allocations");
}
