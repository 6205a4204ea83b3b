//! A handler is moved over in three steps, against a service on a real socket: all by hand; its pricing as a graph; the
//! whole as a graph with that one inside, unchanged. Each step prints the same.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use adagio::dag;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Step 1: one thing after the other, and the two rates wait for each other for no reason.
async fn page_by_hand(api: &Api) -> io::Result<String> {
    let user = api.get("user").await?;
    let (total, discount) = pricing_by_hand(&user, api).await?;
    Ok(format!("{user} pays {total} cents, {discount} less than others"))
}

async fn pricing_by_hand(user: &str, api: &Api) -> io::Result<(u32, u32)> {
    let price = api.number("price").await?;
    let percent = api.number(&format!("discount {user}")).await?;
    let discount = price * percent / 100;
    Ok((price - discount, discount))
}

/// Step 2: the pricing is a graph, and the handler around it stays as it is.
struct Pricing {
    user: String,
    api: Api,
}

#[dag]
impl Pricing {
    async fn price(&self) -> io::Result<u32> {
        self.api.number("price").await
    }

    async fn percent(&self) -> io::Result<u32> {
        self.api.number(&format!("discount {}", self.user)).await
    }

    #[depends(price, percent)]
    fn discount(&self, price: u32, percent: u32) -> u32 {
        price * percent / 100
    }

    #[depends(price, discount)]
    fn total(&self, price: u32, discount: u32) -> u32 {
        price - discount
    }
}

async fn page_half_way(api: &Api) -> io::Result<String> {
    let user = api.get("user").await?;
    let pricing = Pricing { user: user.clone(), api: api.clone() };
    let run = pricing.run();
    let (total, discount) = tokio::try_join!(run.total(), run.discount()).map_err(io::Error::other)?;
    Ok(format!("{user} pays {total} cents, {discount} less than others"))
}

/// Step 3: the handler is a graph, too, and needs two tasks of the other.
struct Page {
    api: Api,
}

#[dag]
impl Page {
    async fn user(&self) -> io::Result<String> {
        self.api.get("user").await
    }

    #[depends(user)]
    #[task(graph)]
    fn pricing(&self, user: String) -> Pricing {
        Pricing { user, api: self.api.clone() }
    }

    #[depends(user, pricing.total, pricing.discount)]
    fn page(&self, user: &str, total: u32, discount: u32) -> String {
        format!("{user} pays {total} cents, {discount} less than others")
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let api = Api { address: start_service().await? };

    let by_hand = page_by_hand(&api).await?;
    println!("by hand:                       {by_hand}");

    let half_way = page_half_way(&api).await?;
    println!("the pricing as a graph:        {half_way}");
    assert_eq!(half_way, by_hand);

    let page = Page { api }.page().await?;
    println!("that graph inside of another:  {page}");
    assert_eq!(page, by_hand);
    Ok(())
}

/// The client of a service that answers a line with a line.
#[derive(Clone)]
struct Api {
    address: SocketAddr,
}

impl Api {
    async fn get(&self, request: &str) -> io::Result<String> {
        let mut stream = BufReader::new(TcpStream::connect(self.address).await?);
        stream.write_all(format!("{request}\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        Ok(answer.trim_end().to_owned())
    }

    async fn number(&self, request: &str) -> io::Result<u32> {
        self.get(request).await?.parse().map_err(io::Error::other)
    }
}

/// Starts the service on a port of the system's choosing.
async fn start_service() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    Ok(address)
}

async fn answer(stream: TcpStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let answer = match request.trim_end() {
        "user" => "Ada",
        "price" => "4200",
        "discount Ada" => "25",
        _ => "unknown",
    };
    stream.write_all(format!("{answer}\n").as_bytes()).await
}
