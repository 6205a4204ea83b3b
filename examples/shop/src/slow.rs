//! The timelines of the slowest requests of the last minutes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adagio::Timeline;
use tokio::time::Instant;

/// A request is forgotten after so long, however slow it was.
const MINUTES: Duration = Duration::from_secs(10 * 60);

#[derive(Clone, Debug)]
pub(crate) struct SlowRequest {
    pub(crate) number: u64,
    pub(crate) product_id: i64,
    pub(crate) took: Duration,
    pub(crate) ended: Instant,
    /// None if the client has left before there was an answer.
    pub(crate) status: Option<u16>,
    pub(crate) timeline: Timeline,
}

impl SlowRequest {
    pub(crate) fn seconds_ago(&self) -> u64 {
        self.ended.elapsed().as_secs()
    }
}

pub(crate) struct SlowRequests {
    /// So many are kept.
    most: usize,
    /// The slowest first.
    kept: Mutex<Vec<SlowRequest>>,
}

impl SlowRequests {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: Mutex::default() }
    }

    /// Whether it keeps any, so that requests are to be observed.
    pub(crate) fn keeps_any(&self) -> bool {
        self.most > 0
    }

    /// Watches a request, and keeps its timeline if it is among the slowest once the watch is dropped.
    pub(crate) fn watch(&self, number: u64, product_id: i64, timeline: Timeline) -> Watch<'_> {
        Watch { slow: self, number, product_id, timeline, begun: Instant::now(), status: None }
    }

    /// Returns the slowest requests, the slowest first.
    pub(crate) fn list(&self) -> Vec<SlowRequest> {
        let mut kept = self.kept();
        forget_old(&mut kept);
        kept.clone()
    }

    pub(crate) fn find(&self, number: u64) -> Option<SlowRequest> {
        self.kept().iter().find(|slow| slow.number == number).cloned()
    }

    fn keep(&self, slow: SlowRequest) {
        let mut kept = self.kept();
        forget_old(&mut kept);
        let place = kept.partition_point(|other| other.took >= slow.took);
        if place < self.most {
            kept.truncate(self.most - 1);
            kept.insert(place, slow);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<SlowRequest>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(kept: &mut Vec<SlowRequest>) {
    kept.retain(|slow| slow.ended.elapsed() < MINUTES);
}

/// A request under way. It is dropped with its request, so that requests whose clients leave early are kept, too.
pub(crate) struct Watch<'s> {
    slow: &'s SlowRequests,
    number: u64,
    product_id: i64,
    timeline: Timeline,
    begun: Instant,
    status: Option<u16>,
}

impl Watch<'_> {
    pub(crate) fn answered(mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let &mut Self { number, product_id, begun, status, .. } = self;
        let timeline = self.timeline.clone();
        self.slow.keep(SlowRequest {
            number,
            product_id,
            took: begun.elapsed(),
            ended: Instant::now(),
            status,
            timeline,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use adagio::Timeline;
    use tokio::time::advance;

    use super::{MINUTES, SlowRequests};

    /// Lets a request for product 7 take a number of milliseconds.
    async fn take(slow: &SlowRequests, number: u64, milliseconds: u64) {
        let watch = slow.watch(number, 7, Timeline::new());
        advance(Duration::from_millis(milliseconds)).await;
        watch.answered(200);
    }

    fn numbers(slow: &SlowRequests) -> Vec<u64> {
        slow.list().iter().map(|slow| slow.number).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_are_kept() {
        let slow = SlowRequests::new(3);
        for (number, milliseconds) in [(0, 20), (1, 50), (2, 10), (3, 40), (4, 10), (5, 60)] {
            take(&slow, number, milliseconds).await;
        }
        assert_eq!(numbers(&slow), [5, 1, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_minutes_they_make_room_for_faster_ones() {
        let slow = SlowRequests::new(1);
        take(&slow, 0, 900).await;
        advance(MINUTES).await;
        take(&slow, 1, 20).await;
        assert_eq!(numbers(&slow), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_client_has_left_is_kept_without_a_status() {
        let slow = SlowRequests::new(3);
        let watch = slow.watch(0, 7, Timeline::new());
        advance(Duration::from_millis(20)).await;
        drop(watch);
        assert_eq!(slow.find(0).unwrap().status, None);
    }

    #[tokio::test(start_paused = true)]
    async fn none_are_kept_where_none_are_wanted() {
        let slow = SlowRequests::new(0);
        take(&slow, 0, 20).await;
        assert!(numbers(&slow).is_empty());
    }
}
