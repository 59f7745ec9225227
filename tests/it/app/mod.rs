//! Use cases over the memory adapters, without HTTP.

mod catalog;
mod checkout;
mod doctor;
mod import;
mod jobs;
mod pricing;
mod relay;
mod search;
mod staff;
mod support;
