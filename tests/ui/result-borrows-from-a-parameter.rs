//@ errors: 1
use adagio::dag;

struct Checkout;

#[dag]
impl Checkout {
    async fn name(&self) -> String {
        "Ada".to_owned()
    }
    #[depends(name)]
    async fn initial<'a>(&self, name: &'a String) -> &'a str {
        &name[..1]
    }
}

fn main() {}
