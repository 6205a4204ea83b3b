//@ errors: 1
#[adagio::task(name = "")]
async fn fetch(url: String) -> usize {
    url.len()
}

fn main() {
    fetch("/a");
}
