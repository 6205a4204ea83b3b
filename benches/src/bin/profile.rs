//! What a profile costs: the same runs with and without it, in turns, and then a million runs in the same memory.

use std::time::{Duration, Instant};
use std::{fs, hint::black_box};

use adagio::{Observer, Profile, dag};
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
const RUNS: u32 = 20_000;
const ROUNDS: usize = 15;

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

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

async fn compare() {
    let profile = Profile::new();
    let mut extra: Vec<[Duration; 2]> = Vec::new();
    for _ in 0..ROUNDS {
        let plain = time(|| Checkout.run()).await;
        let told = time(|| Checkout.run().observe(Silent)).await;
        let profiled = time(|| Checkout.run().observe(profile.clone())).await;
        extra.push([told.saturating_sub(plain), profiled.saturating_sub(plain)]);
    }
    let median = |which: usize| {
        let mut all: Vec<Duration> = extra.iter().map(|round| round[which]).collect();
        all.sort_unstable();
        (all[ROUNDS / 2] / (RUNS * TASKS)).as_nanos()
    };
    println!("an observer that does nothing: {} ns a task more than none, median of {ROUNDS}", median(0));
    println!("a profile: {} ns a task more than none", median(1));
}

async fn soak() {
    let profile = Profile::new();
    for round in 0..5 {
        for _ in 0..200_000 {
            black_box(Checkout.run().observe(profile.clone()).quote().await);
        }
        println!(
            "{} runs: {} kB resident, {} bytes of JSON",
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
