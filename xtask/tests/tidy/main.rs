//! Rules of the project that no compiler checks, over every file of the repository.

mod files;
mod layers;
mod licences;
mod links;
mod source;
mod spdx;
