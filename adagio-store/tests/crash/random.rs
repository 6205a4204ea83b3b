//! Processes that are killed or stopped at random points. A variable sets how many: `ADAGIO_STORE_KILLS=200
//! ADAGIO_STORE_PAIRS=200 ADAGIO_STORE_SLOW=2000`.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::child::{DONE, ELSEWHERE, TASKS, UNWRITTEN};
use crate::parent::{Process, done, notes, starts, stop_between_writes, stored, until_started};

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A number that a variable may set: `ADAGIO_STORE_KILLS=200 ADAGIO_STORE_SLOW=2000`, for example.
fn setting(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// How long `slow` takes, in milliseconds.
fn slow() -> u64 {
    setting("ADAGIO_STORE_SLOW", 120)
}

/// Whether no task that was stored has started again since.
fn check_stored(what: &str, notes: &Path, kept: &BTreeMap<String, Vec<u8>>, before: &BTreeMap<&str, usize>) {
    let after = starts(notes);
    for task in kept.keys() {
        assert_eq!(after[task.as_str()], before[task.as_str()], "{what}: `{task}` is stored, and ran again");
    }
}

/// Checks a run that is done.
fn check_done(what: &str, file: &Path, notes: &Path) {
    assert_eq!(stored(file, what).len(), TASKS.len());
    let starts = starts(notes);
    assert!(starts["charge"] >= 3 && starts["coupon"] >= 3, "{what}: two attempts failed: {starts:?}");
}

pub(crate) fn kills(folder: &Path) {
    let file = folder.join("runs.db");
    let (wanted, slow) = (setting("ADAGIO_STORE_KILLS", 40), slow());
    let mut random = Random(7);
    let (mut killed, mut run) = (0, 0);
    while killed < wanted {
        run += 1;
        let id = format!("run-{run}");
        let notes = notes(folder, &id);
        loop {
            let (kept, before) = (stored(&file, &id), starts(&notes));
            let arguments = [file.to_str().unwrap(), "40", &id, notes.to_str().unwrap(), &slow.to_string()];
            let mut process = Process::start(&arguments);
            sleep(Duration::from_millis(random.below(slow * 2 + 20)));
            process.signal_if_alive();
            let code = process.wait(&id);
            check_stored(&id, &notes, &kept, &before);
            match code {
                None => killed += 1,
                code => {
                    assert!(done(code), "{id} ended with {code:?}");
                    break;
                }
            }
        }
        check_done(&id, &file, &notes);
    }
    println!("{run} runs, {killed} kills");
}

/// Two processes have the file. One starts a run, and is killed or stopped at some point; the other ends the run. A process
/// that was stopped continues after that.
pub(crate) fn pairs(folder: &Path) {
    let file = folder.join("runs.db");
    let path = file.to_str().unwrap();
    let (rounds, slow) = (setting("ADAGIO_STORE_PAIRS", 8), slow());
    let mut random = Random(11);
    let (mut killed, mut stopped) = (0, 0);
    for round in 0..rounds {
        let id = format!("run-{round}");
        let notes = notes(folder, &id);
        let mut first = Process::start(&[path, "300", &id, notes.to_str().unwrap(), &slow.to_string()]);
        until_started(&notes, "reserve");
        let mut second = Process::start(&[path, "300", "recover"]);
        sleep(Duration::from_millis(random.below(slow + slow / 2)));
        let is_stopped = round % 2 == 1 && stop_between_writes(&mut first, &file);
        if !is_stopped {
            first.signal_if_alive();
            killed += u64::from(first.wait(&id).is_none());
        }
        let (kept, before) = (stored(&file, &id), starts(&notes));
        assert!(done(second.wait(&id)), "{id}");
        check_stored(&id, &notes, &kept, &before);
        check_done(&id, &file, &notes);
        if is_stopped {
            stopped += 1;
            let finished = stored(&file, &id);
            first.signal("-CONT");
            let code = first.wait(&id);
            let codes = [DONE, ELSEWHERE, UNWRITTEN].map(|code| Some(i32::from(code)));
            assert!(codes.contains(&code), "{id}: {code:?}");
            assert_eq!(stored(&file, &id), finished, "{id}: it wrote after another process had taken the run");
        }
    }
    println!("{rounds} runs, {killed} kills, {stopped} stops");
}
