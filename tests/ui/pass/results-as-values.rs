//! `catch` makes a value of a `Result`, also of one under another name.
use adagio::dag;

type AppResult<T> = std::result::Result<T, String>;

struct Checkout;

#[dag]
impl Checkout {
    async fn user(&self) -> Result<u64, String> {
        Err("none".to_owned())
    }
    #[depends(user)]
    #[task(catch)]
    async fn load(&self, user: &u64) -> AppResult<u64> {
        Ok(*user)
    }
    #[task(catch)]
    fn text(&self) -> std::io::Result<String> {
        Ok(String::new())
    }
    #[depends(load, text)]
    async fn total(&self, load: &AppResult<u64>, text: &std::io::Result<String>) -> usize {
        text.as_ref().map_or(0, String::len) + usize::from(load.is_ok())
    }
}

fn main() {
    let _ = Checkout.total();
}
