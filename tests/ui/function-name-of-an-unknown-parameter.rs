//@ errors: 1
#[adagio::task(name = "fetch {ulr} at depth {depth:>2}")]
async fn fetch(url: String, depth: u32) -> usize {
    url.len() * depth as usize
}

fn main() {
    fetch("/a", 1);
}
