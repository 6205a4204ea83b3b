//@ errors: 1
#[adagio::task(name = url)]
async fn fetch(url: String) -> usize {
    url.len()
}

fn main() {
    fetch("/a");
}
