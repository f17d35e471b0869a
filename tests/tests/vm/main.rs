//! What the interfaces of a real network do: VLANs, bonds, dummies, network cards, jumbo frames and
//! packet loss. `cargo xtask vm` brings a kernel that has them all.

mod asker;
mod cards;
mod devices;
mod jumbo;
mod links;
mod loss;
mod scene;
