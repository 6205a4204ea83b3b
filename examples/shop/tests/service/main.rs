//! The shop as a process of its own: how it ends, what hostile clients and failing services do to it, and how it looks.

mod browser;
mod chromium;
mod end;
mod hostile;
mod outage;
mod process;
