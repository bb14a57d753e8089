//! What is wrong with bytes that should be JSON.

/// Describes what is wrong with invalid JSON. Errors about the data can quote it, so they are not included.
pub(super) fn fault(error: &serde_json::Error) -> String {
    if error.is_data() {
        format!(
            "faulty JSON (at line {} column {})",
            error.line(),
            error.column()
        )
    } else {
        format!("faulty JSON ({error})")
    }
}
