//! People and what they may do.
//!
//! Never holds a password in the clear: a [`StaffMember`] carries only its hash.

mod access;
mod staff;

pub use access::{Access, Actor, Permission, Role};
pub use staff::StaffMember;
