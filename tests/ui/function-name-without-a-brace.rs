//@ errors: 1
#[adagio::task(name = "fetch {url")]
async fn fetch(url: String) -> usize {
    url.len()
}

fn main() {
    fetch("/a");
}
