//@ errors: 4
//! A task for each element whose `#[depends(..)]` names the collection alone.

use adagio::dag;

struct Site;

#[dag]
impl Site {
    fn ids(&self) -> Vec<u32> {
        vec![1, 2]
    }

    #[depends(ids)]
    async fn pages(&self, id: &u32) -> String {
        id.to_string()
    }

    #[depends(ids)]
    async fn hosts(&self, host: &u32) -> String {
        host.to_string()
    }

    #[depends(hosts, ids)]
    async fn links(&self, host: &str, id: &u32) -> String {
        format!("{host}/{id}")
    }
}

fn main() {}
