//@ errors: 1
#[adagio::task(name = "fetch {0}")]
async fn fetch(url: String) -> usize {
    url.len()
}

fn main() {
    fetch("/a");
}
