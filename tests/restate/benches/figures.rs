//! The cost of the engine, as printed medians. `RESTATE_SERVER` is the path of the server's program. With the argument
//! `repeats` it only counts the executions that are repeated after kills, and with `elements` it only measures remote wide
//! tasks.

#[path = "../tests/common/mod.rs"]
mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::{Engine, Service};
use serde_json::json;

const CHAIN: u32 = 20;

fn main() {
    if std::env::args().any(|argument| argument == "repeats") {
        let engine = Engine::start();
        let mut service = Service::start(&engine, &["all"]);
        engine.register(&service);
        return print_repeats(&engine, &mut service);
    }
    if std::env::args().any(|argument| argument == "elements") {
        return print_elements(&Engine::start());
    }
    let starts = (0..5).map(|_| timed(Engine::start));
    println!("start of the server          {:>8.1?}", median(starts));

    let mut engine = Engine::start();
    let mut service = Service::start(&engine, &["all"]);
    engine.register(&service);

    let call = |handler: &str, input| median((0..25).map(|_| timed(|| engine.call(handler, &input))));
    println!("four tasks that do nothing   {:>8.1?}", call("Short/last", json!(7)));
    println!("  200 at once                {:>8.0} calls a second", at_once(&engine, "Short/last"));
    println!("7-task diamond, at once      {:>8.1?}", call("Diamond/g", json!(1)));
    println!("  each task remote           {:>8.1?}", call("RemoteDiamond/g", json!(1)));
    let chains = ["Chain/in_process", "Chain/length", "RemoteChain/length"];
    let [in_process, journaled, remote] = chains.map(|handler| call(handler, json!(null)));
    let a_task = |time: Duration| time.saturating_sub(in_process) / CHAIN;
    println!("chain of 20, each 5 ms       {in_process:>8.1?}  without the engine");
    println!("  journaled                  {journaled:>8.1?}  {:.1?} a task", a_task(journaled));
    println!("  each task remote           {remote:>8.1?}  {:.1?} a task", a_task(remote));
    println!("2,000 remote tasks at once   {:>8.1?}", timed(|| engine.call("FanOut/sum", &json!(null))));

    print_elements(&engine);

    let recoveries = (0..7).map(|_| {
        let invocation = hold(&engine, &service);
        service.kill();
        service.revoke("hold-d");
        service.start_again();
        timed(|| engine.attach(&invocation))
    });
    println!("service killed and back      {:>8.1?}  until the result", median(recoveries.collect::<Vec<_>>()));
    let mut starts = Vec::new();
    let recoveries = (0..7).map(|_| {
        let invocation = hold(&engine, &service);
        starts.push(engine.restart());
        service.revoke("hold-d");
        timed(|| engine.attach(&invocation))
    });
    let recovery = median(recoveries.collect::<Vec<_>>());
    println!(
        "server killed and back       {recovery:>8.1?}  until the result, its start of {:.1?} not counted",
        median(starts)
    );
    print_repeats(&engine, &mut service);
}

/// Measures wide tasks each of whose elements is a call.
fn print_elements(engine: &Engine) {
    let service = Service::start(engine, &["far spread"]);
    engine.register(&service);
    let call = |handler: &str, count: u32| {
        let times = (0..3).map(|_| timed(|| engine.call(handler, &json!(count)))).collect::<Vec<_>>();
        let entries = format!(
            "select count(*) as count from sys_journal j join sys_invocation i on j.id = i.id \
             where i.target = '{handler}' and j.entry_type = 'Command: Run' group by j.id"
        );
        let most = engine.query(&entries).iter().filter_map(|row| row["count"].as_u64()).max();
        (median(times), most.unwrap_or_default())
    };
    for (what, handler, count) in [
        ("100 elements, each a call", "Spread/pages", 100),
        ("  of two stages", "Spread/total", 100),
        ("1,000 elements, each a call", "Spread/pages", 1_000),
        ("  of two stages", "Spread/total", 1_000),
    ] {
        let (time, entries) = call(handler, count);
        println!("{what:<28} {time:>8.1?}  at most {entries} entries of its own");
    }
}

fn print_repeats(engine: &Engine, service: &mut Service) {
    println!("ten tasks, killed 20 times   {:>8}  executions that were repeated", repeats(engine, service));
}

/// Kills the service at 20 moments of runs of ten tasks. Returns how many executions were made more than once.
fn repeats(engine: &Engine, service: &mut Service) -> usize {
    // The moments are the same each time: numbers of a linear congruential generator.
    let mut seed = 7_u64;
    let mut moments = std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((seed >> 33) % 2_100)
    });
    let one = |moment: Duration| {
        service.forget();
        let invocation = engine.send("Ten/sum", &json!(null));
        thread::sleep(moment);
        service.kill();
        service.start_again();
        assert_eq!(engine.attach(&invocation), 10);
        service.executions().values().sum::<usize>() - 10
    };
    moments.by_ref().take(20).map(one).sum()
}

/// Returns how many calls a second 200 callers make.
fn at_once(engine: &Engine, handler: &str) -> f64 {
    let took = timed(|| {
        std::thread::scope(|callers| {
            for _ in 0..200 {
                callers.spawn(|| (0..20).for_each(|_| _ = engine.call(handler, &json!(7))));
            }
        });
    });
    4_000.0 / took.as_secs_f64()
}

/// Runs a diamond up to its middle.
fn hold(engine: &Engine, service: &Service) -> String {
    service.forget();
    service.order("hold-d");
    let invocation = engine.send("Diamond/g", &json!(1));
    service.wait_for("d");
    invocation
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort();
    times[times.len() / 2]
}
