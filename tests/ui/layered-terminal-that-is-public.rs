//@ errors: 1
pub struct DbError;
pub struct HttpError;

pub struct Shop;

#[adagio::dag]
impl Shop {
    async fn user(&self) -> Result<u64, DbError> {
        Err(DbError)
    }
    #[depends(user)]
    pub async fn price(&self, user: &u64) -> Result<u64, HttpError> {
        Ok(*user)
    }
    #[depends(price)]
    pub async fn page(&self, price: &u64) -> Result<u64, HttpError> {
        Ok(*price)
    }
    #[depends(page)]
    pub async fn sent(&self, page: &u64) -> Result<u64, HttpError> {
        Ok(*page)
    }
}

fn main() {}
