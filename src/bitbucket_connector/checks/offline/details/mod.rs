//! The step Details in Harness's wizard: the URL and the repository for the connection test.

pub(crate) mod test_repository;
pub(crate) mod url;
#[cfg(test)]
pub(crate) mod url_forms;
