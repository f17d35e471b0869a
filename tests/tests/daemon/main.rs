//! The running daemon as operators, scripts and unit files meet it, on a good day and on a bad one.

mod crowd;
mod detach;
mod guard;
mod hang;
mod lifetimes;
mod links;
mod log;
mod peers;
mod processes;
mod regularity;
mod reload;
mod rights;
mod scripts;
mod size;
mod solo;
mod tracking;
mod urgency;
