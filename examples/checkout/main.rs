//! A quote for a shopping cart, from three services behind real sockets: once with all services up, and twice with the
//! rates service down, which only a user with a foreign currency notices. At the end the example prints a timeline of the
//! first quote; `--html report.html` writes it as a page, too.

mod api;
mod upstream;

use std::error::Error;
use std::fmt;

use adagio::{Lazy, Timeline, dag};
use api::{Api, ApiError, Cart, Coupon, Rates, User};
use upstream::{Upstreams, start_upstreams};

struct Checkout {
    user_id: u32,
    api: Api,
}

#[dag]
impl Checkout {
    /// The user who buys.
    async fn user(&self) -> Result<User, ApiError> {
        self.api.user(self.user_id).await
    }

    /// The value of a euro in other currencies today.
    async fn rates(&self) -> Result<Rates, ApiError> {
        self.api.rates("EUR").await
    }

    /// The articles that the user wants to buy.
    #[depends(user)]
    async fn cart(&self, user: &User) -> Result<Cart, ApiError> {
        self.api.cart(&user.cart_id).await
    }

    /// The discount of the user.
    #[depends(user)]
    async fn coupon(&self, user: &User) -> Result<Coupon, ApiError> {
        self.api.coupon(&user.name).await
    }

    /// The price in euro cents. A user without a coupon pays it in full, and so does one whose coupon cannot be fetched.
    #[depends(cart, catch coupon)]
    fn price(&self, cart: &Cart, coupon: Option<&Coupon>) -> u32 {
        let full: u32 = cart.lines.iter().map(|line| line.count * line.price).sum();
        full - full * coupon.map_or(0, |coupon| coupon.percent) / 100
    }

    /// The value of 10,000 euros in the user's own currency, if it is known. For a user who pays in euros, `rates` does
    /// not run.
    #[depends(user, lazy rates)]
    async fn rate(&self, user: &User, rates: Lazy<'_, Rates>) -> Option<u32> {
        if user.currency == "EUR" { Some(10_000) } else { rates.await.per_10_000.get(&user.currency).copied() }
    }

    /// The price in the user's own currency.
    #[depends(user, price, rate)]
    fn quote(&self, user: &User, price: u32, rate: Option<u32>) -> Result<Quote, CheckoutError> {
        let rate = rate.ok_or_else(|| CheckoutError::UnknownCurrency(user.currency.clone()))?;
        Ok(Quote { name: user.name.clone(), cents: price * rate / 10_000, currency: user.currency.clone() })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let page = path_of_page()?;

    println!("all services up:");
    let checkout = Checkout { user_id: 7, api: Api::new(start_upstreams(Upstreams::AllUp).await?) };
    let timeline = Timeline::new();
    let run = checkout.run().observe(timeline.clone());
    println!("{}\n", run.quote().await?);

    println!("the rates service hangs up:");
    let checkout = Checkout { user_id: 7, api: Api::new(start_upstreams(Upstreams::RatesDown).await?) };
    match checkout.quote().await {
        Ok(quote) => println!("{quote}"),
        Err(error) => print_with_sources(&error),
    }
    println!("stopped: {}\n", checkout.api.stopped().join(", "));

    println!("the rates service hangs up, but the user pays in euros and has no coupon:");
    let checkout = Checkout { user_id: 9, api: Api::new(start_upstreams(Upstreams::RatesDown).await?) };
    println!("{}", checkout.quote().await?);

    println!("\nthe run with all services up:\n{timeline}");
    if let Some(path) = page {
        std::fs::write(&path, timeline.to_html())?;
        println!("the same as a page: {path}");
    }
    Ok(())
}

/// Returns what stands behind `--html`.
fn path_of_page() -> Result<Option<String>, String> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, ..) => Ok(None),
        (Some("--html"), Some(path), None) => Ok(Some(path)),
        _ => Err("usage: checkout [--html report.html]".to_owned()),
    }
}

struct Quote {
    name: String,
    cents: u32,
    currency: String,
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, cents, currency } = self;
        write!(f, "quote for {name}: {}.{:02} {currency}", cents / 100, cents % 100)
    }
}

#[derive(Debug)]
enum CheckoutError {
    Api(ApiError),
    UnknownCurrency(String),
}

/// Turns the failure of any task that `quote` needs into what `quote` returns.
impl From<ApiError> for CheckoutError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl fmt::Display for CheckoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(_) => write!(f, "no quote today"),
            Self::UnknownCurrency(currency) => write!(f, "no rate for {currency}"),
        }
    }
}

impl Error for CheckoutError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Api(error) => Some(error),
            Self::UnknownCurrency(_) => None,
        }
    }
}

fn print_with_sources(error: &dyn Error) {
    println!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        println!("  because {error}");
        cause = error.source();
    }
}
