//! Labs, measurements and what the tests share: directors in network namespaces, real daemons,
//! real traffic.

pub mod bench;
pub mod lab;
pub mod run;
pub mod scene;
