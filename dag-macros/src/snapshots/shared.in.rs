impl<S: Store> Report<S> {
    #[task(timeout = "250ms", retry = 3, retry_if = is_transient)]
    async fn words(&self) -> Result<Vec<String>, StoreError> {
        self.store.words().await
    }

    #[depends(words)]
    #[task(spawn)]
    async fn longest(&self, words: &[String]) -> usize {
        words.iter().map(String::len).max().unwrap_or(0)
    }

    #[depends(words, longest)]
    #[task(blocking)]
    pub fn summary(&self, words: &[String], longest: usize) -> String {
        format!("{} words, at most {longest} letters", words.len())
    }
}
