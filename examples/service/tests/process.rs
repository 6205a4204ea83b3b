//! The service as a process of its own: how it ends while requests are under way, and how a start fails.
#![cfg(unix)]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use sqlx::SqlitePool;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// A test that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(180);

struct Service {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Service {
    fn start(database: &Path, address: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
        command.arg(database).arg(address).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Returns the lines that the service prints, up to one that begins with a text.
    async fn lines_to(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            lines.push(line);
            if lines.last().unwrap().starts_with(last) {
                return lines;
            }
        }
        panic!("no line begins with {last:?}: {lines:?}");
    }

    async fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &command]).status().await.unwrap().success());
    }

    /// Waits for the end. Returns the lines that are left, what was told of an error, and the status.
    async fn ended(mut self) -> (Vec<String>, String, ExitStatus) {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            lines.push(line);
        }
        let mut error = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut error).await.unwrap();
        (lines, error, self.child.wait().await.unwrap())
    }

    /// Returns the address that the service prints when all its parts are open.
    async fn address(&mut self) -> SocketAddr {
        let opened = self.lines_to("http://").await;
        opened.last().unwrap()["http://".len()..].strip_suffix("/notes").unwrap().parse().unwrap()
    }
}

/// Asks a service for all notes.
async fn notes(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /notes HTTP/1.1\r\nhost: notes\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Completes a request, which is accepted.
async fn complete(mut stream: TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
}

/// Begins to add a note; returns when the service asks for its text.
async fn begin(address: SocketAddr, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /notes HTTP/1.1\r\nhost: notes\r\nconnection: close\r\nexpect: 100-continue\r\n";
    stream.write_all(format!("{head}content-length: {length}\r\n\r\n").as_bytes()).await.unwrap();
    let mut asked = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn requests_under_way_are_answered_and_then_everything_closes_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("notes.db");
    let work = async {
        let mut service = Service::start(&database, "127.0.0.1:0");
        let address = service.address().await;
        let mut requests = Vec::new();
        for note in 10..30 {
            let text = format!("note {note}");
            requests.push((begin(address, text.len()).await, text));
        }

        service.signal("TERM").await;
        // Nothing else closes as long as requests are under way.
        assert_eq!(service.lines_to("server closes").await, ["server closes"]);
        let mut texts = Vec::new();
        for (stream, text) in requests {
            complete(stream, &text).await;
            texts.push(text);
        }
        let (closed, error, status) = service.ended().await;
        assert!(status.success() && error.is_empty(), "{status}, {error}");
        let place = |line: &str| closed.iter().position(|other| other == line).unwrap_or_else(|| panic!("{closed:?}"));
        assert_eq!((place("server is closed"), place("database is closed")), (0, closed.len() - 1));
        assert!(place("worker closes") < place("worker is closed"));
        assert!(place("worker is closed") < place("database closes"));
        assert!(place("cache closes") < place("cache is closed"));
        assert!(place("cache is closed") < place("database closes"));
        assert_eq!(closed.len(), 7);

        // The worker has written every note.
        let pool = SqlitePool::connect(&format!("sqlite:{}", database.display())).await.unwrap();
        let notes: Vec<(String,)> =
            sqlx::query_as("SELECT text FROM note ORDER BY text").fetch_all(&pool).await.unwrap();
        assert_eq!(notes.into_iter().map(|(note,)| note).collect::<Vec<_>>(), texts);
        pool.close().await;
    };
    timeout(DEADLINE, work).await.expect("the test takes too long");
}

#[tokio::test]
async fn notes_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("notes.db");
    let work = async {
        for (note, shown) in [("milk", "milk\n"), ("bread", "milk\nbread\n")] {
            let mut service = Service::start(&database, "127.0.0.1:0");
            let address = service.address().await;
            complete(begin(address, note.len()).await, note).await;
            assert_eq!(notes(address).await, shown);
            service.signal("INT").await;
            assert!(service.ended().await.2.success());
        }
    };
    timeout(DEADLINE, work).await.expect("the test takes too long");
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let work = async {
        let mut service = Service::start(&folder.path().join("notes.db"), "127.0.0.1:0");
        let _request = begin(service.address().await, 4).await;
        service.signal("INT").await;
        service.lines_to("server closes").await;
        service.signal("INT").await;
        let (_, error, status) = service.ended().await;
        assert!(!status.success());
        assert_eq!(error, "a signal ended the service before all parts were closed\n");
    };
    timeout(DEADLINE, work).await.expect("the test takes too long");
}

#[tokio::test]
async fn a_start_that_fails_closes_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = Service::start(&folder.path().join("notes.db"), &taken.local_addr().unwrap().to_string());
    let (lines, error, status) = timeout(DEADLINE, service.ended()).await.expect("the test takes too long");
    assert!(!status.success());
    assert!(error.starts_with("task `server` failed: "), "{error}");
    let closed: Vec<&String> = lines.iter().filter(|line| line.ends_with("is closed")).collect();
    assert_eq!(closed.len(), 3, "{lines:?}");
    assert_eq!(lines.last().unwrap(), "database is closed");
}
