//! A profile as JSON.

use std::fmt;
use std::time::Duration;

use super::block::{Block, Times};
use crate::observe::json::Json;

pub(super) struct Blocks<'b>(pub(super) &'b [Block]);

impl fmt::Display for Blocks<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[")?;
        for (place, block) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(
                out,
                "{comma}\n{{\"graph\":{},\"goal\":{},\"runs\":{},\"failed\":{},\"took\":{},\"tasks\":[",
                Json(block.graph),
                Json(&block.goal),
                block.runs,
                block.failed,
                Quantiles(&block.total),
            )?;
            for (rank, place) in block.ranked().into_iter().enumerate() {
                let (comma, task) = (if rank == 0 { "" } else { "," }, &block.tasks[place]);
                write!(
                    out,
                    "{comma}\n {{\"name\":{},\"count\":{},\"on_path\":{},\"failures\":{},\"retries\":{},\"took\":{},\
                     \"self\":{},\"waited_for_slot\":{},\"paused\":{},\"saved_if_twice_as_fast\":{}}}",
                    Json(&task.name),
                    task.count,
                    task.on_path,
                    task.failures,
                    task.retries,
                    Quantiles(&task.took),
                    Quantiles(&task.own),
                    Seconds(task.waited_for_slot()),
                    Seconds(task.paused()),
                    Seconds(block.samples.saved(place, 0.5)),
                )?;
            }
            out.write_str("]}")?;
        }
        out.write_str("\n]\n")
    }
}

struct Quantiles<'t>(&'t Times);

impl fmt::Display for Quantiles<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantile = |share| Seconds(self.0.quantile(share));
        let sum = Seconds(self.0.sum());
        write!(out, "{{\"p50\":{},\"p90\":{},\"p99\":{},\"sum\":{sum}}}", quantile(0.5), quantile(0.9), quantile(0.99))
    }
}

/// A time in seconds, to the nanosecond.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:09}", self.0.as_secs(), self.0.subsec_nanos())
    }
}
