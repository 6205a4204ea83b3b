//@ errors: 1
struct DbError;
struct PageError;

struct Shop;

#[adagio::dag]
impl Shop {
    async fn user(&self) -> Result<u64, DbError> {
        Err(DbError)
    }
    #[depends(user)]
    async fn page(&self, user: &u64) -> Result<u64, PageError> {
        Ok(*user)
    }
    #[depends(user)]
    async fn basket(&self, user: &u64) -> Result<u64, PageError> {
        Ok(*user)
    }
}

fn main() {}
