//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[depends(b)]
    async fn a(&self) {}
    #[depends(c)]
    async fn b(&self) {}
    #[depends(d)]
    async fn c(&self) {}
    #[depends(b)]
    async fn d(&self) {}
}

fn main() {}
