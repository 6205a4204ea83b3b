//! Seven tasks: A; B(A); C; D(B, C); E(D); F(C, D); G(E, F).

use adagio::dag;

struct Diamond;

#[dag]
impl Diamond {
    async fn a(&self) -> u64 {
        1
    }
    #[depends(a)]
    async fn b(&self, a: &u64) -> u64 {
        a + 1
    }
    async fn c(&self) -> u64 {
        3
    }
    #[depends(b, c)]
    async fn d(&self, b: &u64, c: &u64) -> u64 {
        b + c
    }
    #[depends(d)]
    async fn e(&self, d: &u64) -> u64 {
        d + 1
    }
    #[depends(c, d)]
    async fn f(&self, c: &u64, d: &u64) -> u64 {
        c + d
    }
    #[depends(e, f)]
    pub async fn g(&self, e: &u64, f: &u64) -> u64 {
        e * f
    }
}

fn main() {
    let w = std::task::Waker::noop();
    let mut cx = std::task::Context::from_waker(w);
    let d = Diamond;
    let f = std::pin::pin!(d.g());
    println!("{:?}", f.poll(&mut cx));
}
