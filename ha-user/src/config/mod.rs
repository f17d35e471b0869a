//! keepalived.conf: from bytes to [`model::Config`].
pub mod model;
