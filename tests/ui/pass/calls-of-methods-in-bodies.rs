#![deny(warnings)]

use adagio::dag;

struct Other;

impl Other {
    async fn user(&self) -> u64 {
        1
    }
}

struct Checkout;

impl Checkout {
    async fn helper(&self) -> u64 {
        1
    }
}

#[dag]
impl Checkout {
    /// Says only that the method is a task.
    #[task]
    pub async fn user(&self) -> u64 {
        self.helper().await
    }
    pub async fn boxed(&self) -> u64 {
        Box::pin(self.user()).await
    }
    pub async fn boxed_in_a_block(&self) -> u64 {
        Box::pin(async move { self.user().await }).await
    }
    pub async fn boxed_by_a_closure(&self) -> u64 {
        let user = || Box::pin(self.user());
        user().await
    }
    pub async fn boxed_outside_of_a_closure(&self) -> u64 {
        Box::pin((async || self.user().await)()).await
    }
    pub async fn of_another_object(&self) -> u64 {
        let other = Other;
        other.user().await
    }
}

fn main() {
    drop(Checkout.user());
}
