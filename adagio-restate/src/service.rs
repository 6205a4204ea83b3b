//! The one file that knows how the SDK dispatches: services made of a graph instead of by the SDK's own macros.

use std::sync::Arc;
use std::time::Duration;

use adagio::durable::Durable;
use bytes::Bytes;
use restate_sdk::discovery;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::HandlerError;
use restate_sdk::service::macro_support::{ServiceBoxFuture, service_definition};
use restate_sdk::service::{IntoServiceDefinition, Service, ServiceDefinition};

use crate::deployment::Code;
use crate::failure::gone;
use crate::invocation::{Build, Invocation};
use crate::order::Order;

/// The name of the one handler of a task's service.
pub(crate) const RUN: &str = "run";

/// No limit: the `timeout` of a task limits it, not the engine.
const PATIENCE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The handlers of a graph, one for each public task.
pub(crate) struct GraphService<G> {
    pub(crate) build: Build<G>,
    pub(crate) code: Code,
}

impl<G: Durable + 'static> Service for GraphService<G> {
    type Future = ServiceBoxFuture;

    fn handle(&self, context: ContextInternal) -> Self::Future {
        let (build, code) = (Arc::clone(&self.build), self.code.clone());
        Box::pin(async move {
            // The server does not call a handler that was never there.
            let goal = G::GRAPH.position(context.handler_name()).ok_or_else(|| gone(context.handler_name()));
            let (input, about) = context.input::<Bytes>().await;
            let run = about.invocation_id.into();
            let invocation = Invocation { context: &context, build: &build, code: &code, run };
            end(&context, invocation.goal(goal, &input).await);
            Ok(())
        })
    }
}

impl<G: Durable + 'static> IntoServiceDefinition for GraphService<G> {
    fn into_service_definition(self) -> ServiceDefinition {
        let public = G::GRAPH.tasks.iter().enumerate().filter(|(_, task)| task.is_public);
        let handlers = public.map(|(goal, task)| {
            // An orchestrator has nothing in this process, and may be put aside while it waits.
            let is_remote = Order::of::<G>(goal).has_remote();
            handler(task.name, (!is_remote).then_some(PATIENCE))
        });
        let service = discover(G::GRAPH.name, handlers.collect(), false);
        service_definition(self, service)
    }
}

/// The service of one task.
pub(crate) struct TaskService<G> {
    pub(crate) build: Build<G>,
    pub(crate) code: Code,
    pub(crate) task: usize,
}

impl<G: Durable + 'static> Service for TaskService<G> {
    type Future = ServiceBoxFuture;

    fn handle(&self, context: ContextInternal) -> Self::Future {
        let (build, code, task) = (Arc::clone(&self.build), self.code.clone(), self.task);
        Box::pin(async move {
            let (inputs, about) = context.input::<Bytes>().await;
            let run = about.invocation_id.into();
            let invocation = Invocation { context: &context, build: &build, code: &code, run };
            end(&context, invocation.task(task, &inputs).await);
            Ok(())
        })
    }
}

impl<G: Durable + 'static> IntoServiceDefinition for TaskService<G> {
    fn into_service_definition(self) -> ServiceDefinition {
        let name = task_service(G::GRAPH.name, G::GRAPH.tasks[self.task].name);
        let service = discover(&name, vec![handler(RUN, Some(PATIENCE))], true);
        service_definition(self, service)
    }
}

/// Returns the name of the service of a task: `Checkout.cart`.
pub(crate) fn task_service(graph: &str, task: &str) -> String {
    format!("{graph}.{task}")
}

pub(crate) fn end(context: &ContextInternal, result: Result<Bytes, HandlerError>) {
    context.handle_handler_result(result);
    context.end();
}

pub(crate) fn discover(name: &str, handlers: Vec<discovery::Handler>, is_private: bool) -> discovery::Service {
    let named = discovery::ServiceName::try_from(name.to_owned());
    discovery::Service {
        ty: discovery::ServiceType::Service,
        name: named.unwrap_or_else(|_| {
            panic!("Restate cannot have a service called `{name}`: use ASCII letters, digits and `_`")
        }),
        handlers,
        documentation: None,
        metadata: std::collections::HashMap::default(),
        abort_timeout: None,
        inactivity_timeout: None,
        journal_retention: None,
        idempotency_retention: None,
        enable_lazy_state: None,
        ingress_private: is_private.then_some(true),
        retry_policy_initial_interval: None,
        retry_policy_max_interval: None,
        retry_policy_max_attempts: None,
        retry_policy_exponentiation_factor: None,
        retry_policy_on_max_attempts: None,
    }
}

fn handler(name: &str, inactivity: Option<Duration>) -> discovery::Handler {
    let named = discovery::HandlerName::try_from(name);
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    discovery::Handler {
        name: named.unwrap_or_else(|_| {
            panic!("Restate cannot have a handler called `{name}`: use ASCII letters, digits and `_`")
        }),
        input: Some(discovery::InputPayload {
            content_type: Some("*/*".to_owned()),
            json_schema: None,
            required: Some(false),
        }),
        output: Some(discovery::OutputPayload {
            content_type: Some("application/json".to_owned()),
            json_schema: None,
            set_content_type_if_empty: Some(false),
        }),
        ty: None,
        documentation: None,
        metadata: std::collections::HashMap::default(),
        abort_timeout: Some(milliseconds(PATIENCE)),
        inactivity_timeout: inactivity.map(milliseconds),
        journal_retention: None,
        idempotency_retention: None,
        workflow_completion_retention: None,
        enable_lazy_state: None,
        ingress_private: None,
        retry_policy_initial_interval: None,
        retry_policy_max_interval: None,
        retry_policy_max_attempts: None,
        retry_policy_exponentiation_factor: None,
        retry_policy_on_max_attempts: None,
    }
}
