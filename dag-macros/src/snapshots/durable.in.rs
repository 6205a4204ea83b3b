impl Order {
    async fn reserve(&self) -> Result<Shelf, BankError> {
        self.warehouse.reserve(self.id).await
    }

    #[depends(reserve)]
    #[task(remote, retry = 5, backoff = "100ms..1m")]
    pub async fn charge(&self, reserve: &Shelf) -> Result<Receipt, BankError> {
        self.bank.charge(reserve).await
    }
}
