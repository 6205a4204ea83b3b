//! A service that keeps notes. Its parts are one graph: they open side by side where the graph allows it, and `close()`
//! closes them in reverse order, after Ctrl-C, after SIGTERM, and after a start that failed half-way. A second signal ends
//! the process at once.
//!
//! `cargo run -p service -- notes.db 127.0.0.1:3000`, then
//! `curl -d 'buy milk' http://127.0.0.1:3000/notes && curl http://127.0.0.1:3000/notes`.

mod app;
mod background;
mod cache;
mod server;
mod signals;
mod worker;

use std::error::Error;
use std::process::ExitCode;

use adagio::{Observer, Outcome, TaskEvent};

use crate::app::App;
use crate::signals::Signals;

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
    let mut signals = Signals::listen()?;
    let run = app.run().observe(Log);
    let started = tokio::select! {
        server = run.server() => server.map(|server| Some(server.address())),
        () = signals.next() => Ok(None),
    };
    if let Ok(Some(address)) = started {
        println!("http://{address}/notes");
        signals.next().await;
    }
    // After a failed start, this closes the parts that are open.
    let closed = tokio::select! {
        closed = run.close() => closed.map_err(|error| whole(&error)),
        () = signals.next() => Err("a signal ended the service before all parts were closed".into()),
    };
    both(started.map(drop).map_err(|error| whole(&error)), closed)
}

/// Returns an error with the text of its sources.
fn whole(error: &dyn Error) -> Failure {
    let (mut text, mut error) = (error.to_string(), error);
    while let Some(source) = error.source() {
        text = format!("{text}: {source}");
        error = source;
    }
    text.into()
}

/// Returns the error of the start, that of the end, or one that says both.
fn both(started: Result<(), Failure>, closed: Result<(), Failure>) -> Result<(), Failure> {
    match (started, closed) {
        (Err(start), Err(end)) => Err(format!("{start}\n{end}").into()),
        (started, closed) => started.and(closed),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_end_does_not_hide_that_of_the_start() {
        let error = both(Err("no port".into()), Err("a full disk".into())).unwrap_err();
        assert_eq!(error.to_string(), "no port\na full disk");
        assert_eq!(both(Err("no port".into()), Ok(())).unwrap_err().to_string(), "no port");
        assert_eq!(both(Ok(()), Err("a full disk".into())).unwrap_err().to_string(), "a full disk");
    }
}
