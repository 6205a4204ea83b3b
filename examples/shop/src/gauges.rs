//! What a process of the shop holds at a moment.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::ALLOCATOR;
use crate::shop::Requests;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Gauges {
    pub(crate) started: u64,
    pub(crate) answered: u64,
    /// Requests that were dropped because their client had gone.
    pub(crate) left: u64,
    /// Requests that there was no room for.
    pub(crate) refused: u64,
    pub(crate) tasks: usize,
    /// The allocated memory.
    pub(crate) bytes: usize,
    /// Files and sockets that are open; none where there is no `/proc`.
    pub(crate) files: usize,
    pub(crate) threads: Vec<String>,
    /// Time on a processor.
    pub(crate) busy_nanoseconds: u64,
    pub(crate) resident_bytes: usize,
}

impl Gauges {
    /// Reads the gauges of this process; those that only Linux has are empty elsewhere.
    pub(crate) fn read(requests: &Requests) -> Self {
        Self {
            started: requests.started(),
            answered: requests.answered(),
            left: requests.left(),
            refused: requests.refused(),
            tasks: Handle::current().metrics().num_alive_tasks(),
            bytes: ALLOCATOR.allocated(),
            files: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            threads: threads("comm").unwrap_or_default(),
            busy_nanoseconds: busy_nanoseconds().unwrap_or_default(),
            resident_bytes: resident_bytes().unwrap_or_default(),
        }
    }

    pub(crate) fn under_way(&self) -> u64 {
        self.started - self.answered - self.left
    }
}

/// Reads a file of each thread of this process.
fn threads(file: &str) -> io::Result<Vec<String>> {
    let read = |thread: io::Result<fs::DirEntry>| Ok(fs::read_to_string(thread?.path().join(file))?.trim().to_owned());
    fs::read_dir("/proc/self/task")?.map(read).collect()
}

fn busy_nanoseconds() -> io::Result<u64> {
    let first = |schedstat: String| schedstat.split(' ').next().and_then(|busy| busy.parse::<u64>().ok());
    Ok(threads("schedstat")?.into_iter().filter_map(first).sum())
}

fn resident_bytes() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    Ok(kibibytes.unwrap_or_default() * 1024)
}
