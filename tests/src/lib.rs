//! Labs, measurements and what the tests share: directors in network namespaces, real daemons,
//! real traffic.

pub mod bench;
pub mod ear;
pub mod eyes;
pub mod findings;
pub mod forgery;
pub mod guest;
pub mod lab;
pub mod marathon;
pub mod owner;
pub mod pair;
pub mod rng;
pub mod run;
pub mod scene;
pub mod screen;
pub mod stranger;
pub mod svg;
pub mod watched;
pub mod xdp;
