//! People and what they may do.
//!
//! Never keeps a password in the clear: a [`StaffMember`] carries only its hash, and a [`Password`]
//! lives no longer than it takes to hash it.

mod access;
mod password;
mod staff;

pub use access::{Access, Actor, Permission, Role};
pub use password::{Password, PasswordFault};
pub use staff::StaffMember;

#[cfg(test)]
mod tests;
