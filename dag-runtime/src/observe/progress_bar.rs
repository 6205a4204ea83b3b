//! An observer that shows how far a run has come, for those who wait for it.

use std::collections::{HashMap, HashSet};
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dag_layout::Shown;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::observe::observer::{Observer, Outcome, TaskEvent};
use crate::observe::timeline::verdict;

/// More lines would push the bar off the screen.
const MOST_LINES: usize = 12;
const TICK: Duration = Duration::from_millis(100);

/// Shows a progress bar for the run and a line for each task under way. If the standard error is not a terminal, it
/// prints a line for each event.
///
/// A task that runs once for each element of a collection counts as one task; its line shows how many elements are done.
/// An element has a line of its own only if it fails.
///
/// Give one to each run. It restores the terminal when the run is dropped.
///
/// # Examples
/// ```
/// # use dag_runtime as adagio;
/// use adagio::Progress;
///
/// let progress = Progress::new().with_total(3);
/// // let quote = checkout.run().observe(progress).quote().await;
/// # drop(progress);
/// ```
pub struct Progress(Mutex<State>);

struct State {
    screen: Screen,
    /// As many tasks as the run has, if that was told.
    total: Option<usize>,
    known: HashSet<u64>,
    ended: HashSet<u64>,
    /// How many elements are done, by task.
    elements: HashMap<u64, usize>,
}

enum Screen {
    Terminal { bars: MultiProgress, run: ProgressBar, lines: HashMap<u64, ProgressBar> },
    Lines(Box<dyn Write + Send>),
}

impl Progress {
    /// Creates a progress bar that counts the tasks as it is told of them.
    #[must_use]
    pub fn new() -> Self {
        if !stderr().is_terminal() {
            return Self::with_screen(Screen::Lines(Box::new(stderr())));
        }
        let progress = Self::drawn_on(ProgressDrawTarget::stderr());
        if let Screen::Terminal { run, .. } = &progress.state().screen {
            run.enable_steady_tick(TICK);
        }
        progress
    }

    /// Sets how many tasks there are: `Checkout::graph().tasks().len()` for `run.all()`.
    #[must_use]
    pub fn with_total(self, tasks: usize) -> Self {
        self.state().total = Some(tasks);
        self.state().count();
        self
    }

    fn drawn_on(target: ProgressDrawTarget) -> Self {
        let bars = MultiProgress::with_draw_target(target);
        let run = bars.add(ProgressBar::new(0).with_style(style("{bar:30} {pos}/{len} tasks, {elapsed}")));
        Self::with_screen(Screen::Terminal { bars, run, lines: HashMap::new() })
    }

    fn with_screen(screen: Screen) -> Self {
        Self(Mutex::new(State {
            screen,
            total: None,
            known: HashSet::new(),
            ended: HashSet::new(),
            elements: HashMap::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn count(&self) {
        if let Screen::Terminal { run, .. } = &self.screen {
            run.set_length(self.known.len().max(self.total.unwrap_or(0)) as u64);
            run.set_position(self.ended.len() as u64);
        }
    }

    /// Counts an element that is done in the line of its task.
    fn note_element(&mut self, element: &TaskEvent<'_>, outcome: &Outcome) {
        match (outcome, element.maker()) {
            (Outcome::Done, Some(task)) => {
                let done = self.elements.entry(task).or_default();
                *done += 1;
                if let Screen::Terminal { lines, .. } = &self.screen {
                    if let Some(line) = lines.get(&task) {
                        line.set_message(format!("{}, {done} done", Shown(element.function())));
                    }
                }
            }
            (Outcome::Failed(_) | Outcome::Panicked, _) => self.say_end(element, outcome),
            _ => {}
        }
    }

    fn say_end(&mut self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let word = verdict::word(Some(outcome));
        let reason = verdict::reason(task.name(), Some(outcome), task.because());
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        self.say(&format!("{}: {word}{reason}", task.name()));
    }

    /// Says something that stays on the screen.
    fn say(&mut self, what: &str) {
        let what = Shown(what);
        // Nobody is left to be told that the standard error is closed.
        _ = match &mut self.screen {
            Screen::Terminal { bars, .. } => bars.println(what.to_string()),
            Screen::Lines(out) => writeln!(out, "{what}"),
        };
    }
}

impl Observer for Progress {
    fn made(&self, task: &TaskEvent<'_>) {
        let mut state = self.state();
        state.known.insert(task.id());
        state.count();
    }

    fn started(&self, task: &TaskEvent<'_>) {
        if task.index().is_some() {
            return;
        }
        let mut state = self.state();
        state.known.insert(task.id());
        state.ended.remove(&task.id());
        let attempt = if task.attempt() == 1 { String::new() } else { format!(", attempt {}", task.attempt()) };
        match &mut state.screen {
            Screen::Terminal { bars, lines, .. } if lines.len() < MOST_LINES => {
                let line = ProgressBar::no_length().with_style(style("  {msg}"));
                let line = bars.add(line.with_message(format!("{}{attempt}", Shown(task.name()))));
                line.tick();
                if let Some(old) = lines.insert(task.id(), line) {
                    old.finish_and_clear();
                }
            }
            Screen::Terminal { .. } => {}
            Screen::Lines(_) => state.say(&format!("{}: started{attempt}", task.name())),
        }
        state.count();
    }

    fn finished(&self, task: &TaskEvent<'_>, outcome: &Outcome) {
        let mut state = self.state();
        if task.index().is_some() {
            state.note_element(task, outcome);
            return;
        }
        state.known.insert(task.id());
        state.ended.insert(task.id());
        if let Screen::Terminal { lines, .. } = &mut state.screen {
            if let Some(line) = lines.remove(&task.id()) {
                line.finish_and_clear();
            }
        }
        let is_quiet = matches!((&state.screen, outcome), (Screen::Terminal { .. }, Outcome::Done));
        if !is_quiet {
            state.say_end(task, outcome);
        }
        state.count();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Screen::Terminal { run, lines, .. } = &self.state().screen {
            lines.values().for_each(ProgressBar::finish_and_clear);
            run.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is one of these above")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::InMemoryTerm;

    use super::*;
    use crate::error::TaskError;

    fn event(id: u64, name: &'static str, attempt: u32) -> TaskEvent<'static> {
        TaskEvent::new(id, name, &[], attempt)
    }

    fn failed() -> Outcome {
        Outcome::Failed(TaskError::new("cart", "503".into()))
    }

    fn on_terminal() -> (InMemoryTerm, Progress) {
        let terminal = InMemoryTerm::new(20, 60);
        // Without a limit of how often it is drawn.
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        (terminal, Progress::drawn_on(target))
    }

    /// What is on the screen, without the times and what draws the bar.
    fn screen(terminal: &InMemoryTerm) -> Vec<String> {
        let words = |line: &str| {
            let words =
                line.split(' ').filter(|word| !word.contains(['█', '░']) && !word.ends_with('s') || *word == "tasks,");
            words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        };
        terminal.contents().lines().map(words).collect()
    }

    #[test]
    fn a_terminal_has_a_bar_and_a_line_for_each_task_under_way() {
        let (terminal, progress) = on_terminal();
        let progress = progress.with_total(3);
        progress.started(&event(0, "user", 1));
        progress.started(&event(1, "cart", 1));
        progress.finished(&event(0, "user", 1), &Outcome::Done);
        progress.started(&event(2, "rates", 1));
        progress.finished(&event(1, "cart", 1), &failed());
        progress.started(&event(1, "cart", 2));
        let state = progress.state();
        let Screen::Terminal { run, lines, .. } = &state.screen else { panic!("a terminal") };
        assert_eq!((run.position(), run.length()), (1, Some(3)));
        let mut under_way: Vec<String> = lines.values().map(ProgressBar::message).collect();
        under_way.sort_unstable();
        assert_eq!(under_way, ["cart, attempt 2", "rates"]);
        assert_eq!(screen(&terminal)[0], "cart: failed (503)");
    }

    #[test]
    fn nothing_is_left_on_a_terminal_but_what_was_said() {
        let (terminal, progress) = on_terminal();
        progress.started(&event(0, "user", 1));
        progress.finished(&event(1, "cart", 1), &Outcome::Skipped { because: "user" });
        drop(progress);
        assert_eq!(screen(&terminal), ["cart: skipped (because of user)"]);
    }

    #[test]
    fn a_thousand_tasks_under_way_take_few_lines() {
        let (_terminal, progress) = on_terminal();
        (0..1000).for_each(|id| progress.started(&event(id, "fetch", 1)));
        let state = progress.state();
        let Screen::Terminal { run, lines, .. } = &state.screen else { panic!("a terminal") };
        assert_eq!((lines.len(), run.length()), (MOST_LINES, Some(1000)));
    }

    #[test]
    fn the_line_of_a_task_counts_its_elements() {
        let (terminal, progress) = on_terminal();
        progress.started(&event(0, "pages", 1));
        let element = |index| event(10 + index as u64, "pages[_]", 1).of_function("pages").of_element(index).made_by(0);
        (0..300).for_each(|index| progress.started(&element(index)));
        (0..299).for_each(|index| progress.finished(&element(index), &Outcome::Done));
        progress.finished(&element(299), &failed());
        let state = progress.state();
        let Screen::Terminal { run, lines, .. } = &state.screen else { panic!("a terminal") };
        assert_eq!((run.position(), run.length(), lines.len()), (0, Some(1), 1));
        assert_eq!(lines[&0].message(), "pages, 299 done");
        assert_eq!(screen(&terminal)[0], "pages[_]: failed (503)");
    }

    /// What was written, for all who hold it.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn without_a_terminal_there_is_a_plain_line_for_each_event() {
        let written = Written::default();
        let progress = Progress::with_screen(Screen::Lines(Box::new(written.clone()))).with_total(2);
        progress.made(&event(0, "user", 1));
        progress.started(&event(0, "user", 1));
        progress.finished(&event(0, "user", 1), &Outcome::Done);
        progress.started(&event(1, "cart", 2));
        progress.finished(&event(1, "cart", 2), &failed());
        drop(progress);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "user: started\nuser: done\ncart: started, attempt 2\ncart: failed (503)\n");
    }
}
