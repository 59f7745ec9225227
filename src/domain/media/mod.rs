//! What a product looks like: the drawn card that stands in where nobody has taken a photograph.
//!
//! Pure text in, pure text out. It must never decode, fetch or store an image.

mod pictogram;
pub mod picture;

#[cfg(test)]
mod tests;
