//! A parameter may have an underscore, be mutable, be missing, and be a raw identifier.
use adagio::dag;

struct Names;

#[dag]
impl Names {
    fn r#type(&self) -> u64 {
        1
    }
    fn _hidden(&self) -> u64 {
        2
    }
    fn text(&self) -> String {
        String::new()
    }
    #[depends(r#type, text, _hidden)]
    async fn sum(&self, mut r#type: u64, _text: &str, _hidden: &u64) -> u64 {
        r#type += 1;
        r#type
    }
    fn hidden(&self) -> String {
        String::new()
    }
    // Each by its exact name, whichever comes first.
    #[depends(hidden, _hidden)]
    fn exact(&self, _hidden: &u64, hidden: &str) -> usize {
        hidden.len()
    }
    #[depends(sum, text, exact)]
    fn last(&self, text: &String) -> usize {
        text.len()
    }
}

fn main() {
    let _ = Names.last();
}
