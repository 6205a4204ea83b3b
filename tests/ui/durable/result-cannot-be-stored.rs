//@ errors: 1
use adagio::dag;

struct Checkout;

struct Connection(u32);

#[dag(durable)]
impl Checkout {
    pub async fn connection(&self) -> Connection {
        Connection(7)
    }

    #[depends(connection)]
    pub async fn again(&self, _connection: &Connection) -> Result<Connection, String> {
        Ok(Connection(8))
    }
}

fn main() {}
