//! Probes: what each checker thinks of servers that work, and of all the ways in which they do not;
//! and how a priority follows.

mod cases;
mod certificates;
mod checkers;
mod endurance;
mod failover;
mod file_changes;
mod files;
mod initial_files;
mod layers;
mod names;
mod over_ipv6;
mod scene;
mod services;
mod suspended;
mod verdicts;
mod weights;
