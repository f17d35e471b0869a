//! What others see of a director whose processes die and come back: nothing, or its successor.

mod disturbed;
mod killed;
mod left;
mod load;
mod patient;
mod restarted;
