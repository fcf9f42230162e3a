//! What the whole promises, from outside.

mod config;
