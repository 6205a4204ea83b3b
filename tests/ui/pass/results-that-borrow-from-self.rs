//! A result may borrow from `self`.
use adagio::dag;

struct Guard<'a>(&'a str);

struct Config {
    text: String,
}

#[dag]
impl Config {
    fn text(&self) -> &str {
        &self.text
    }
    async fn guard(&self) -> Guard<'_> {
        Guard(&self.text)
    }
    async fn named<'s>(&'s self) -> Result<&'s str, Guard<'s>> {
        Ok(&self.text)
    }
    #[depends(text, guard, named)]
    async fn length(&self, text: &str, guard: &Guard<'_>, named: &&str) -> usize {
        std::future::ready(()).await;
        text.len() + guard.0.len() + named.len()
    }

    #[depends(guard)]
    async fn through_a_parameter<'s, 't>(&'s self, guard: &'t Guard<'s>) -> &'s str {
        guard.0
    }
}

fn main() {
    let _ = Config { text: String::new() }.length();
}
