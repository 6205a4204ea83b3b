//! Nothing is asked to be `Send` under `local`.
use adagio::dag;
use std::rc::Rc;

struct Checkout(Rc<u64>);

#[dag(local)]
impl Checkout {
    async fn user(&self) -> Rc<u64> {
        self.0.clone()
    }
    #[depends(user)]
    async fn cart(&self, user: &Rc<u64>) -> u64 {
        let user = Rc::clone(user);
        std::future::ready(()).await;
        *user
    }
}

fn main() {
    let _ = Checkout(Rc::new(1)).cart();
}
