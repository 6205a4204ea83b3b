//! Opens pages in Chromium and checks what it has drawn. If there is no Chromium, reports that the tests are skipped.

mod chromium;
#[path = "../../../common/mod.rs"]
mod common;
mod docs;
mod picture;
mod profile;
mod report;
mod stored;
