/// Asks for a price.
pub async fn quote<C: Client>(client: &C, id: &str, amount: u32) -> Result<Price, ApiError> {
    client.quote(id, amount).await
}
