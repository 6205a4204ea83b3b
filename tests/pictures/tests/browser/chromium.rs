//! A headless Chromium that opens one page at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde::de::DeserializeOwned;

/// The browser runs without the network: a page contains everything that it needs.
const OPTIONS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=60000",
    "--dump-dom",
];

/// A page that the browser has opened.
pub(crate) struct Opened {
    dom: String,
    log: String,
}

/// Opens a page with a script at its end, which returns a value as JSON. Returns `None` if there is no Chromium.
pub(crate) fn open(page: &Path, expression: &str) -> Option<Opened> {
    let Some(browser) = find() else {
        eprintln!("skipped: there is no `chromium` on the PATH");
        return None;
    };
    let script = include_str!("probe.js");
    let probe = format!(
        "<script>{script}\nconst said = document.createElement('script');\nsaid.type = 'text/json';\n\
         said.id = 'said';\nsaid.textContent = JSON.stringify({expression});\ndocument.body.append(said);</script>"
    );
    let probed = page.with_extension("probed.html");
    fs::write(&probed, fs::read_to_string(page).unwrap() + &probe).unwrap();
    let name = page.file_stem().unwrap().to_string_lossy();
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("profile-{name}"));
    _ = fs::remove_dir_all(&profile);
    let output = Command::new(browser)
        .args(OPTIONS)
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", probed.display()))
        .output()
        .unwrap();
    _ = fs::remove_dir_all(profile);
    let (dom, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{log}");
    Some(Opened { dom: dom.into_owned(), log: log.into_owned() })
}

impl Opened {
    /// Returns the value of the script.
    pub(crate) fn said<T: DeserializeOwned>(&self) -> T {
        let (_, said) = self.dom.rsplit_once("id=\"said\">").expect("the script has said something");
        serde_json::from_str(said.split("</script>").next().unwrap()).unwrap()
    }

    /// Returns the lines of the browser's console.
    pub(crate) fn console(&self) -> Vec<&str> {
        self.log.lines().filter(|line| line.contains("CONSOLE")).collect()
    }
}

fn find() -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join("chromium")).find(|path| path.is_file())
}
