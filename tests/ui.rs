//! Every case gets as many errors as its first line says, with the text of its `.stderr`. A separate binary, because it
//! runs the compiler for minutes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The compiler whose messages are in the `.stderr` files; the messages of other compilers differ.
const COMPILER: &str = "rustc 1.95.0 (59807616e 2026-04-14)";

/// Returns the output of `rustc -V` if it is not [`COMPILER`].
fn other_compiler() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-V").output().expect("cargo runs tests where rustc is");
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (version != COMPILER).then_some(version)
}

/// Reports that a test is skipped, also to `.ci/run`: the harness shows no output of a test that passes.
fn skip(reason: &str) {
    println!("skipped: {reason}");
    if let Some(list) = std::env::var_os("ADAGIO_SKIPPED") {
        let mut list = OpenOptions::new().create(true).append(true).open(list).expect("the list can be written");
        writeln!(list, "{reason}").expect("the list can be written");
    }
}

#[test]
fn mistakes_are_told_in_these_words() {
    if let Some(version) = other_compiler() {
        skip(&format!("the texts of mistakes are those of {COMPILER}, this is {version}"));
        return;
    }
    let cases = trybuild::TestCases::new();
    if cfg!(feature = "tokio") {
        cases.compile_fail("tests/ui/*.rs");
    } else {
        cases.compile_fail("tests/ui/without-tokio/*.rs");
    }
    cases.compile_fail(if cfg!(feature = "durable") {
        "tests/ui/durable/*.rs"
    } else {
        "tests/ui/without-durable/*.rs"
    });
}

/// These pin no text, so that any compiler can build them.
#[test]
fn what_is_no_mistake_builds() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

/// The failing cases.
fn cases() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let folders = ["durable", "without-durable", "without-tokio", ""].map(|name| folder.join(name));
    let entries = folders.iter().flat_map(|folder| folder.read_dir().expect("the cases are beside this file"));
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn a_mistake_gives_as_many_errors_as_its_first_line_says() {
    for case in cases() {
        let source = std::fs::read_to_string(&case).expect("a case can be read");
        let said = source.lines().next().and_then(|line| line.strip_prefix("//@ errors: "));
        let said: usize = said.and_then(|count| count.parse().ok()).expect("the first line says how many errors");
        let stderr = std::fs::read_to_string(case.with_extension("stderr")).expect("a case has its errors beside it");
        let given = stderr.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(given, said, "{}", case.display());
    }
}

/// Cases with errors that follow from another error: only the first errors are checked.
const WITH_FOLLOWING_ERRORS: [(&str, usize); 1] = [("type-named-like-the-run", 1)];

#[test]
fn no_error_begins_with_a_name_of_generated_code() {
    for case in cases() {
        let name = case.file_stem().and_then(|name| name.to_str()).expect("a case has a name");
        let looked_at =
            WITH_FOLLOWING_ERRORS.iter().find(|(known, _)| *known == name).map_or(usize::MAX, |(_, first)| *first);
        let stderr = std::fs::read_to_string(case.with_extension("stderr")).expect("a case has its errors beside it");
        for line in stderr.lines().filter(|line| line.starts_with("error")).take(looked_at) {
            // The user may have chosen such a name.
            let line = line.replace("names that begin with `__dag_`", "");
            for hidden in ["__private", "__dag", "__Dag"] {
                assert!(!line.contains(hidden), "{}: {line}", case.display());
            }
        }
    }
}

#[test]
fn there_are_cases_for_at_least_fifty_mistakes() {
    assert!(cases().len() > 50);
}
