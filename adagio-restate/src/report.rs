//! The journal of an invocation as a timeline.

use std::time::{SystemTime, UNIX_EPOCH};

use adagio::Timeline;
use adagio::durable::Durable;
use serde::Deserialize;

use crate::admin::{AdminError, query};
use crate::order::Order;
use crate::past::{Row, read};
use crate::service::task_service;

/// Returns the journal of an invocation of a graph as a [`Timeline`], which has it as a chart, and as a page with the
/// graph and the chart.
///
/// `admin` is the address of the server's admin interface, `http://127.0.0.1:9070` by default. The server keeps
/// journals for a day. Tasks that run now are under way in the timeline. The times of a task come from the clock of the
/// machine that ran it; the journal has no times of attempts before the last one.
///
/// # Examples
/// ```no_run
/// # use adagio::dag;
/// # struct Checkout;
/// # #[dag(durable)]
/// # impl Checkout { pub async fn quote(&self) -> u64 { 7 } }
/// # async fn show() -> Result<(), Box<dyn std::error::Error>> {
/// let invocation = "inv_195IfFRgdps23kqQx0GsZkhVh0PZFF08eT";
/// let timeline = adagio_restate::report::<Checkout>("http://127.0.0.1:9070", invocation).await?;
/// println!("{timeline}");
/// std::fs::write("quote.html", timeline.to_html())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the server does not answer, or has no such invocation of the graph.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn report<G: Durable>(admin: &str, invocation: &str) -> Result<Timeline, AdminError> {
    if !invocation.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Err(AdminError::new(format!("`{invocation}` is not the id of an invocation")));
    }
    let targets: Vec<Target> = query(admin, &Target::query(invocation)).await?;
    let Some(target) = targets.first() else {
        return Err(AdminError::new(format!("the server does not know an invocation `{invocation}`")));
    };
    let Some(order) = target.order::<G>() else {
        let (Target { service, handler }, graph) = (target, G::GRAPH.name);
        return Err(AdminError::new(format!("`{invocation}` is of `{service}/{handler}`, not of the graph `{graph}`")));
    };
    let rows: Vec<Row> = query(admin, &Row::query(invocation)).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(G::GRAPH.timeline_with_edges((&[], G::EDGES), None, &read(G::GRAPH, order.tasks(), &rows), now))
}

#[derive(Deserialize)]
struct Target {
    service: String,
    handler: String,
}

impl Target {
    fn query(invocation: &str) -> String {
        format!(
            "select target_service_name as service, target_handler_name as handler \
             from sys_invocation where id = '{invocation}'"
        )
    }

    /// Returns the tasks that were asked for: a goal with all it needs, or one task on its own.
    fn order<G: Durable>(&self) -> Option<Order> {
        if self.service == G::GRAPH.name {
            return Some(Order::new(G::GRAPH, G::EDGES, G::GRAPH.position(&self.handler)?));
        }
        let task = G::GRAPH.tasks.iter().position(|task| self.service == task_service(G::GRAPH.name, task))?;
        Some(Order::alone(G::GRAPH, task))
    }
}
