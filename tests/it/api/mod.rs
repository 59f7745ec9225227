//! The API from the outside: requests and answers alone.

mod cart;
mod idempotency;
mod inventory;
mod order;
mod order_admin;
