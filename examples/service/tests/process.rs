//! The service as a process of its own: how it ends while requests are under way, and how a start fails.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use sqlx::SqlitePool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
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
        let mut child =
            command.arg(database).arg(address).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Returns the lines that the service prints, up to one that begins with a text.
    fn lines_to(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for line in self.lines.by_ref() {
            lines.push(line.unwrap());
            if lines.last().unwrap().starts_with(last) {
                return lines;
            }
        }
        panic!("no line begins with {last:?}: {lines:?}");
    }

    fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Waits for the end. Returns the lines that are left, what was told of an error, and the status.
    fn ended(mut self) -> (Vec<String>, String, ExitStatus) {
        let lines = self.lines.by_ref().map(Result::unwrap).collect();
        let mut error = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut error).unwrap();
        (lines, error, self.child.wait().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended by itself needs neither.
        _ = self.child.kill();
        _ = self.child.wait();
    }
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
        let opened = service.lines_to("http://");
        let address: SocketAddr =
            opened.last().unwrap()["http://".len()..].strip_suffix("/notes").unwrap().parse().unwrap();
        let mut requests = Vec::new();
        for note in 10..30 {
            let text = format!("note {note}");
            requests.push((begin(address, text.len()).await, text));
        }

        service.signal("TERM");
        // Nothing else closes as long as requests are under way.
        assert_eq!(service.lines_to("server closes"), ["server closes"]);
        for (stream, text) in &mut requests {
            stream.write_all(text.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
        }
        let (closed, error, status) = service.ended();
        assert!(status.success() && error.is_empty(), "{status}, {error}");
        let place = |line: &str| closed.iter().position(|other| other == line).unwrap_or_else(|| panic!("{closed:?}"));
        assert_eq!((place("server is closed"), place("database is closed")), (0, closed.len() - 1));
        assert!(place("worker closes") < place("worker is closed"));
        assert!(place("worker is closed") < place("database closes"));
        assert!(place("cache closes") < place("cache is closed"));
        assert_eq!(closed.len(), 7);

        // The worker has written every note.
        let pool = SqlitePool::connect(&format!("sqlite:{}", database.display())).await.unwrap();
        let notes: Vec<(String,)> =
            sqlx::query_as("SELECT text FROM note ORDER BY text").fetch_all(&pool).await.unwrap();
        let texts: Vec<String> = requests.into_iter().map(|(_, text)| text).collect();
        assert_eq!(notes.into_iter().map(|(note,)| note).collect::<Vec<_>>(), texts);
        pool.close().await;
    };
    timeout(DEADLINE, work).await.expect("the test takes too long");
}

#[tokio::test]
async fn a_start_that_fails_closes_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = Service::start(&folder.path().join("notes.db"), &taken.local_addr().unwrap().to_string());
    let (lines, error, status) = service.ended();
    assert!(!status.success());
    assert!(error.starts_with("task `server` failed: "), "{error}");
    let closed: Vec<&String> = lines.iter().filter(|line| line.ends_with("is closed")).collect();
    assert_eq!(closed.len(), 3, "{lines:?}");
    assert_eq!(lines.last().unwrap(), "database is closed");
}
