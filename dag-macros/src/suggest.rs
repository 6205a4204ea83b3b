//! In: a name that was not found, and the existing names. Out: the name that was probably meant.

/// Returns the nearest name by edit distance, or `None` if no name is near.
pub(crate) fn nearest(wanted: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let length = wanted.chars().count();
    // In a name of one letter, a wrong letter leaves nothing to compare.
    let allowed = (length.max(3) / 3).min(length.saturating_sub(1));
    let distance = |name: &String| strsim::damerau_levenshtein(wanted, name);
    known.map(|name| (distance(&name), name)).filter(|&(distance, _)| distance <= allowed).min().map(|(_, name)| name)
}
