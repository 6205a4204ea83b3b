//! A subscriber that writes down what happens to the spans of tasks.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Records the events of tasks' spans, under their names.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Returns the lines about which task follows from which.
    pub(crate) fn links(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.contains("follows")).collect()
    }

    pub(crate) fn subscriber(&self) -> impl Subscriber + Send + Sync {
        tracing_subscriber::registry().with(self.clone())
    }
}

/// The name of a span, as `Graph.user` of a task.
struct Name(String);

/// Fields as text.
#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}").replace('"', ""));
    }
}

fn name<'r, R: LookupSpan<'r>>(span: Option<SpanRef<'r, R>>) -> String {
    let name = |span: SpanRef<'r, R>| span.extensions().get::<Name>().map(|name| name.0.clone());
    span.and_then(name).unwrap_or_else(|| "nothing".to_owned())
}

impl<S: Subscriber + for<'r> LookupSpan<'r>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = cx.span(id).unwrap();
        let Some(task) = fields.0.get("task") else {
            span.extensions_mut().insert(Name(span.name().to_owned()));
            return;
        };
        let element = fields.0.get("index").map(|index| format!("[{index}]")).unwrap_or_default();
        let own = match fields.0.get("dag") {
            Some(dag) => format!("{dag}.{task}{element}"),
            None => fields.0.get("name").map_or_else(|| task.clone(), |name| format!("{task} ({name})")),
        };
        self.note(format!("{own} begins in {}", name(span.parent())));
        span.extensions_mut().insert(Name(own));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        for text in ["name", "outcome"].into_iter().filter_map(|field| fields.0.get(field)) {
            self.note(format!("{}: {text}", name(cx.span(id))));
        }
    }

    fn on_follows_from(&self, id: &Id, before: &Id, cx: Context<'_, S>) {
        self.note(format!("{} follows from {}", name(cx.span(id)), name(cx.span(before))));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.note(format!("{} says {}", name(cx.event_span(event)), fields.0["message"]));
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let name = name(cx.span(&id));
        if name.contains(['.', '(']) {
            self.note(format!("{name} is closed"));
        }
    }
}

/// Runs a test in a span of the caller.
pub(crate) fn traced(test: impl FnOnce(&Notes)) {
    let notes = Notes::default();
    with_default(notes.subscriber(), || tracing::info_span!("caller").in_scope(|| test(&notes)));
}
