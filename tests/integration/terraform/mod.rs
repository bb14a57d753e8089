//! The real Terraform CLI.
