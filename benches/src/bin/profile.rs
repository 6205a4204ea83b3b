//! What a profile costs: the same calls with and without it, in turns, what it allocates, and then a million calls in the
//! same memory.

use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use std::{fs, hint::black_box};

use adagio::{Observer, Profile, dag};
use allocation_counter::measure;
use tokio::runtime::Builder;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> u64 {
        black_box(1)
    }

    async fn rates(&self) -> u64 {
        black_box(2)
    }

    #[depends(user)]
    async fn cart(&self, user: &u64) -> u64 {
        *user
    }

    #[depends(user)]
    async fn coupon(&self, user: &u64) -> u64 {
        *user
    }

    #[depends(cart, coupon, rates)]
    async fn price(&self, cart: &u64, coupon: &u64, rates: &u64) -> u64 {
        cart + coupon + rates
    }

    #[depends(price, user)]
    async fn quote(&self, price: &u64, user: &u64) -> u64 {
        price + user
    }
}

const TASKS: u32 = 6;
/// So few that some rounds are disturbed by nothing else on the machine: the quickest counts.
const RUNS: u32 = 500;
const ROUNDS: usize = 600;

/// Is told everything, and does nothing.
#[derive(Clone)]
struct Silent;

impl Observer for Silent {}

async fn time(mut observe: impl FnMut() -> CheckoutRun<'static>) -> Duration {
    let begun = Instant::now();
    for _ in 0..RUNS {
        black_box(observe().quote().await);
    }
    begun.elapsed()
}

/// Allocations of a run, after those before have left their memory.
fn allocations(mut observe: impl FnMut() -> CheckoutRun<'static>) -> u64 {
    let mut run = || now(observe().quote());
    (0..5_000).for_each(|_| run());
    let runs = 1_000;
    measure(|| (0..runs).for_each(|_| run())).count_total / runs
}

/// Nothing here waits.
fn now<'r>(goal: impl Future<Output = &'r u64>) {
    let mut goal = std::pin::pin!(goal);
    _ = black_box(goal.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

async fn compare() {
    let profile = Profile::new();
    let mut quickest = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let plain = time(|| Checkout.run()).await;
        let told = time(|| Checkout.run().observe(Silent)).await;
        let profiled = time(|| Checkout.run().observe(profile.clone())).await;
        for (quickest, time) in quickest.iter_mut().zip([plain, told, profiled]) {
            *quickest = time.min(*quickest);
        }
    }
    let extra = |which: usize| (quickest[which].saturating_sub(quickest[0]) / (RUNS * TASKS)).as_nanos();
    println!(
        "runs of {TASKS} tasks, the quickest of {ROUNDS} rounds; {} ns a task",
        (quickest[0] / (RUNS * TASKS)).as_nanos()
    );
    println!("an observer that does nothing: {} ns a task more than none", extra(1));
    println!("a profile: {} ns a task more than none", extra(2));
    let of_none = allocations(|| Checkout.run());
    let of_silent = allocations(|| Checkout.run().observe(Silent));
    let of_profile = allocations(|| Checkout.run().observe(profile.clone()));
    println!("allocations a run: {of_none} without, {of_silent} with an observer, {of_profile} with a profile");
    println!("the clock alone: {} ns", clock().as_nanos());
}

/// Returns the cost of reading the clock.
fn clock() -> Duration {
    let round = |_| {
        let begun = Instant::now();
        (0..RUNS).for_each(|_| _ = black_box(Instant::now()));
        begun.elapsed() / RUNS
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

async fn soak() {
    let profile = Profile::new();
    for round in 0..5 {
        for _ in 0..200_000 {
            black_box(Checkout.run().observe(profile.clone()).quote().await);
        }
        println!(
            "{} calls: {} kB resident, {} bytes of JSON",
            (round + 1) * 200_000,
            resident(),
            profile.to_json().len()
        );
    }
    println!("{profile}");
}

fn main() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(compare());
    runtime.block_on(soak());
}
