//@ errors: 2
use adagio::dag;

struct Checkout {
    name: String,
}

#[dag(durable)]
impl Checkout {
    pub async fn name(&self) -> Result<&str, String> {
        Ok(&self.name)
    }

    pub async fn kinds(&self) -> Vec<&'static str> {
        Vec::new()
    }

    #[depends(name)]
    pub async fn hello(&self, name: &str) -> Result<String, &'static str> {
        Ok(format!("Hello, {name}"))
    }
}

fn main() {
    let _ = Checkout { name: String::new() };
}
