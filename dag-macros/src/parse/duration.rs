//! In: a text such as `250ms` or `50ms..2s`. Out: the duration or the range, if it is one.

use std::time::Duration;

/// Reads a number with a unit: `ms`, `s`, `m` or `h`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(3600)?)),
        _ => None,
    }
}

/// Reads two durations with `..` between them.
pub(super) fn parse_duration_range(text: &str) -> Option<(Duration, Duration)> {
    let (shortest, longest) = text.split_once("..")?;
    Some((parse_duration(shortest)?, parse_duration(longest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(parse_duration("3m"), Some(Duration::from_secs(180)));
        assert_eq!(parse_duration("6h"), Some(Duration::from_secs(21_600)));
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in ["", "5", "ms", "-1s", "+1s", "1.5s", "1 s", " 1s", "1d", "1S", "1s ", "99999999999999999999s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_duration("18446744073709551615m"), None);
    }

    #[test]
    fn a_range_is_two_durations() {
        assert_eq!(parse_duration_range("50ms..2s"), Some((Duration::from_millis(50), Duration::from_secs(2))));
        for text in ["50ms", "50ms..", "..2s", "50ms..=2s", "50..2s", "1s..2s..3s"] {
            assert_eq!(parse_duration_range(text), None, "{text}");
        }
    }
}
