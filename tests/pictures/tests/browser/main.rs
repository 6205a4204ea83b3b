//! Opens pages in Chromium and asks it what it has drawn. Where there is no Chromium, says that it is skipped.

mod chromium;
mod docs;
mod picture;
mod profile;
mod report;
