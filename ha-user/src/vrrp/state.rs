//! States of a Virtual Router (RFC 9568 section 6.4).

/// State of a Virtual Router as others see it.
///
/// keepalived's FAULT is [`State::Initialize`] with a fault standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not taking part (section 6.4.1); `faulted` if a tracked object forbids it.
    Initialize {
        /// A tracked object has failed, as opposed to not having started yet.
        faulted: bool,
    },
    /// Another router answers for the addresses (section 6.4.2).
    Backup,
    /// We answer for the addresses (section 6.4.3).
    Active,
}
