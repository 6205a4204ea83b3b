//! The process that kills the others, and looks at what they leave.

use std::collections::BTreeMap;
use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::child::{AWAITED, DONE, ELSEWHERE, TASKS, UNOPENED, UNWRITTEN};
use crate::random;

/// No machine is too slow for this.
const DEADLINE: Duration = Duration::from_secs(300);

pub(crate) fn main() {
    test("no_stored_task_runs_again_after_a_kill", random::kills);
    test("one_of_two_processes_is_lost_at_any_time", random::pairs);
    test("another_process_takes_the_runs_of_a_dead_one", takes_over);
    test("a_process_that_was_stopped_writes_nothing_when_it_wakes_up_late", wakes_up_late);
    test("a_full_disk_loses_nothing_that_was_stored", full_disk);
    test("a_file_that_may_not_grow_loses_nothing_that_was_stored", file_that_may_not_grow);
    test("a_folder_that_may_not_be_written_is_named", locked_folder);
}

fn test(name: &str, scenario: fn(&Path)) {
    let folder = std::env::temp_dir().join(format!("adagio-store-crash-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let began = Instant::now();
    scenario(&folder);
    println!("test {name} ... ok ({:.1} s)", began.elapsed().as_secs_f64());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A process that is killed when the test fails.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self(Self::command(arguments).spawn().unwrap())
    }

    /// Starts a process whose `slow` waits for a file.
    fn start_waiting(arguments: &[&str], awaited: &Path) -> Self {
        Self(Self::command(arguments).env(AWAITED, awaited).spawn().unwrap())
    }

    fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("child").args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Whether all its threads have stopped, where the system can tell.
    fn has_stopped(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.0.id())) else { return true };
        let states = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap());
        states.into_iter().all(|state| state.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T')))
    }

    /// Returns the exit code, or `None` if the process was killed.
    pub(crate) fn wait(&mut self, what: &str) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < DEADLINE, "{what}: it hangs");
            sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

pub(crate) fn done(code: Option<i32>) -> bool {
    code == Some(i32::from(DONE))
}

/// How often each body of a run has started.
pub(crate) fn starts(notes: &Path) -> BTreeMap<&'static str, usize> {
    let count = |task: &&str| std::fs::read_to_string(notes.join(task)).map_or(0, |text| text.lines().count());
    TASKS.iter().map(|task| (*task, count(task))).collect()
}

/// The outcomes of a run, as another program reads them from the file: its results, and the failures that are final.
pub(crate) fn stored(file: &Path, id: &str) -> BTreeMap<String, Vec<u8>> {
    let Ok(connection) = Connection::open(file) else { return BTreeMap::new() };
    let sql = "SELECT task, value FROM results JOIN runs ON number = run WHERE id = ?1 UNION ALL \
               SELECT task, CAST(attempts.error AS BLOB) FROM attempts JOIN runs ON number = run WHERE id = ?1 AND next IS NULL";
    // The file may have no tables yet.
    let Ok(mut statement) = connection.prepare(sql) else { return BTreeMap::new() };
    let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn notes(folder: &Path, id: &str) -> PathBuf {
    let notes = folder.join(id);
    std::fs::create_dir_all(&notes).unwrap();
    notes
}

impl Process {
    /// Kills it as `kill -9` does, unless it has ended.
    pub(crate) fn signal_if_alive(&mut self) {
        if self.0.try_wait().unwrap().is_none() {
            self.0.kill().unwrap();
        }
    }
}

/// Waits until a body of a run has started.
pub(crate) fn until_started(notes: &Path, task: &str) {
    let began = Instant::now();
    while starts(notes)[task] == 0 {
        assert!(began.elapsed() < DEADLINE, "`{task}` never starts");
        sleep(Duration::from_millis(2));
    }
}

fn takes_over(folder: &Path) {
    let file = folder.join("runs.db");
    let notes = notes(folder, "run");
    let path = file.to_str().unwrap();
    let mut first =
        Process::start_waiting(&[path, "1000", "run", notes.to_str().unwrap(), "50"], &folder.join("awaited"));
    until_started(&notes, "slow");
    let mut second = Process::start(&[path, "1000", "recover"]);
    sleep(Duration::from_millis(100));
    first.0.kill().unwrap();
    let kept = stored(&file, "run");
    let before = starts(&notes);
    assert!(done(second.wait("the second process")));
    let after = starts(&notes);
    assert!(kept.keys().all(|task| after[task.as_str()] == before[task.as_str()]), "{before:?}, then {after:?}");
    assert_eq!(stored(&file, "run").len(), TASKS.len());
    assert_eq!(after["slow"], 2);
}

/// Stops a process while it writes nothing: a process that is stopped in the middle of a write keeps the lock of the file.
/// Returns false if it ends first.
pub(crate) fn stop_between_writes(process: &mut Process, file: &Path) -> bool {
    let began = Instant::now();
    loop {
        if process.0.try_wait().unwrap().is_some() {
            return false;
        }
        process.signal("-STOP");
        // `kill` does not wait: a thread that runs just now may still take the lock.
        while !process.has_stopped() {
            assert!(began.elapsed() < DEADLINE, "it does not stop");
            sleep(Duration::from_millis(1));
        }
        let connection = Connection::open(file).unwrap();
        connection.busy_timeout(Duration::from_millis(100)).unwrap();
        if connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok() {
            return true;
        }
        process.signal("-CONT");
        assert!(began.elapsed() < DEADLINE, "it always writes");
        sleep(Duration::from_millis(3));
    }
}

fn wakes_up_late(folder: &Path) {
    let file = folder.join("runs.db");
    let notes = notes(folder, "run");
    let path = file.to_str().unwrap();
    let mut first =
        Process::start_waiting(&[path, "1000", "run", notes.to_str().unwrap(), "50"], &folder.join("awaited"));
    until_started(&notes, "slow");
    assert!(stop_between_writes(&mut first, &file));
    let mut second = Process::start(&[path, "1000", "recover"]);
    assert!(done(second.wait("the second process")));
    let finished = stored(&file, "run");
    assert_eq!(finished.len(), TASKS.len());
    std::fs::write(folder.join("awaited"), "").unwrap();
    first.signal("-CONT");
    let code = first.wait("the first process");
    assert!(code == Some(i32::from(ELSEWHERE)) || code == Some(i32::from(UNWRITTEN)), "{code:?}");
    assert_eq!(stored(&file, "run"), finished, "it wrote after another process had taken the run");
    assert_ne!(finished["slow"], first.0.id().to_string().into_bytes());
    assert_eq!(starts(&notes)["mail"], 1);
}

fn file_that_may_not_grow(folder: &Path) {
    // Blocks of 1,024 bytes: room for the small results, and none for that of 1 MB.
    let script = r#"trap "" XFSZ; ulimit -f 512; exec "$0" child "$@""#;
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
    starved(&folder.join("runs.db"), folder, command, || ());
}

fn full_disk(folder: &Path) {
    let Some(disk) = SmallDisk::mount(folder.join("disk")) else { return skip("no small tmpfs can be mounted here") };
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("child");
    starved(&disk.0.join("runs.db"), folder, command, || disk.grow());
}

/// Runs a process that has no room for a result of 1 MB, and another one when there is room.
fn starved(file: &Path, folder: &Path, mut command: Command, make_room: impl FnOnce()) {
    let notes = notes(folder, "run");
    let arguments = [file.to_str().unwrap(), "40", "run", notes.to_str().unwrap(), "50"];
    command.args(arguments).stderr(Stdio::piped());
    let Output { status, stderr, .. } = command.output().unwrap();
    let text = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(i32::from(UNWRITTEN)), "{text}");
    assert!(text.contains(file.to_str().unwrap()), "{text}");

    let (kept, before) = (stored(file, "run"), starts(&notes));
    assert!(kept.contains_key("reserve") && !kept.contains_key("picture"), "{:?}", kept.keys());
    make_room();
    assert!(done(Process::start(&arguments).wait("with room on the disk")));
    let after = starts(&notes);
    assert!(kept.keys().all(|task| after[task.as_str()] == before[task.as_str()]), "{before:?}, then {after:?}");
}

/// A file system in memory with room for 600 kB, which is there until this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Returns `None` where this process may not mount.
    fn mount(path: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"]).arg(&path).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(path))
    }

    fn grow(&self) {
        let status = Command::new("mount").args(["-o", "remount,size=16m"]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Reports that a test is skipped, also to `.ci/run`.
fn skip(reason: &str) {
    println!("skipped: {reason}");
    if let Some(list) = std::env::var_os("ADAGIO_SKIPPED") {
        let mut list = OpenOptions::new().create(true).append(true).open(list).unwrap();
        writeln!(list, "adagio-store: {reason}").unwrap();
    }
}

/// Root may write everywhere, so the process that must not is one of nobody, who has a copy of this program.
const NOBODY: u32 = 65_534;

fn locked_folder(folder: &Path) {
    let (locked, notes) = (folder.join("locked"), notes(folder, "run"));
    std::fs::create_dir_all(&locked).unwrap();
    let file = locked.join("runs.db");
    let arguments = [file.to_str().unwrap(), "40", "run", notes.to_str().unwrap(), "5"];
    let program = folder.join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mode = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    mode(&program, 0o755);
    let is_root = std::fs::metadata(folder).unwrap().uid() == 0;
    let refused = || {
        mode(&locked, 0o555);
        let mut command = Command::new(&program);
        command.arg("child").args(arguments).stdin(Stdio::null());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let Output { status, stderr, .. } = command.output().unwrap();
        mode(&locked, 0o755);
        let text = String::from_utf8_lossy(&stderr).into_owned();
        assert_eq!(status.code(), Some(i32::from(UNOPENED)), "{text}");
        assert!(text.contains(file.to_str().unwrap()), "{text}");
        text
    };
    assert!(refused().contains("unable to open database file"));
    // A file that is there may be read in the best case, and a store writes.
    assert!(done(Process::start(&arguments).wait("in a folder that may be written")));
    let kept = stored(&file, "run");
    assert_eq!(kept.len(), TASKS.len());
    if is_root {
        assert!(refused().contains("readonly"));
    }
    assert_eq!(stored(&file, "run"), kept);
}
