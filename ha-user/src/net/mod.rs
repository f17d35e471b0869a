//! Everything the daemon says to the network and hears from it: adverts, announcements, addresses
//! and links. No decision is taken here.

pub mod address;
pub mod advert;
pub mod announce;
pub mod clock;
pub mod filter;
pub mod flood;
pub mod interface;
pub mod link;
pub mod neighbours;
pub mod netlink;
pub mod peers;
pub mod socket;
pub mod urgency;

use std::sync::Arc;

pub use address::{AddressChange, AddressWorker, Operation, Outcome};
pub use advert::{Cast, Framing};
pub use announce::{Announcement, Announcer, Pace, PaceGroup, Pacing};
pub use link::{Link, Links, Monitor};
pub use socket::{AdvertSocket, Path, Received};

/// Answers whether a router still holds its addresses, to threads that keep something up for it:
/// asked each time, right before.
pub type Held = Arc<dyn Fn() -> bool + Send + Sync>;
