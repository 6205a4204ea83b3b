impl Crawl {
    fn ids(&self) -> Vec<Id> {
        self.site.ids()
    }

    #[depends(id in ids)]
    #[task(max_concurrency = 8, retry = 3)]
    pub async fn pages(&self, id: &Id) -> Result<Page, FetchError> {
        self.site.load(id).await
    }

    #[depends(page in pages)]
    #[task(spawn)]
    async fn sizes(&self, page: &Page) -> usize {
        page.size().await
    }
}
