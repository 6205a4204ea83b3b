//! Tasks created at run time leave no memory behind.
#![cfg(feature = "tokio")]
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "tasks of any signature, with little to do"
)]

use adagio::{Task, all, scope, task};
use tokio::runtime::Builder;

use crate::common::deadline;

#[task]
async fn step(number: &usize) -> usize {
    number + 1
}

async fn wave(number: usize) -> usize {
    let first = step(number);
    let wave: Vec<Task<usize>> = (0..998).map(|_| step(&first)).collect();
    all(wave).await.unwrap()[0]
}

#[test]
fn a_million_tasks_in_waves_need_the_memory_of_one_wave() {
    let _deadline = deadline();
    let runtime = Builder::new_current_thread().build().unwrap();
    let memory = allocation_counter::measure(|| {
        let last = runtime.block_on(scope(async {
            let mut number = 0;
            for _ in 0..1_000 {
                number = wave(number).await;
            }
            number
        }));
        assert_eq!(last.unwrap(), 2_000);
    });
    assert!(memory.bytes_max < 16 << 20, "{memory:?}");
}

/// Returns how many allocations a chain makes, whose tasks are made in `within`.
fn allocations<F: Future<Output = usize>>(length: usize, within: impl Fn(usize) -> F) -> u64 {
    let runtime = Builder::new_current_thread().build().unwrap();
    let run = || assert_eq!(runtime.block_on(within(length)), length);
    run();
    allocation_counter::measure(run).count_total
}

#[task]
async fn next_of_all(numbers: &[usize]) -> usize {
    numbers[0] + 1
}

/// Layers of ten tasks, of which each needs all of the layer before.
async fn layers(count: usize) -> usize {
    let mut layer: Vec<Task<usize>> = (0..10).map(|_| step(0)).collect();
    for _ in 1..count {
        layer = (0..10).map(|_| next_of_all(all(&layer))).collect();
    }
    all(layer).await.unwrap()[0]
}

async fn chain(length: usize) -> usize {
    (1..length).fold(step(0), |last, _| step(last)).await.unwrap()
}

#[test]
fn a_task_and_its_body_are_one_allocation() {
    let _deadline = deadline();
    assert_eq!(allocations(101, chain) - allocations(1, chain), 100);
    assert!(allocations(100, chain) <= 110);
}

#[test]
fn a_task_of_a_scope_allocates_no_more_than_one_of_none() {
    let _deadline = deadline();
    let in_scope = |length| async move { scope(chain(length)).await.unwrap() };
    assert_eq!(allocations(101, in_scope) - allocations(1, in_scope), 100);
    // For the scope itself.
    assert!(allocations(101, in_scope) - allocations(101, chain) <= 1);
}

#[test]
fn a_task_with_ten_inputs_makes_five_allocations() {
    let _deadline = deadline();
    // The task, `all`, the list of its inputs, the list of those that wait for the task, and a worker.
    let a_task = 5;
    let layers = |count| allocations(count, layers);
    assert!(layers(20) - layers(10) <= 10 * (10 * a_task + 1), "{} and {}", layers(20), layers(10));
}
