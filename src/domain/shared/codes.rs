use std::fmt;
use std::sync::Arc;

use super::Invalid;

/// Makes a newtype over a short code that is written in one case, so that two spellings of it are
/// equal.
macro_rules! code {
    ($(
        $(#[$doc:meta])*
        $name:ident = $what:literal, $fold:ident, $allowed:expr, $rule:literal;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The most characters it may have.
            pub const MAX_LEN: usize = 64;

            /// Trims `raw`, folds its case and checks it.
            pub fn try_new(raw: &str) -> Result<Self, Invalid> {
                let code = raw.trim().$fold();
                let allowed: fn(u8) -> bool = $allowed;
                let fits = (1..=Self::MAX_LEN).contains(&code.len());
                if !fits || !code.bytes().all(allowed) {
                    return Err(Invalid::new($what, concat!("must be 1 to 64 ", $rule)));
                }
                Ok(Self(code.into()))
            }

            /// The code in its one case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

code! {
    /// What a shopper types to get a promotion. Case does not matter: it is kept in upper case.
    CouponCode = "coupon code", to_ascii_uppercase, |byte| byte.is_ascii_graphic(),
        "visible ASCII characters";
    /// What names a way of shipping to clients, such as `standard`; kept in lower case.
    ShippingCode = "shipping code", to_ascii_lowercase, is_word, "of a-z, 0-9, - and _";
    /// What kind of goods a thing is for the tax office, such as `standard` or `reduced`; kept in
    /// lower case.
    TaxCategory = "tax category", to_ascii_lowercase, is_word, "of a-z, 0-9, - and _";
}

impl Default for TaxCategory {
    /// `standard`, what goods have unless someone says otherwise.
    fn default() -> Self {
        Self("standard".into())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
}
