//@ errors: 1
struct DbError;
struct HttpError;

struct Shop;

#[adagio::dag]
impl Shop {
    async fn user(&self) -> Result<u64, DbError> {
        Err(DbError)
    }
    #[depends(user)]
    async fn price(&self, user: &u64) -> Result<u64, HttpError> {
        Ok(*user)
    }
    #[depends(price)]
    async fn page(&self, price: &u64) -> Result<u64, DbError> {
        Ok(*price)
    }
}

impl From<HttpError> for DbError {
    fn from(_: HttpError) -> Self {
        Self
    }
}

async fn price(shop: &Shop) {
    let _ = shop.price().await;
}

fn main() {}
