//! The command line: a command and options, each with a value.

use std::collections::HashMap;
use std::str::FromStr;

const COMMANDS: [&str; 5] = ["serve", "upstream", "soak", "connections", "compare"];

const OPTIONS: [&str; 16] = [
    "at-once",
    "by-hand",
    "clients",
    "closed",
    "database",
    "fail",
    "latency",
    "log",
    "minutes",
    "passes",
    "patience",
    "port",
    "requests",
    "seconds",
    "threads",
    "upstreams",
];

pub(crate) struct Arguments {
    command: String,
    options: HashMap<String, String>,
}

impl Arguments {
    /// Gives the arguments, or none if they make no sense.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut arguments = arguments.peekable();
        let command = arguments.next_if(|first| !first.starts_with("--")).unwrap_or_else(|| "serve".to_owned());
        let mut options = HashMap::new();
        while let Some(option) = arguments.next() {
            let name = option.strip_prefix("--").filter(|name| OPTIONS.contains(name))?;
            options.insert(name.to_owned(), arguments.next()?);
        }
        COMMANDS.contains(&command.as_str()).then_some(Self { command, options })
    }

    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// Gives where the paths of the handler begin that is asked for.
    pub(crate) fn handler(&self) -> Result<&'static str, String> {
        Ok(if self.get("by-hand", 0)? == 1 { "/by-hand" } else { "" })
    }

    /// Gives the value of an option, if it was given.
    pub(crate) fn find<T: FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let parse = |value: &String| value.parse().map_err(|_| format!("`--{name}` cannot be `{value}`"));
        self.options.get(name).map(parse).transpose()
    }

    pub(crate) fn get<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        Ok(self.find(name)?.unwrap_or(default))
    }
}
