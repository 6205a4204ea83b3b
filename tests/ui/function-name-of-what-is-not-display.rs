//@ errors: 1
struct Page {
    url: String,
}

#[adagio::task(name = "index {page}")]
async fn index(page: &Page) -> usize {
    page.url.len()
}

fn main() {
    index(Page { url: String::new() });
}
