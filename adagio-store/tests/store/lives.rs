//! Runs that are taken over again and again, at any time: a body that catches a failure is told the same in each life.

use std::sync::Arc;

use adagio_store::{Status, Store, StoredRun};
use tokio::runtime::Builder;
use tokio::task::yield_now;

use super::graphs::{ASKERS, FALLIBLE, Number, Outer, WORLDS, World};
use super::random::Random;
use super::soon;

/// Begins a run, leaves it a few times to a graph of the same name, as a crash does, and lets the last one end it.
async fn round(number: Number, random: &mut Random) {
    let few = 2 + random.next() % 6;
    let fails = FALLIBLE.into_iter().filter(|_| random.is(1, few)).collect();
    let asks = ASKERS.into_iter().filter(|_| random.is(1, 2)).collect();
    let world = Arc::new(World { fails, asks, ..World::default() });
    WORLDS.lock().unwrap().insert(number.0, Arc::clone(&world));
    let store = Store::in_memory().await.unwrap();
    for _ in 0..random.next() % 4 {
        let graph = store.graph("outer", |number: Number| Outer(number));
        let run = soon(graph.start("a", number)).await.unwrap();
        for _ in 0..random.next() % 200 {
            yield_now().await;
        }
        drop((run, graph));
    }
    let graph = store.graph("outer", |number: Number| Outer(number));
    let run = soon(graph.start("a", number)).await.unwrap();
    assert_ne!(soon(StoredRun::ended(&run)).await, Status::Running);
    for (task, told) in &*world.told.lock().unwrap() {
        assert_eq!(told.len(), 1, "`{task}` was told {told:#?}");
    }
    WORLDS.lock().unwrap().remove(&number.0);
}

#[test]
fn each_life_of_a_stored_run_tells_a_body_the_same() {
    let rounds = std::env::var("ADAGIO_LIVES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60);
    for threads in [0, 2] {
        let runtime = match threads {
            0 => Builder::new_current_thread().enable_all().build().unwrap(),
            _ => Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap(),
        };
        let mut random = Random(threads as u64);
        for seed in 0..rounds {
            runtime.block_on(round(Number(threads as u64 * 1_000_000 + seed), &mut random));
        }
    }
}
