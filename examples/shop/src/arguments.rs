//! The command line: a command, flags, and options, each with a value.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

const COMMANDS: [&str; 5] = ["serve", "upstream", "soak", "connections", "compare"];

const FLAGS: [&str; 5] = ["busy", "by-hand", "closed", "outage", "overload"];

const OPTIONS: [&str; 23] = [
    "at-once",
    "breaker",
    "clients",
    "connections",
    "database",
    "drain",
    "fail",
    "host",
    "latency",
    "log",
    "minutes",
    "operators",
    "passes",
    "patience",
    "port",
    "remember",
    "requests",
    "seconds",
    "slow",
    "slow-client",
    "threads",
    "times",
    "upstreams",
];

pub(crate) struct Arguments {
    command: String,
    flags: HashSet<String>,
    options: HashMap<String, String>,
}

impl Arguments {
    /// Returns the arguments, or none if they make no sense.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut arguments = arguments.peekable();
        let command = arguments.next_if(|first| !first.starts_with("--")).unwrap_or_else(|| "serve".to_owned());
        let (mut flags, mut options) = (HashSet::new(), HashMap::new());
        while let Some(argument) = arguments.next() {
            let name = argument.strip_prefix("--")?;
            if FLAGS.contains(&name) {
                flags.insert(name.to_owned());
            } else if OPTIONS.contains(&name) {
                options.insert(name.to_owned(), arguments.next()?);
            } else {
                return None;
            }
        }
        COMMANDS.contains(&command.as_str()).then_some(Self { command, flags, options })
    }

    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// Returns where the paths of the handler begin that is asked for.
    pub(crate) fn handler(&self) -> &'static str {
        if self.has("by-hand") { "/by-hand" } else { "" }
    }

    /// Whether a flag was given.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// Returns the value of an option, if it was given.
    pub(crate) fn find<T: FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let parse = |value: &String| value.parse().map_err(|_| format!("`--{name}` cannot be `{value}`"));
        self.options.get(name).map(parse).transpose()
    }

    pub(crate) fn get<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        Ok(self.find(name)?.unwrap_or(default))
    }
}
