//! Labs, measurements and what the tests share: directors in network namespaces, real daemons,
//! real traffic.

pub mod lab;
pub mod pair;
pub mod xdp;
