//! Opens pages in Chromium and checks what it has drawn. If there is no Chromium, reports that the tests are skipped.

mod chromium;
mod docs;
mod picture;
mod profile;
mod report;
mod stored;
