//! Use cases over the memory adapters, without HTTP.

mod checkout;
