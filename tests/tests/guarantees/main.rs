//! What the project promises: of two directors exactly one answers, whatever happens to the
//! processes of the other - and keepalived as the control that the same questions find wanting.

mod answers;
mod arena;
mod excuse;
mod faults;
mod handover;
mod ipv6;
mod lifetime;
mod limits;
mod manner;
mod silence;
mod storm;
mod stranger;
mod thaw;
