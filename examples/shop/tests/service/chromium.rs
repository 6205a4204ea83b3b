//! A headless Chromium that is told what to do through a pipe, in the `DevTools` protocol. It needs no script in the page.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Chromium says something within so long, or it hangs.
const DEADLINE: Duration = Duration::from_secs(120);

const OPTIONS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
];

pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last: u64,
    _profile: TempDir,
}

impl Browser {
    /// Opens a page in which no script runs. Returns nothing where there is no Chromium.
    pub(crate) fn open() -> Option<Self> {
        let Some(browser) = find() else {
            eprintln!("skipped: there is no `chromium` on the PATH");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // It reads from file 3 and writes to file 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 0</dev/null 1>&2", "sh"])
            .arg(browser)
            .args(OPTIONS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut browser = Self { child, input, messages, session: None, last: 0, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "DOM", "CSS"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
        Some(browser)
    }

    pub(crate) fn look(&mut self, width: u32, scheme: &str) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    pub(crate) fn go_to(&mut self, url: &str) {
        let gone = self.call("Page.navigate", json!({"url": url}));
        assert!(gone.get("errorText").is_none(), "{url}: {gone}");
        self.wait_for("Page.loadEventFired");
    }

    /// Clicks in the middle of an element, and waits for the page that this leads to.
    pub(crate) fn click(&mut self, selector: &str) {
        let node = self.find(selector);
        self.call("DOM.scrollIntoViewIfNeeded", node.clone());
        let quads = self.call("DOM.getContentQuads", node);
        let at = |corner: usize| quads["quads"][0][corner].as_f64().unwrap();
        let (x, y) = (f64::midpoint(at(0), at(4)), f64::midpoint(at(1), at(5)));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
        self.wait_for("Page.loadEventFired");
    }

    /// Returns the HTML of an element.
    pub(crate) fn html(&mut self, selector: &str) -> String {
        let node = self.find(selector);
        self.call("DOM.getOuterHTML", node)["outerHTML"].as_str().unwrap().to_owned()
    }

    /// Returns a property of an element as the browser has worked it out.
    pub(crate) fn style(&mut self, selector: &str, property: &str) -> String {
        let node = self.find(selector);
        let computed = self.call("CSS.getComputedStyleForNode", node);
        let properties = computed["computedStyle"].as_array().unwrap();
        let found = properties.iter().find(|one| one["name"] == property).unwrap();
        found["value"].as_str().unwrap().to_owned()
    }

    /// Returns how wide the page is, and how much of that can be seen.
    pub(crate) fn widths(&mut self) -> (f64, f64) {
        let metrics = self.call("Page.getLayoutMetrics", json!({}));
        (
            metrics["cssContentSize"]["width"].as_f64().unwrap(),
            metrics["cssLayoutViewport"]["clientWidth"].as_f64().unwrap(),
        )
    }

    fn find(&mut self, selector: &str) -> Value {
        let root = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let found = self.call("DOM.querySelector", json!({"nodeId": root, "selector": selector}))["nodeId"].clone();
        assert_ne!(found, 0, "there is no {selector}");
        json!({"nodeId": found})
    }

    fn call(&mut self, method: &str, parameters: impl Into<Value>) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters.into()});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        write!(self.input, "{message}\0").unwrap();
        self.input.flush().unwrap();
        let id = self.last;
        let mut answer = self.next(|message| message["id"] == id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    fn wait_for(&mut self, event: &str) {
        self.next(|message| message["method"] == event);
    }

    fn next(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.messages.recv_timeout(DEADLINE).expect("Chromium says nothing");
            if is_wanted(&message) {
                return message;
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn find() -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join("chromium")).find(|path| path.is_file())
}
