//! How text becomes findable: the words of a product, the words of a query, and their spelling.
//!
//! Every engine indexes what [`Analyser`] gives and asks for what [`TypedQuery`] gives, so that all
//! of them find the same products. Pure functions over text: this module must never know an index,
//! an engine or a product, and it holds no rule made for one word or one catalogue.

mod analysis;
mod field;
mod query;
mod spelling;
mod stem;
mod text;

pub use analysis::{Analyser, ProductTerms, ProductText};
pub use field::Field;
pub use query::{JOINED_WEIGHT, Respelling, TypedQuery, TypedWord, required_words};
pub use spelling::{Dictionary, Spellings};
pub use text::{fold, words};

#[cfg(test)]
mod tests;
