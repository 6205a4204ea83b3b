//! The pictures of the README and of the book, made from graphs and from a fixed log of events. `BLESS=1 cargo test
//! --test graph readme` writes them again.
#![allow(dead_code, clippy::unused_async, reason = "results are not looked at")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{env, fs};

use adagio::{Observer, Timeline, dag};

use crate::common::{Driven, Stage};

/// The block of the chapter "Getting started", with the types of its results.
#[derive(Default)]
struct Checkout {
    stage: Stage,
}

type ApiError = String;

struct User;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<User, ApiError> {
        self.stage.gate("user").await;
        Ok(User)
    }

    async fn rate(&self) -> u64 {
        self.stage.gate("rate").await;
        2
    }

    #[depends(user)]
    async fn cart(&self) -> Result<Vec<u64>, ApiError> {
        self.stage.gate("cart").await;
        Ok(Vec::new())
    }

    #[depends(user)]
    #[task(catch)]
    async fn coupon(&self) -> Result<u64, ApiError> {
        self.stage.gate("coupon").await;
        Err("no coupon".to_owned())
    }

    #[depends(cart, coupon, rate)]
    fn price(&self) -> u64 {
        84
    }

    #[depends(user, price)]
    async fn quote(&self) -> Result<String, ApiError> {
        self.stage.gate("quote").await;
        Ok(String::new())
    }
}

/// The block of the README.
mod quote {
    use std::io;

    use adagio::dag;

    pub(crate) struct Checkout;

    #[dag]
    impl Checkout {
        async fn user(&self) -> io::Result<String> {
            Ok(String::new())
        }

        async fn rate(&self) -> u64 {
            2
        }

        #[depends(user)]
        async fn cart(&self) -> io::Result<Vec<u64>> {
            Ok(Vec::new())
        }

        #[depends(user, cart, rate)]
        pub(crate) async fn quote(&self) -> String {
            String::new()
        }
    }
}

/// The blocks of the chapter "Graphs in graphs".
mod page {
    use std::io;

    use adagio::dag;

    struct Pricing;

    #[dag]
    impl Pricing {
        async fn price(&self) -> io::Result<u64> {
            Ok(42)
        }

        fn discount(&self) -> u64 {
            7
        }

        #[depends(price, discount)]
        async fn total(&self) -> u64 {
            35
        }
    }

    pub(crate) struct Page;

    #[dag]
    impl Page {
        async fn user(&self) -> io::Result<u64> {
            Ok(7)
        }

        #[depends(user)]
        #[task(graph)]
        fn pricing(&self) -> Pricing {
            Pricing
        }

        #[depends(pricing.total, pricing.discount)]
        pub(crate) async fn page(&self) -> io::Result<String> {
            Ok(String::new())
        }
    }
}

/// The time at which each task is released, in microseconds.
const LOG: [(u64, &str); 5] =
    [(12_300, "user"), (21_000, "rate"), (29_900, "coupon"), (38_600, "cart"), (47_500, "quote")];

/// A clock in microseconds, which a test sets.
fn clock() -> (Arc<AtomicU64>, impl Fn() -> Duration + Send + Sync + 'static) {
    let clock = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&clock);
    (clock, move || Duration::from_micros(read.load(Ordering::Relaxed)))
}

/// Runs the block; at each of these times, a task is released.
fn run(observer: impl Observer + 'static, clock: &AtomicU64, releases: &[(u64, &'static str)]) {
    let checkout = Checkout::default();
    let run = checkout.run().observe(observer);
    let mut quote = Driven::new(run.quote());
    assert!(quote.poll().is_pending());
    for &(micros, task) in releases {
        clock.store(micros, Ordering::Relaxed);
        checkout.stage.open(task);
        assert_eq!(quote.poll().is_ready(), task == "quote");
    }
}

fn timeline() -> Timeline {
    let (clock, read) = clock();
    let timeline = Timeline::with_clock(read);
    run(timeline.clone(), &clock, &LOG);
    timeline
}

/// Returns a file of the folder `docs/book/src`, after writing it again if `BLESS` is set.
fn kept(name: &str, made: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book/src").join(name);
    if env::var_os("BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_picture_of_the_graph_is_the_one_that_is_kept() {
    let made = Checkout::graph().to_svg() + "\n";
    assert!(made == kept("graph.svg", &made), "`docs/book/src/graph.svg` is not the picture");
}

#[test]
fn the_picture_of_the_readme_is_the_one_that_is_kept() {
    let made = quote::Checkout::graph().to_svg() + "\n";
    assert!(made == kept("quote.svg", &made), "`docs/book/src/quote.svg` is not the picture");
}

#[test]
fn the_picture_of_a_graph_inside_another_is_the_one_that_is_kept() {
    let made = page::Page::graph().to_svg() + "\n";
    assert!(made == kept("nested.svg", &made), "`docs/book/src/nested.svg` is not the picture");
}

#[test]
fn the_picture_of_the_run_is_the_one_that_is_kept() {
    let made = timeline().to_svg() + "\n";
    assert!(made == kept("timeline.svg", &made), "`docs/book/src/timeline.svg` is not the picture");
}

/// The graph on the page of a profile, with a ground of its own.
#[cfg(feature = "profile")]
#[test]
fn the_picture_of_the_profile_is_the_one_that_is_kept() {
    const GROUND: &str = "<style>svg{color:#1f2328}.ground{fill:#fff}@media(prefers-color-scheme:dark)\
        {svg{color:#e6edf3}.ground{fill:#0d1117}}</style>\
        <rect class=\"ground\" x=\"-16\" y=\"-16\" width=\"100%\" height=\"100%\" rx=\"8\"/>";
    let (clock, read) = clock();
    let profile = adagio::Profile::with_clock(read);
    for round in 0..100 {
        let begin = 1_000_000 * round;
        // In two of ten runs, the coupon comes last; in one of ten, the rate.
        let coupon = if round % 10 < 2 { 45_000 } else { 27_000 };
        let rate = if round % 10 == 5 { 50_000 } else { 21_000 };
        let mut releases = [(12_300, "user"), (coupon, "coupon"), (rate, "rate"), (38_600, "cart"), (58_000, "quote")];
        releases.sort_unstable();
        let releases = releases.map(|(micros, task)| (begin + micros, task));
        clock.store(begin, Ordering::Relaxed);
        run(profile.clone(), &clock, &releases);
    }
    let page = profile.to_html();
    let (_, picture) = page.split_once("<svg").unwrap();
    let (picture, _) = picture.split_once("</svg>").unwrap();
    let (head, content) = picture.split_once('>').unwrap();
    let made = format!("<svg{head}>{GROUND}{content}</svg>\n");
    assert!(made == kept("profile.svg", &made), "`docs/book/src/profile.svg` is not the picture");
}

#[test]
fn the_text_of_the_run_is_the_one_in_the_book() {
    let chapter = include_str!("../../docs/book/src/seeing.md");
    let text = format!("{:88}", timeline());
    assert!(chapter.contains(&text), "the chapter does not have\n{text}");
}
