//@ errors: 2
use adagio::task;

struct Shop<T>(T);

impl<T: Send + Sync + 'static> Shop<T> {
    #[task]
    async fn stock(stock: T) -> T {
        stock
    }
}

fn main() {
    Shop::stock(1);
}
