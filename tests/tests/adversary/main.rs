//! Hosts on the directors' LAN that mean no good: whatever they send, there is one owner, and the
//! operator can see what is going on. Where VRRP without authentication must obey, the tests pin
//! how the directors recover; docs/floods.md tells people.

mod announcements;
mod capture;
mod floods;
mod forged;
mod malformed;
mod provocation;
mod scene;
