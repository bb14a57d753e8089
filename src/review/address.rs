//! Terraform addresses: `module.a["x.y"].data.TYPE.name["key"]`.

/// Returns an address without instance keys, which Terraform leaves out before they are known.
pub(super) fn without_keys(address: &str) -> String {
    let (mut rest, mut is_quoted, mut is_escaped) = (String::new(), false, false);
    let mut depth = 0_usize;
    for character in address.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            plain if depth == 0 => rest.push(plain),
            _ => {}
        }
    }
    rest
}

/// Returns the type in an address.
pub(super) fn type_of(address: &str) -> Option<String> {
    // The last step is the name.
    without_keys(address).rsplit('.').nth(1).map(str::to_owned)
}
