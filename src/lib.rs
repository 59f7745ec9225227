//! ECIComm: a commerce backend in one binary.

pub mod adapters;
pub mod domain;
pub mod ports;
