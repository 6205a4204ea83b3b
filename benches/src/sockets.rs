//! A server on the loopback interface, on a thread of its own, that sends back what it gets.

use std::io::Result;
use std::net::SocketAddr;
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Starts the server.
///
/// # Errors
/// If there is no loopback interface.
pub fn serve() -> Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        runtime.block_on(async {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(echo(connection));
            }
        });
    });
    Ok(address)
}

async fn echo(mut connection: TcpStream) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut message = [0; 8];
    loop {
        connection.read_exact(&mut message).await?;
        connection.write_all(&message).await?;
    }
}

/// Opens connections that stay open as long as the program runs.
///
/// # Errors
/// If the server does not answer.
pub async fn connect(server: SocketAddr, connections: usize) -> Result<&'static [TcpStream]> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        let connection = TcpStream::connect(server).await?;
        connection.set_nodelay(true)?;
        opened.push(connection);
    }
    Ok(opened.leak())
}
