//! An error converts in one step; the object may be its own error.
use adagio::dag;

#[derive(Clone)]
struct Service;

struct Low;
struct App;

impl From<Low> for App {
    fn from(_: Low) -> Self {
        App
    }
}

impl From<Low> for Service {
    fn from(_: Low) -> Self {
        Service
    }
}

#[dag]
impl Service {
    async fn low(&self) -> Result<u64, Low> {
        Err(Low)
    }
    #[depends(low)]
    fn plain(&self, low: &u64) -> u64 {
        *low
    }
    #[depends(plain)]
    async fn app(&self, plain: &u64) -> Result<u64, App> {
        Ok(*plain)
    }
    #[depends(plain)]
    async fn own(&self, plain: &u64) -> Result<u64, Self> {
        Ok(*plain)
    }
    #[depends(low)]
    #[task(catch)]
    async fn caught(&self) -> Result<u64, App> {
        Ok(1)
    }
    fn text(&self) -> std::io::Result<String> {
        Ok(String::new())
    }
}

fn main() {
    drop((Service.app(), Service.own(), Service.caught(), Service.text()));
}
