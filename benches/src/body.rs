//! What the tasks do: return at once, yield, make a block of bytes, exchange a message over a socket, wait for a timer, or
//! send an HTTP request.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::http::Client;

/// The result of a task, seen as a number by those who need it.
pub trait Value: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Returns the number.
    fn number(&self) -> u64;

    /// Makes a small result, where a contestant has to add inputs on the way.
    fn of(number: u64) -> Self;
}

impl Value for u64 {
    #[inline]
    fn number(&self) -> u64 {
        *self
    }

    fn of(number: u64) -> Self {
        number
    }
}

/// As many bytes as a result in a real program has; a clone copies them.
impl Value for Vec<u8> {
    #[inline]
    fn number(&self) -> u64 {
        self.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn of(number: u64) -> Self {
        number.to_le_bytes().to_vec()
    }
}

/// The bodies of a graph, all of one kind.
pub trait Body: Copy + Send + Sync + 'static {
    /// The result of each task.
    type Value: Value;

    /// Whether the bodies wait for something that takes time, so that their futures are also polled in vain.
    const WAITS: bool = false;

    /// Runs the body of a task, given the sum of its inputs.
    fn run(self, task: usize, sum: u64) -> impl Future<Output = Self::Value> + Send;
}

/// Adds the inputs of a task that are in a slice, as one writes it by hand.
#[inline]
pub fn sum_of<V: Value>(inputs: &[&V]) -> u64 {
    sum(inputs.iter().copied())
}

/// Adds the inputs of a task.
#[inline]
pub fn sum<'v, V: Value>(inputs: impl IntoIterator<Item = &'v V>) -> u64 {
    inputs.into_iter().fold(0, |sum, input| sum.wrapping_add(input.number()))
}

/// Runs a task, or only adds its inputs.
pub(crate) async fn work<B: Body>(body: B, task: Option<usize>, sum: u64) -> B::Value {
    match task {
        Some(task) => body.run(task, sum).await,
        None => B::Value::of(sum),
    }
}

#[inline]
fn add(task: usize, sum: u64) -> u64 {
    sum.wrapping_add(task as u64)
}

/// Returns at once.
#[derive(Clone, Copy)]
pub struct AtOnce;

impl Body for AtOnce {
    type Value = u64;

    #[inline]
    async fn run(self, task: usize, sum: u64) -> u64 {
        add(task, sum)
    }
}

/// Yields once to the runtime, which wakes the task after it has polled all others. A body that wakes its task while it is
/// polled would be unfair to `FuturesUnordered`, which returns to the runtime after two such bodies.
#[derive(Clone, Copy)]
pub struct Yields;

impl Body for Yields {
    type Value = u64;

    #[inline]
    async fn run(self, task: usize, sum: u64) -> u64 {
        tokio::task::yield_now().await;
        add(task, sum)
    }
}

/// Lets others have a turn, once, also without a runtime.
#[derive(Clone, Copy)]
pub struct OneYield;

impl Body for OneYield {
    type Value = u64;

    #[inline]
    async fn run(self, task: usize, sum: u64) -> u64 {
        YieldOnce::default().await;
        add(task, sum)
    }
}

/// Wakes its task and is done when polled again.
#[derive(Default)]
pub struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A body that returns the given number of bytes.
#[derive(Clone, Copy)]
pub struct Bytes(pub usize);

impl Body for Bytes {
    type Value = Vec<u8>;

    #[inline]
    async fn run(self, task: usize, sum: u64) -> Vec<u8> {
        let mut bytes = vec![1; self.0];
        bytes[..8].copy_from_slice(&add(task, sum).to_le_bytes());
        bytes
    }
}

/// Sends a number to a server and waits until it comes back: a connection a task.
#[derive(Clone, Copy)]
pub struct Sockets(pub &'static [TcpStream]);

impl Body for Sockets {
    type Value = u64;

    const WAITS: bool = true;

    async fn run(self, task: usize, sum: u64) -> u64 {
        let mut message = add(task, sum).to_le_bytes();
        exchange(&self.0[task], &mut message).await.expect("the server answers");
        u64::from_le_bytes(message)
    }
}

/// Waits for a millisecond.
#[derive(Clone, Copy)]
pub struct Timers;

impl Body for Timers {
    type Value = u64;

    const WAITS: bool = true;

    async fn run(self, task: usize, sum: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        add(task, sum)
    }
}

/// Sends an HTTP request, and waits for the answer.
#[derive(Clone, Copy)]
pub struct Http(pub &'static Client);

impl Body for Http {
    type Value = u64;

    const WAITS: bool = true;

    async fn run(self, task: usize, sum: u64) -> u64 {
        self.0.exchange(add(task, sum)).await.expect("the server answers")
    }
}

async fn exchange(connection: &TcpStream, message: &mut [u8; 8]) -> std::io::Result<()> {
    // Eight bytes are written and read whole on the loopback interface.
    loop {
        connection.writable().await?;
        match connection.try_write(message) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            written => break assert_eq!(written?, message.len()),
        }
    }
    loop {
        connection.readable().await?;
        match connection.try_read(message) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            read => break assert_eq!(read?, message.len()),
        }
    }
    Ok(())
}
