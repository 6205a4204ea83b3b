//! In: a query. Out: the rows that the admin interface of the server answers.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpStream;

/// The error of a question to the server.
#[derive(Debug)]
pub struct AdminError {
    what: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl AdminError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }

    /// The server refuses ids that it cannot have given with a failure of its database.
    pub(crate) fn of_invocation(self, id: &str) -> Self {
        let causes = format!("{} {}", self.what, self.source().map(ToString::to_string).unwrap_or_default());
        if causes.contains("non valid invocation id") {
            return Self::new(format!("`{id}` is not the id of an invocation"));
        }
        self
    }

    fn because(what: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: what.to_owned(), source: Some(source.into()) }
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

impl Error for AdminError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Posts the body of a request, and returns that of the answer.
type Post = Arc<dyn Fn(String) -> PostFuture + Send + Sync>;
type PostFuture = Pin<Box<dyn Future<Output = Result<Vec<u8>, AdminError>> + Send>>;

/// The way to the admin interface of a server.
#[derive(Clone)]
pub struct Admin(Post);

impl Admin {
    /// Asks by an HTTP client of your own, for a server behind TLS or a token. `post` sends a JSON body to the path `/query`
    /// of the admin interface, with the header `accept: application/json`, and returns the body of the answer.
    ///
    /// # Examples
    /// ```
    /// # struct Client;
    /// # struct Request;
    /// # impl Client { fn post(&self, _: &str) -> Request { Request } }
    /// # impl Request {
    /// #     fn bearer_auth(self, _: &str) -> Self { self }
    /// #     fn header(self, _: &str, _: &str) -> Self { self }
    /// #     fn body(self, _: String) -> Self { self }
    /// #     async fn send(self) -> std::io::Result<Self> { Ok(self) }
    /// #     fn error_for_status(self) -> std::io::Result<Self> { Ok(self) }
    /// #     async fn bytes(self) -> std::io::Result<Vec<u8>> { Ok(Vec::new()) }
    /// # }
    /// # let client = std::sync::Arc::new(Client);
    /// use adagio_restate::Admin;
    ///
    /// // With a client of `reqwest`.
    /// let admin = Admin::with(move |body| {
    ///     let client = client.clone();
    ///     async move {
    ///         let request = client.post("https://restate.example.com/query").bearer_auth("a secret").body(body);
    ///         let request = request.header("content-type", "application/json").header("accept", "application/json");
    ///         request.send().await?.error_for_status()?.bytes().await
    ///     }
    /// });
    /// # let _ = admin;
    /// ```
    pub fn with<F, B, E>(post: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<B, E>> + Send + 'static,
        B: Into<Vec<u8>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self(Arc::new(move |body| {
            let answer = post(body);
            Box::pin(async move {
                let answer = answer.await.map(Into::into);
                answer.map_err(|error| AdminError::because("the server cannot be asked", error))
            })
        }))
    }

    /// Returns the rows that answer a query.
    pub(crate) async fn query<T: DeserializeOwned>(&self, query: &str) -> Result<Vec<T>, AdminError> {
        let answer = (self.0)(json!({"query": query}).to_string()).await?;
        let rows: Result<Rows<T>, _> = serde_json::from_slice(&answer);
        // A client that does not look at the status hands on the text of a refusal.
        let unexpected =
            |error| AdminError::because(&format!("the server's answer is `{}`", beginning(&answer)), error);
        Ok(rows.map_err(unexpected)?.rows)
    }
}

impl From<&str> for Admin {
    /// Takes the address of an admin interface without TLS, such as `http://127.0.0.1:9070`.
    fn from(address: &str) -> Self {
        let address = address.to_owned();
        Self(Arc::new(move |body| Box::pin(post(address.clone(), body))))
    }
}

impl From<&String> for Admin {
    fn from(address: &String) -> Self {
        address.as_str().into()
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Admin").finish_non_exhaustive()
    }
}

/// Returns the text at the beginning of an answer.
fn beginning(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).chars().take(100).collect()
}

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

/// Posts to the server at `admin`, such as `http://127.0.0.1:9070`.
async fn post(admin: String, body: String) -> Result<Vec<u8>, AdminError> {
    let uri: Uri = admin.parse().map_err(|error| AdminError::because("the address of the server is no URL", error))?;
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        let text = "is not of the form `http://host:port`; for `https`, pass `Admin::with` a client that speaks TLS";
        return Err(AdminError::new(format!("`{admin}` {text}")));
    };
    let address = (authority.host(), authority.port_u16().unwrap_or(80));
    let unreachable = |error| AdminError::because("the server cannot be reached", error);
    let stream = TcpStream::connect(address).await.map_err(unreachable)?;
    let broken = |error| AdminError::because("the connection to the server broke", error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/query")
        .header(HOST, authority.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| AdminError::because("the address of the server is no URL", error))?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(broken)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(broken)?.to_bytes();
    connection.abort();
    if !status.is_success() {
        let text = String::from_utf8_lossy(&body);
        return Err(AdminError::new(format!("the server refuses the query: {status}: {text}")));
    }
    Ok(body.to_vec())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn a_client_of_ones_own_posts_the_query_and_gets_the_rows() {
        let posted = Arc::new(Mutex::new(Vec::new()));
        let admin = Admin::with({
            let posted = Arc::clone(&posted);
            move |body| {
                posted.lock().unwrap().push(body);
                async { Ok::<_, std::io::Error>(br#"{"rows":[7]}"#.to_vec()) }
            }
        });
        assert_eq!(admin.query::<u32>("select 7").await.unwrap(), [7]);
        assert_eq!(*posted.lock().unwrap(), [r#"{"query":"select 7"}"#]);
        let broken = Admin::with(|_| async { Err::<Vec<u8>, _>(std::io::Error::other("no route")) });
        let error = broken.query::<u32>("select 7").await.unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.source().unwrap().to_string().as_str()),
            ("the server cannot be asked", "no route")
        );
    }

    #[tokio::test]
    async fn an_answer_without_rows_is_told() {
        let admin = Admin::with(|_| async { Ok::<_, std::io::Error>(format!("who are you?{}", " ".repeat(1000))) });
        let error = admin.query::<u32>("select 7").await.unwrap_err();
        assert_eq!(error.to_string(), format!("the server's answer is `who are you?{}`", " ".repeat(88)));
    }

    #[tokio::test]
    async fn an_address_with_tls_needs_a_client() {
        let error = Admin::from("https://127.0.0.1:9070").query::<u32>("select 7").await.unwrap_err();
        let text = "`https://127.0.0.1:9070` is not of the form `http://host:port`; for `https`, pass `Admin::with` a client \
                    that speaks TLS";
        assert_eq!(error.to_string(), text);
    }
}
