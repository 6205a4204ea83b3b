//! Every mistake gives the errors whose number its first line says, in the words of its `.stderr`. A binary of its own:
//! it runs the compiler for minutes.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The compiler whose texts are in the `.stderr` files; others word their part differently.
const COMPILER: &str = "rustc 1.95.0 (59807616e 2026-04-14)";

/// Returns what `rustc -V` says where it is not [`COMPILER`].
fn other_compiler() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-V").output().expect("cargo runs tests where rustc is");
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (version != COMPILER).then_some(version)
}

/// Says that something is skipped, to `.ci/run` as well: the harness shows nothing of a test that passes.
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

/// Errors that follow from another one, and one whose words are all rustc's: only the first of such a case is looked at,
/// or none.
const IN_RUSTCS_WORDS: [(&str, usize); 4] = [
    ("two-blocks-of-one-type", 1),
    ("two-blocks-of-one-generic-type", 1),
    ("type-named-like-the-run", 1),
    // That types contain each other, rustc tells by the trait at which it gave up.
    ("graph-in-itself-through-another", 0),
];

#[test]
fn no_error_begins_with_a_name_of_generated_code() {
    for case in cases() {
        let name = case.file_stem().and_then(|name| name.to_str()).expect("a case has a name");
        let looked_at =
            IN_RUSTCS_WORDS.iter().find(|(known, _)| *known == name).map_or(usize::MAX, |(_, first)| *first);
        let stderr = std::fs::read_to_string(case.with_extension("stderr")).expect("a case has its errors beside it");
        for line in stderr.lines().filter(|line| line.starts_with("error")).take(looked_at) {
            // Where the user chose such a name.
            let line = line.replace("names that begin with `__dag_`", "");
            for hidden in ["__private", "__dag", "__Dag", "DoesNotContainItself"] {
                assert!(!line.contains(hidden), "{}: {line}", case.display());
            }
        }
    }
}

#[test]
fn there_are_cases_for_at_least_fifty_mistakes() {
    assert!(cases().len() > 50);
}
