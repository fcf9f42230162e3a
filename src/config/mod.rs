//! From file and environment to checked values; all faults are reported at once, each with its
//! place and a suggestion.

pub mod fault;
pub mod measure;
pub mod table;
pub mod tree;
