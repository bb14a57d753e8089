//! Lists in sentences, with a comma before the conjunction.

/// Returns `a`, `a and b`, or `a, b, and c`.
pub fn joined<T: AsRef<str>>(items: &[T], conjunction: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [first, second] => format!("{first} {conjunction} {second}"),
        [rest @ .., last] if !rest.is_empty() => {
            format!("{}, {conjunction} {last}", rest.join(", "))
        }
        _ => items.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences() {
        for (items, expected) in [
            (&[][..], ""),
            (&["a"][..], "a"),
            (&["a", "b"][..], "a or b"),
            (&["a", "b", "c"][..], "a, b, or c"),
        ] {
            assert_eq!(joined(items, "or"), expected);
        }
    }
}
