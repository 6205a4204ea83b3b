//! Calls of tasks that the program does not have any more. The SDK does not know their services, and the server would call
//! again without end. So a service of our own takes these calls, and ends them.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Uri;
use restate_sdk::context::RunFuture;
use restate_sdk::endpoint::{ContextInternal, Endpoint};
use restate_sdk::errors::TerminalError;
use restate_sdk::serde::Json;
use restate_sdk::service::macro_support::{ServiceBoxFuture, service_definition};
use restate_sdk::service::{IntoServiceDefinition, Service, ServiceDefinition};

use crate::entry::{Entry, NAME};
use crate::failure::gone;
use crate::service::{RUN, discover, end};

/// The name of the service, which the server does not learn.
const SERVICE: &str = "Gone";

/// The names of the services at one address, and an endpoint for others of the same graphs.
#[derive(Clone)]
pub(crate) struct Known {
    names: Arc<BTreeSet<String>>,
    others: Endpoint,
}

impl Known {
    pub(crate) fn new(names: BTreeSet<String>) -> Self {
        // Without the keys of the server: they sign the path, which is another one here.
        let others = Endpoint::builder().bind(Gone.into_service_definition()).build();
        Self { names: Arc::new(names), others }
    }

    /// Returns the path in the endpoint for others, if it is a call of a task that the program does not have.
    pub(crate) fn other_path(&self, path: &str) -> Option<Uri> {
        other_path(&self.names, path)?.parse().ok()
    }

    /// Returns the endpoint for others.
    pub(crate) fn others(&self) -> &Endpoint {
        &self.others
    }
}

/// Returns the path in our service for a call of a task that the program does not have.
fn other_path(names: &BTreeSet<String>, path: &str) -> Option<String> {
    let (before, called) = path.rsplit_once("/invoke/")?;
    let service = called.strip_suffix(RUN)?.strip_suffix('/')?;
    let (graph, task) = service.split_once('.')?;
    let is_of_graph = |name: &String| name.split('.').next() == Some(graph);
    (!names.contains(service) && names.iter().any(is_of_graph)).then(|| format!("{before}/invoke/{SERVICE}/{task}"))
}

/// Ends the calls of a task, whose name is that of the handler.
struct Gone;

impl Service for Gone {
    type Future = ServiceBoxFuture;

    fn handle(&self, context: ContextInternal) -> Self::Future {
        Box::pin(async move {
            _ = context.input::<Bytes>().await;
            let error = fail_at_end(&context, &gone(context.handler_name())).await;
            end(&context, Err(error.into()));
            Ok(())
        })
    }
}

impl IntoServiceDefinition for Gone {
    fn into_service_definition(self) -> ServiceDefinition {
        service_definition(self, discover(SERVICE, Vec::new(), true))
    }
}

/// Goes to the end of a journal of entries alone, where it writes a failure. Earlier, it would not be what the server
/// expects there.
pub(crate) async fn fail_at_end(context: &ContextInternal, error: &TerminalError) -> TerminalError {
    loop {
        let failed = || async { Err::<Json<Entry>, _>(error.clone().into()) };
        if let Err(error) = context.run(failed).name(NAME).await {
            return error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_a_task_that_was_removed_is_for_the_service_of_our_own() {
        let names = ["Order", "Order.charge", "Video.render"].map(str::to_owned).into();
        let other = |path| other_path(&names, path);
        assert_eq!(other("/invoke/Order.reserve/run").as_deref(), Some("/invoke/Gone/reserve"));
        assert_eq!(other("/behind/invoke/Video.cut/run").as_deref(), Some("/behind/invoke/Gone/cut"));
        for path in ["/invoke/Order.charge/run", "/invoke/Order/ship", "/invoke/Other.task/run", "/discover", "/health"]
        {
            assert_eq!(other(path), None, "{path}");
        }
    }
}
