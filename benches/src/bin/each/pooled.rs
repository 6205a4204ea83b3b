//! Bodies that take a connection of a pool, send a number over it, and wait until it comes back.

use std::sync::{Mutex, PoisonError};

use adagio_benches::body::{Body, Sockets};
use tokio::net::TcpStream;

/// The connections, and which of them are free.
struct Pool {
    connections: &'static [TcpStream],
    free: Mutex<Vec<usize>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Pooled(&'static Pool);

impl Pooled {
    pub(crate) fn new(connections: &'static [TcpStream]) -> Self {
        let free = Mutex::new((0..connections.len()).collect());
        Self(Box::leak(Box::new(Pool { connections, free })))
    }

    fn free(self) -> std::sync::MutexGuard<'static, Vec<usize>> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for Pooled {
    type Value = u64;

    const WAITS: bool = true;

    async fn run(self, task: usize, sum: u64) -> u64 {
        let connection = self.free().pop().expect("there are as many connections as bodies");
        // A connection sends back what it gets, whichever it is.
        let result =
            Sockets(self.0.connections).run(connection, number(task, sum).wrapping_sub(connection as u64)).await;
        self.free().push(connection);
        result
    }
}

/// Returns the number to send.
fn number(task: usize, sum: u64) -> u64 {
    sum.wrapping_add(task as u64)
}
