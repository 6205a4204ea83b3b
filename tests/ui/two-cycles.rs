//@ errors: 2
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    #[depends(b)]
    async fn a(&self) {}
    #[depends(a)]
    async fn b(&self) {}
    #[depends(d)]
    async fn c(&self) {}
    #[depends(c)]
    async fn d(&self) {}
}

fn main() {}
