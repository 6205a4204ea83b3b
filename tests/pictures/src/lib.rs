//! A library with graphs in its documentation, to be looked at in a browser.
#![allow(clippy::unused_async, clippy::missing_errors_doc, reason = "these tasks are looked at, not run")]

use std::io;

use adagio::dag;

/// Makes a quote for a shopping cart.
pub struct Checkout;

#[dag]
impl Checkout {
    /// Who is buying.
    pub async fn user(&self) -> io::Result<String> {
        Ok("Ada".to_owned())
    }

    /// What a euro is worth today.
    pub async fn rates(&self) -> u64 {
        2
    }

    /// What the user wants to buy.
    #[depends(user)]
    pub async fn cart(&self, user: &str) -> io::Result<Vec<u64>> {
        Ok(vec![user.len() as u64])
    }

    /// What the user need not pay.
    #[depends(user)]
    pub async fn coupon(&self) -> u64 {
        1
    }

    /// The price in euro cents.
    #[depends(cart, coupon)]
    pub fn price(&self, cart: &[u64], coupon: u64) -> u64 {
        cart.iter().sum::<u64>() - coupon
    }

    /// The price in the user's own currency.
    #[depends(user, rates, price)]
    pub fn quote(&self, user: &str, rates: u64, price: u64) -> String {
        format!("{user}: {}", price * rates)
    }
}

/// Shows a quote.
pub struct Page;

#[dag]
impl Page {
    /// Who looks at it.
    pub async fn visitor(&self) {}

    /// The purchase.
    #[depends(visitor)]
    #[task(graph)]
    pub fn checkout(&self) -> Checkout {
        Checkout
    }

    /// Rates of another kind.
    pub async fn rates(&self) {}

    /// All of it.
    #[depends(checkout.quote, checkout.rates, visitor, rates)]
    pub async fn page(&self, quote: &str) -> io::Result<String> {
        Ok(quote.to_owned())
    }
}

/// Has names that are hard to write.
pub struct Wörter<T>(pub T);

/// Written about the block.
#[dag]
impl<T: Send + Sync + Clone> Wörter<T> {
    /// Has a raw name.
    pub async fn r#type(&self) -> T {
        self.0.clone()
    }

    /// A <b>task</b> with `code`.
    #[depends(r#type)]
    pub async fn größe(&self) {}

    /// Ends it.
    #[depends(größe, r#type)]
    pub fn 数量(&self) {}
}

/// What a crate may call `adagio`.
pub mod renamed {
    #[doc(hidden)]
    pub use adagio::__private;
}

/// Has one task, and finds `adagio` elsewhere.
pub struct Renamed;

#[dag(crate = crate::renamed)]
impl Renamed {
    /// Is the only one.
    pub async fn only(&self) {}
}

/// Has as many tasks as anyone writes by hand.
pub struct Wide;

include!(concat!(env!("OUT_DIR"), "/wide.rs"));
