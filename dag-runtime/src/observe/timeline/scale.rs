//! Times in one unit, so that they can be compared.

use std::fmt;
use std::time::Duration;

/// The unit in which the times of a run are written.
#[derive(Clone, Copy)]
pub(in crate::observe) struct Unit {
    name: &'static str,
    length: Duration,
}

const UNITS: [Unit; 3] = [
    Unit { name: "µs", length: Duration::from_micros(1) },
    Unit { name: "ms", length: Duration::from_millis(1) },
    Unit { name: "s", length: Duration::from_secs(1) },
];

impl Unit {
    /// Returns the unit in which a time has no more than four digits before the point.
    pub(in crate::observe) fn of(time: Duration) -> Self {
        let fits = |unit: &&Self| time < 10_000 * unit.length;
        UNITS.iter().find(fits).copied().unwrap_or(UNITS[UNITS.len() - 1])
    }

    /// Returns this unit, or a smaller one for a time of which it would show nothing.
    fn near(self, time: Duration) -> Self {
        if !time.is_zero() && time * 20 < self.length { Self::of(time) } else { self }
    }

    /// Writes a time in this unit, or in a smaller one if this one would show nothing.
    pub(in crate::observe) fn write_near(self, time: Duration) -> Time {
        self.near(time).write(time)
    }

    pub(in crate::observe) fn write(self, time: Duration) -> Time {
        Time { unit: self, time }
    }
}

/// A time as it is written: `12.3 ms`, or `12 ms` by `{:#}` if that is all.
pub(in crate::observe) struct Time {
    unit: Unit,
    time: Duration,
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unit { name, length } = self.unit;
        let number = self.time.div_duration_f64(length);
        let number =
            if formatter.alternate() || self.time.is_zero() { number.to_string() } else { format!("{number:.1}") };
        formatter.pad(&format!("{number} {name}"))
    }
}

/// A count with a comma before every three digits: `199,800`.
pub(super) struct Thousands(pub(super) usize);

impl fmt::Display for Thousands {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place) % 3 == 0 {
                formatter.write_str(",")?;
            }
            write!(formatter, "{digit}")?;
        }
        Ok(())
    }
}

/// Returns a time as a share of a whole; 0 of nothing.
pub(in crate::observe) fn share(time: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { time.div_duration_f64(whole) }
}

/// Returns four to eight round times from 0 on that lie in a whole, as an axis has them.
pub(super) fn ticks(whole: Duration) -> Vec<Duration> {
    let steps = (0..)
        .map(|power| 10_u64.saturating_pow(power))
        .flat_map(|step| [step, step.saturating_mul(2), step.saturating_mul(5)]);
    let mut steps = steps.map(Duration::from_nanos);
    let step = steps.find(|step| *step * 8 > whole).unwrap_or(whole);
    (0..8).map(|tick| step * tick).take_while(|tick| *tick <= whole).collect()
}
