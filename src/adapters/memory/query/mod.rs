//! What can be asked of the state. Every answer is of one moment: a query takes one snapshot.
//!
//! Never changes anything, but for the leases that ports ask for: of sagas and of consumers.

mod cart;
mod catalog;
mod event;
mod order;
mod pricing;
mod saga;
mod shop;
mod stock;
mod upkeep;
