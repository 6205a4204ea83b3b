//! A service that keeps notes. Its parts are one graph: they open side by side where the graph allows it, and `close()`
//! closes them in reverse order, after Ctrl-C, after SIGTERM, and after a start that failed half-way.
//!
//! `cargo run -p service -- notes.db 127.0.0.1:3000`, then
//! `curl -d 'buy milk' http://127.0.0.1:3000/notes && curl http://127.0.0.1:3000/notes`.

mod app;
mod cache;
mod server;
mod worker;

use std::error::Error;
use std::process::ExitCode;

use adagio::{Observer, Outcome, TaskEvent};

use crate::app::App;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(database), Some(address), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: service DATABASE-FILE ADDRESS");
        return ExitCode::FAILURE;
    };
    match serve(&App { database, address }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Opens all parts, serves until the process is asked to end, and closes all parts.
async fn serve(app: &App) -> Result<(), Failure> {
    let mut end = Signals::listen()?;
    let run = app.run().observe(Log);
    let started = tokio::select! {
        server = run.server() => server.map(|server| println!("http://{}/notes", server.address())),
        () = end.arrive() => Ok(()),
    };
    if started.is_ok() {
        end.arrive().await;
    }
    // After a failed start, this closes the parts that are open.
    run.close().await?;
    Ok(started.map_err(|error| format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default()))?)
}

/// Prints which parts open and close.
struct Log;

impl Observer for Log {
    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        if let Outcome::Done = outcome {
            println!("{} is open", task.name());
        }
    }

    fn closing(&self, task: &TaskEvent<'_>) {
        println!("{} closes", task.name());
    }

    fn closed(&self, task: &TaskEvent<'_>, _outcome: &Outcome) {
        println!("{} is closed", task.name());
    }
}

/// The signals that ask the process to end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    has_arrived: bool,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
            has_arrived: false,
        })
    }

    /// Waits until the first signal has arrived.
    async fn arrive(&mut self) {
        if self.has_arrived {
            return;
        }
        tokio::select! {
            () = self.terminated() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        self.has_arrived = true;
    }

    #[cfg(unix)]
    async fn terminated(&mut self) {
        self.terminate.recv().await;
    }

    #[cfg(not(unix))]
    async fn terminated(&mut self) {
        std::future::pending().await
    }
}
