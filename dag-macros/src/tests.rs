//! The macro never panics, neither on half-typed code nor on shuffled tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::expand_dag;
use crate::function::expand_task;

const BLOCKS: [&str; 5] = [
    "impl Checkout {
        const LIMIT: usize = 8;
        /// Who is buying.
        async fn user(&self) -> Result<User, ApiError> { self.api.user(1).await }
        #[depends(user)]
        #[task(catch, close = Cart::close, close_timeout = \"1s\", retry = 3, backoff = \"50ms..2s\", retry_if = ApiError::is_transient, retry_after = wait)]
        pub async fn cart(&self, user: &User) -> Result<Cart, ApiError> { todo!() }
        #[depends(cart, user)]
        fn total<'s>(&'s self, _cart: &Result<Cart, ApiError>, mut user: User) -> &'s u64 { &self.total }
    }",
    "#[allow(dead_code)]
    impl<'a, T: Clone + Send, const N: usize> a::Checkout<'a, T, N> where T: Sync {
        #[depends(b, r#type)]
        #[instrument(skip(self))]
        #[expect(dead_code, reason = \"later\")]
        async fn a(&self, b: &[T; N], r#type: io::Result<Self>) -> Option<&T> { None }
        fn b(self: &Self) -> [T; { Self::N }] { [self.0; N] }
        fn r#type(&self) -> io::Result<T> { loop {} }
    }",
    "impl Caught {
        async fn b(&self) -> Result<u8, E> { Ok(1) }
        #[depends(catch b, catch c.d, lazy b, move b)]
        fn a(&self, b: Option<&u8>, d: Result<u8, TaskError>) -> u8 { 1 }
        #[task(graph, permit = |this| &this.permits)] #[depends(catch b)] fn c(&self) -> C { C }
    }",
    "impl Broken {
        #[depends(b)] async fn a(&self, b: &u8) {}
        #[depends(a, a, self.c, \"d\", e.f)] async fn b(&self, (x, y): (u8, u8)) -> impl Future {}
        #[cfg(test)] const unsafe extern \"C\" fn c<T>(self: Box<Self>) -> Box<dyn Fn(&T) -> &'_ T>;
        task!(d);
        #[task(timeout = 1, unknown)] #[depends] fn run(&mut self, ...) {}
    }",
    "impl Trait for Checkout { #[depends(a)] fn a(&self) {} }",
];

const FUNCTIONS: [&str; 3] = [
    "/// Fetches.
    #[instrument] pub(crate) async fn fetch<'a, T: Read<'a>, const N: usize>(from: &'a str, &(a, b): &([T; N], u8), n: &'static u8)
        -> io::Result<Vec<T>> where T: Send, 'a: 'static { if from. }",
    "async fn open(stock: Cow<'_, Self>) -> Arc<dyn for<'x> Fn(&'x Self) -> u8> { Arc::new(|_| 5) }",
    "#[depends(a)] const unsafe extern \"C\" fn a(x: impl Trait, y: &mut u8, ...) -> &u8;",
];

const OPTIONS: [&str; 4] = ["", "local, crate = ::adagio", "spawn, max_concurrency = 8, durable", "local(1), crate, 5"];

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }
}

/// Deletes, doubles, swaps or replaces a token, here or inside a group.
fn mutate(tokens: TokenStream, donor: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return donor.get(random.below(donor.len())).cloned().into_iter().collect();
    }
    let place = random.below(tokens.len());
    if let (TokenTree::Group(group), true) = (&tokens[place], random.below(8) != 0) {
        // A fragment of a `macro_rules!` arrives in a group without delimiters.
        let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
        let delimiter = if random.below(32) == 0 { delimiters[random.below(4)] } else { group.delimiter() };
        tokens[place] = Group::new(delimiter, mutate(group.stream(), donor, random)).into();
        return tokens.into_iter().collect();
    }
    match random.below(5) {
        0 => _ = tokens.remove(place),
        1 => tokens.insert(place, tokens[place].clone()),
        2 => {
            let other = random.below(tokens.len());
            tokens.swap(place, other);
        }
        3 => tokens[place] = donor[random.below(donor.len())].clone(),
        _ => tokens[place] = Group::new(Delimiter::None, tokens[place].clone().into()).into(),
    }
    tokens.into_iter().collect()
}

fn flatten(tokens: TokenStream, flat: &mut Vec<TokenTree>) {
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            flatten(group.stream(), flat);
        }
        flat.push(token);
    }
}

fn parsed(source: &str) -> TokenStream {
    source.parse().expect("the source is made of tokens")
}

#[test]
fn shuffled_tokens_never_make_the_macro_panic() {
    let mut random = Random(0x5eed);
    let mut donor = Vec::new();
    for source in BLOCKS.iter().chain(&OPTIONS) {
        flatten(parsed(source), &mut donor);
    }
    for case in 0..6_000 {
        let mut item = parsed(BLOCKS[case % BLOCKS.len()]);
        let mut options = parsed(OPTIONS[random.below(OPTIONS.len())]);
        for _ in 0..=random.below(6) {
            item = mutate(item, &donor, &mut random);
        }
        if random.below(3) == 0 {
            options = mutate(options, &donor, &mut random);
        }
        expand_dag(options, item);
    }
}

#[test]
fn shuffled_tokens_of_functions_never_make_the_macro_panic() {
    let mut random = Random(0xf00d);
    let mut donor = Vec::new();
    for source in FUNCTIONS.iter().chain(&BLOCKS) {
        flatten(parsed(source), &mut donor);
    }
    let options = [
        "",
        "retry = 3, retry_if = f, backoff = \"1s..2s\"",
        "blocking, catch",
        "name = \"{n:>3} {{}} {from:?}\"",
        "spawn, finish, timeout = \"1s\"",
    ];
    for case in 0..3_000 {
        let mut item = parsed(FUNCTIONS[case % FUNCTIONS.len()]);
        let mut options = parsed(options[random.below(options.len())]);
        for _ in 0..=random.below(6) {
            item = mutate(item, &donor, &mut random);
        }
        if random.below(3) == 0 {
            options = mutate(options, &donor, &mut random);
        }
        expand_task(options, item);
    }
}

#[test]
fn a_body_that_does_not_parse_yet_still_expands() {
    let expansion = expand_dag(
        TokenStream::new(),
        parsed(
            "impl Checkout { async fn user(&self) -> u64 { self. } #[depends(user)] fn cart(&self, user: &u64) { if user. } }",
        ),
    );
    let expansion = expansion.to_string();
    assert!(!expansion.contains("compile_error"), "{expansion}");
    assert!(expansion.contains("async fn cart (& self)"), "{expansion}");
    assert!(expansion.contains("{ if user . }"), "{expansion}");
}

#[test]
fn a_block_with_a_mistake_keeps_its_terminals() {
    let expansion = expand_dag(
        TokenStream::new(),
        parsed(
            "impl Checkout { async fn user(&self) -> u64 { 1 } #[depends(usr)] pub async fn cart(&self, user: &u64) -> Cart { self. } }",
        ),
    );
    let expansion = expansion.to_string();
    assert_eq!(expansion.matches("compile_error").count(), 1, "{expansion}");
    assert!(expansion.contains("pub async fn cart (& self) -> Cart"), "{expansion}");
}
