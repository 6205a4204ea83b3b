//! What the trace for Perfetto says of a fixed log of events.

use serde_json::Value;

use super::*;

fn trace(timeline: &Timeline) -> Vec<Value> {
    let trace: Value = serde_json::from_str(&timeline.to_chrome_trace()).unwrap();
    trace["traceEvents"].as_array().unwrap().clone()
}

fn of_phase<'t>(trace: &'t [Value], phase: &str) -> Vec<&'t Value> {
    trace.iter().filter(|event| event["ph"] == phase).collect()
}

#[test]
fn the_trace_has_a_complete_event_an_attempt_with_what_the_log_says() {
    let timeline = checkout();
    let trace = trace(&timeline);
    let slices = of_phase(&trace, "X");
    let tasks = timeline.tasks();
    let attempts = tasks.iter().flat_map(|task| task.attempts().iter().map(move |attempt| (task, attempt)));
    let attempts: Vec<_> = attempts.collect();
    assert_eq!(slices.len(), attempts.len());
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    for (slice, (task, attempt)) in slices.into_iter().zip(attempts) {
        assert_eq!((slice["name"].as_str(), slice["pid"].as_u64()), (Some(task.name()), Some(1)));
        assert!((slice["ts"].as_f64().unwrap() - micros(attempt.started())).abs() < 1e-3);
        let length = attempt.ended().unwrap().saturating_sub(attempt.started());
        assert!((slice["dur"].as_f64().unwrap() - micros(length)).abs() < 1e-3);
        let said = &slice["args"];
        assert_eq!((said["id"].as_u64(), said["attempt"].as_u64()), (Some(task.id()), Some(attempt.number().into())));
        let inputs: Vec<u64> = said["inputs"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        assert_eq!(inputs, task.inputs());
        let reason = if said["outcome"] == "failed" { Value::from("503 <busy>") } else { Value::Null };
        assert_eq!(said.get("reason").cloned().unwrap_or_default(), reason);
    }
}

#[test]
fn slices_of_a_lane_do_not_overlap_and_arrows_begin_and_end_in_slices() {
    for timeline in [checkout(), mixed()] {
        let trace = trace(&timeline);
        let place = |event: &Value| (event["tid"].as_u64().unwrap(), event["ts"].as_f64().unwrap());
        let mut slices: Vec<(u64, f64, f64)> = of_phase(&trace, "X")
            .into_iter()
            .map(|slice| (place(slice).0, place(slice).1, slice["dur"].as_f64().unwrap()))
            .collect();
        slices.sort_by(|one, other| one.partial_cmp(other).unwrap());
        for pair in slices.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            assert!(pair[0].1 + pair[0].2 <= pair[1].1 + 1e-6, "{pair:?}");
        }
        let is_in_a_slice = |event: &Value| {
            let (lane, at) = place(event);
            slices.iter().any(|&(other, start, length)| other == lane && start <= at && at <= start + length + 1e-6)
        };
        let (starts, ends) = (of_phase(&trace, "s"), of_phase(&trace, "f"));
        assert_eq!(starts.len(), ends.len());
        for (start, end) in starts.into_iter().zip(ends) {
            assert_eq!((&start["id"], &start["name"], &start["cat"]), (&end["id"], &end["name"], &end["cat"]));
            assert_eq!(end["bp"], "e", "it ends in the slice that begins there");
            assert!(place(start).1 <= place(end).1 && is_in_a_slice(start) && is_in_a_slice(end), "{start} {end}");
        }
    }
    let trace = trace(&checkout());
    let pairs = of_phase(&trace, "s").into_iter().map(|start| start["id"].as_str().unwrap());
    assert_eq!(pairs.collect::<Vec<_>>(), ["0-2", "0-3", "2-4", "3-4", "0-5", "1-5", "4-5"]);
}

#[test]
fn text_in_a_trace_is_escaped() {
    let staged = Staged::new();
    staged.at(1).started(&event(0, "\"a\\b\"\n\u{7}é", &[], 1));
    let trace = trace(&staged.timeline);
    assert_eq!(of_phase(&trace, "X")[0]["name"], "\"a\\b\"\n\u{7}é");
    assert_eq!(of_phase(&trace, "M")[0]["args"]["name"], "run");
}
