//! The memory store under the contract.

use std::sync::Arc;

use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
use ecicomm::domain::shared::Currency;

use super::{Backend, suites};

async fn open() -> Backend {
    Backend::of(Arc::new(MemoryStore::new(MemoryConfig::new(Currency::USD))))
}

suites!(crate::contract::store::memory::open);
