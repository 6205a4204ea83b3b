//@ errors: 1
use std::num::ParseIntError;

use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, ParseIntError> {
        "1".parse()
    }
    #[depends(user)]
    pub async fn cart(&self, user: &u64) -> Result<u64, std::fmt::Error> {
        Ok(*user)
    }
}

fn main() {}
