//! In which form an answer goes out, and what it is if there is none.

use std::convert::Infallible;
use std::error::Error;

use adagio::TaskError;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::pages::{self, ProblemPage};
use crate::page::PageError;

/// The time after which a client may ask again, if there was no room for it or a service that it needs is down.
const RETRY_AFTER_SECONDS: &str = "1";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// For programs.
    Json,
    /// For people.
    Page,
}

impl Form {
    /// Returns the form that a client asks for: JSON, unless it prefers HTML.
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        let weight = |wanted: &str| ranges.iter().find_map(|range| weight(range, wanted));
        match (weight("text/html"), weight("application/json")) {
            (Some(page), json) if page > 0.0 && page >= json.unwrap_or_default() => Self::Page,
            _ => Self::Json,
        }
    }
}

/// Returns the weight that a range such as `text/html;q=0.9` gives to a type, if it names it.
fn weight(range: &str, wanted: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
    Some(weight.unwrap_or(1.0))
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// Why there is no answer, for the log, for programs and for people.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// One line for programs.
    message: String,
}

impl Problem {
    pub(crate) fn of_page(error: &PageError) -> Self {
        Self::new(error.status(), error).log(error)
    }

    /// Returns the problem of a run: that of the task that failed.
    pub(crate) fn of_run(error: &TaskError) -> Self {
        let problem = if let Some(error) = error.downcast_ref::<PageError>() {
            Self::new(error.status(), error)
        } else {
            Self::panic()
        };
        problem.log(error)
    }

    pub(crate) fn panic() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
    }

    pub(crate) fn full() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the shop is full")
    }

    pub(crate) fn unknown_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such page")
    }

    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this can only be read")
    }

    fn new(status: StatusCode, message: &(impl ToString + ?Sized)) -> Self {
        Self { status, message: message.to_string() }
    }

    /// Writes what is wrong with the shop to the log. A question for something that there is not is no incident.
    fn log(self, error: &(dyn Error + 'static)) -> Self {
        if self.status.is_server_error() {
            tracing::warn!(error);
        } else {
            tracing::debug!(error);
        }
        self
    }

    pub(crate) fn answer(&self, form: Form) -> Response {
        let mut answer = match form {
            Form::Json => Json(&self.message).into_response(),
            Form::Page => pages::answer(&ProblemPage::new(self.status)),
        };
        *answer.status_mut() = self.status;
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = header::HeaderValue::from_static(RETRY_AFTER_SECONDS);
            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::Form;

    fn form_of(accept: &[&'static str]) -> Form {
        let accept = accept.iter().map(|accept| (header::ACCEPT, HeaderValue::from_static(accept)));
        Form::of(&accept.collect::<HeaderMap>())
    }

    #[test]
    fn a_browser_gets_a_page() {
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        assert_eq!(form_of(&[chromium]), Form::Page);
    }

    #[test]
    fn a_program_gets_json_whatever_it_says() {
        for accept in [&[][..], &["*/*"], &["application/json"], &["*/*", "text/plain"]] {
            assert_eq!(form_of(accept), Form::Json, "{accept:?}");
        }
    }

    #[test]
    fn of_both_the_client_gets_what_it_prefers() {
        assert_eq!(form_of(&["application/json, text/html;q=0.9"]), Form::Json);
        assert_eq!(form_of(&["application/json;q=0.5, TEXT/HTML;charset=utf-8; q=0.9"]), Form::Page);
        assert_eq!(form_of(&["application/json;q=0.5", "text/html"]), Form::Page);
        assert_eq!(form_of(&["text/html;q=0, */*"]), Form::Json);
    }
}
