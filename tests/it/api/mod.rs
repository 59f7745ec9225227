//! The API from the outside: requests and answers alone.

mod auth;
mod cart;
mod catalog;
mod categories;
mod dead_letters;
mod files;
mod http;
mod idempotency;
mod inventory;
mod limits;
mod metrics;
mod order;
mod order_admin;
mod pricing;
mod search;
