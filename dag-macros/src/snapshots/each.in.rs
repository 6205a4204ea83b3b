impl Site {
    async fn ids(&self) -> Vec<Id> {
        self.index().await
    }

    async fn shop(&self) -> Shop {
        self.connect().await
    }

    #[depends(id in ids, shop)]
    #[task(max_concurrency = 8)]
    async fn pages(&self, id: &Id, shop: &Shop) -> Result<Page, FetchError> {
        shop.fetch(id).await
    }

    #[depends(page in pages, shop)]
    fn rows(&self, page: &Page, shop: &Shop) -> Vec<Row> {
        page.rows(shop)
    }

    #[depends((name, price) in prices)]
    fn offers(&self, name: &str, price: u64) -> Offer {
        Offer::new(name, price)
    }

    #[depends(pages)]
    fn prices(&self, pages: &[Page]) -> BTreeMap<String, u64> {
        pages.iter().map(Page::price).collect()
    }
}
