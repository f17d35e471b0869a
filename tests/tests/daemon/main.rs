//! The running daemon as operators, scripts and unit files meet it, on a good day and on a bad one.

mod acceptance;
mod crowd;
mod detach;
mod errands;
mod groups;
mod guard;
mod hang;
mod lifetimes;
mod links;
mod log;
mod mail;
mod managed;
mod opening;
mod peers;
mod pipes;
mod processes;
mod regularity;
mod reload;
mod rights;
mod scripts;
mod size;
mod solo;
mod syslog;
mod tracking;
mod trial;
mod urgency;
