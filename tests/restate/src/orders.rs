//! The messages between the tests and the bodies, as files in a folder.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The folder.
#[derive(Clone)]
pub(crate) struct Orders(PathBuf);

impl Orders {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Counts an execution. The test may stop the task before it has done anything, or in its middle.
    pub(crate) async fn step(&self, task: &str) {
        self.wait_while(&format!("stop-{task}")).await;
        self.log(task);
        self.wait_while(&format!("hold-{task}")).await;
    }

    pub(crate) async fn wait_while(&self, order: &str) {
        while self.has(order) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn log(&self, task: &str) {
        let mut log =
            OpenOptions::new().append(true).create(true).open(self.0.join("log")).expect("the folder is there");
        log.write_all(format!("{task}\n").as_bytes()).expect("the log can be written");
    }

    /// Returns how often a task was executed, this time included.
    pub(crate) fn executions(&self, task: &str) -> usize {
        let log = fs::read_to_string(self.0.join("log")).unwrap_or_default();
        log.lines().filter(|line| *line == task).count()
    }

    pub(crate) fn has(&self, order: &str) -> bool {
        self.0.join(order).exists()
    }
}
