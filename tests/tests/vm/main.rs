//! What the interfaces of a real network do: VLANs, bonds, dummies, virtio, jumbo frames and
//! packet loss. `cargo xtask vm` brings a kernel that has them all.

mod asker;
mod devices;
mod jumbo;
mod loss;
mod scene;
mod virtio;
