impl<'a, S, const N: usize> Batch<'a, S, N>
where
    S: Store,
{
    const SIZE: usize = N;

    async fn keys(&self) -> &[S::Key] {
        &self.keys
    }

    #[depends(keys)]
    async fn rows(&self, keys: &[S::Key]) -> [S::Row; N] {
        self.store.load(keys).await
    }
}
