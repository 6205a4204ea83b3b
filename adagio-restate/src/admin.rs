//! In: a query. Out: the rows that the admin interface of the server answers.

use std::error::Error;
use std::fmt;

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

/// A question to the server that came to nothing.
#[derive(Debug)]
pub struct AdminError {
    what: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl AdminError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
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

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

/// Asks the server at `admin`, such as `http://127.0.0.1:9070`.
pub(crate) async fn query<T: DeserializeOwned>(admin: &str, query: &str) -> Result<Vec<T>, AdminError> {
    let uri: Uri = admin.parse().map_err(|error| AdminError::because("the address of the server is no URL", error))?;
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(AdminError::new(format!("`{admin}` is not of the form `http://host:port`")));
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
        .body(Full::new(Bytes::from(json!({"query": query}).to_string())))
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
    let rows: Rows<T> = serde_json::from_slice(&body)
        .map_err(|error| AdminError::because("the server's answer is new to us", error))?;
    Ok(rows.rows)
}
