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
pub mod netlink;
pub mod socket;

pub use address::{AddressChange, AddressWorker, Operation, Outcome};
pub use advert::{Cast, Framing, Identification};
pub use announce::Announcer;
pub use link::{Link, Links, Monitor};
pub use socket::{AdvertSocket, Received};
