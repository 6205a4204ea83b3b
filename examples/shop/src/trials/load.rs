//! A client that keeps its connection, and sees each byte that comes back on it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::upstreams::REQUEST_ID;

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(1024, stream) })
    }

    pub(crate) async fn send(&mut self, path: &str, request: u64) -> io::Result<()> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n{REQUEST_ID}: {request}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await
    }

    /// Sends a request of which the end is missing.
    pub(crate) async fn send_half(&mut self, path: &str) -> io::Result<()> {
        self.stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: sh").as_bytes()).await
    }

    /// Reads one answer, after which nothing may come.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(unreadable)?;
        let mut length = 0;
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(|_| unreadable())?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        if self.stream.buffer().is_empty() { Ok(Answer { status, body }) } else { Err(unreadable()) }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn unreadable() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
