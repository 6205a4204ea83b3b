impl Checkout {
    /// Who is buying.
    async fn user(&self) -> Result<User, ApiError> {
        self.api.user(self.user_id).await
    }

    fn rates(&self) -> &Rates {
        &self.rates
    }

    #[depends(user)]
    #[task(catch)]
    async fn offers(&self, user: &User) -> io::Result<Offers> {
        self.shop.offers(user.id).await
    }

    #[depends(user, rates, offers)]
    #[must_use]
    pub async fn page(&self, user: &User, rates: Rates, offers: &io::Result<Offers>) -> String {
        render(user, rates, offers).await
    }
}
