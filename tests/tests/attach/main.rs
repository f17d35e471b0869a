//! The programs on an interface: where replies arrive, what may leave, who holds the programs, and
//! whom they make way for.

mod cable;
mod egress;
mod foreign;
mod life;
mod links;
mod log;
mod modes;
mod services;
