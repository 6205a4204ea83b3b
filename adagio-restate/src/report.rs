//! The journal of an invocation as a timeline.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use adagio::Timeline;
use adagio::durable::Durable;

use crate::admin::{Admin, AdminError};
use crate::order::Order;
use crate::past::{History, Invocation, read};
use crate::service::task_service;

/// Returns the journal of an invocation of a graph as a [`Timeline`], which has it as a chart, and as a page with the
/// graph and the chart. The page has the name of the graph, the id of the invocation, its status and its date.
///
/// `admin` is the address of the server's admin interface, such as `http://127.0.0.1:9070`, or an [`Admin`] for a server
/// behind TLS or a token. The server keeps journals for a day. The times of a task come from the clock of the machine that
/// ran it. The server does not know when a task started that has not ended. The chart shows the time at which the last of
/// its dependencies ended, or a later time that the journal has. Of several attempts that panicked in the same way, the
/// server has only the time of the first.
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
pub async fn report<G: Durable>(admin: impl Into<Admin>, invocation: &str) -> Result<Timeline, AdminError> {
    let admin = admin.into();
    let is_id = |id: &str| {
        id.strip_prefix("inv_").is_some_and(|id| !id.is_empty() && id.chars().all(|it| it.is_ascii_alphanumeric()))
    };
    if !is_id(invocation) {
        return Err(AdminError::new(format!("`{invocation}` is not the id of an invocation")));
    }
    let columns = Invocation::COLUMNS;
    let query = format!("select {columns} from sys_invocation where id = '{invocation}'");
    let known: Vec<Invocation> = admin.query(&query).await.map_err(|error| error.of_invocation(invocation))?;
    let Some(known) = known.into_iter().next() else {
        return Err(AdminError::new(format!("the server does not know an invocation `{invocation}`")));
    };
    let Some(order) = order::<G>(&known) else {
        let (Invocation { service, handler, .. }, graph) = (known, G::GRAPH.name);
        return Err(AdminError::new(format!("`{invocation}` is of `{service}/{handler}`, not of the graph `{graph}`")));
    };
    let calls = format!("select {columns} from sys_invocation where invoked_by_id = '{invocation}'");
    let own = format!("select entry_json from sys_journal where id = '{invocation}' order by index");
    let theirs = format!(
        "select j.entry_json as entry_json from sys_journal j join sys_invocation i on j.id = i.id \
         where i.invoked_by_id = '{invocation}'"
    );
    let events = format!(
        "select arrow_cast(appended_at, 'Int64') as appended, event_json from sys_journal_events \
         where id = '{invocation}' order by appended_at"
    );
    let (mut rows, mut others) = (admin.query(&own).await?, Vec::new());
    if order.has_remote() {
        others = admin.query(&calls).await?;
        rows.extend(admin.query(&theirs).await?);
    }
    let history = History { invocation: known, rows, events: admin.query(&events).await?, calls: others };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let past = read(&order, G::EDGES, &history, now);
    let began = history.invocation.created.map(|created| UNIX_EPOCH + Duration::from_millis(created));
    let now = history.invocation.ended().unwrap_or(now);
    let timeline = G::GRAPH.timeline_with_edges((&[], G::EDGES), began, &past, now);
    timeline.set_run(format!("{invocation}, {}", history.invocation.status));
    Ok(timeline)
}

/// Returns the tasks that were asked for: a goal with all it needs, or one task on its own.
fn order<G: Durable>(invocation: &Invocation) -> Option<Order> {
    if invocation.service == G::GRAPH.name {
        return Some(Order::of::<G>(G::GRAPH.position(&invocation.handler)?));
    }
    let task = G::GRAPH.tasks.iter().position(|task| invocation.service == task_service(G::GRAPH.name, task.name))?;
    Some(Order::alone(G::GRAPH, task))
}
