//@ errors: 1
use adagio::dag;

struct Shop;

struct Row;

#[dag]
impl Shop {
    async fn rows(&self) -> Vec<Row> {
        vec![Row]
    }

    #[depends(row in rows)]
    async fn double(&self, row: Row) -> Row {
        row
    }
}

fn main() {}
