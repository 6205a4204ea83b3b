//! The expansion is silent under the strictest lints.
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, elided_lifetimes_in_paths, single_use_lifetimes)]
#![deny(rust_2018_idioms, unused_lifetimes, trivial_casts, unused_results, let_underscore_drop, unsafe_code, unnameable_types)]

use adagio::dag;

/// A purchase.
pub struct Checkout<'a, T> {
    name: &'a str,
    value: T,
}

/// Not found.
#[derive(Debug)]
pub struct NotFound;

/// Not bought.
#[derive(Debug)]
pub struct NotBought;

impl From<NotFound> for NotBought {
    fn from(_: NotFound) -> Self {
        Self
    }
}

#[dag]
impl<T: Clone + Send + Sync> Checkout<'_, T> {
    fn name(&self) -> &str {
        self.name
    }

    async fn value(&self) -> T {
        self.value.clone()
    }

    async fn user(&self) -> Result<u64, NotFound> {
        Ok(1)
    }

    #[depends(user)]
    async fn nothing(&self) {}

    /// What is bought.
    ///
    /// # Errors
    /// If there is no user.
    #[depends(name, value, user, nothing)]
    pub async fn cart(&self, name: &str, value: T, user: &u64) -> Result<(String, T, u64), NotBought> {
        Ok((name.to_owned(), value, *user))
    }
}

fn main() {
    drop(Checkout { name: "", value: 1 }.cart());
}
