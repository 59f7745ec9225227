//! What serde needs to know of types that know nothing of serde.
//!
//! A form is a type that is never made: it says how values of another type are written and read,
//! and a field names it with `#[serde(with = "...")]`. Most forms are `remote` mirrors of a type of
//! the domain: serde then reads the fields where they are and builds the value at once, and a field
//! or variant that the mirror lacks does not build.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a `T` is written and read. Reading checks what the domain checks of a new value.
pub trait Form<T> {
    /// Writes the value.
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads a value.
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;
}

/// Lets `remote` mirrors stand where a [`Form`] is asked for.
macro_rules! mirrors {
    ($($mirror:ident of $value:ty),* $(,)?) => {$(
        impl $crate::adapters::record::form::Form<$value> for $mirror {
            fn serialize<S: serde::Serializer>(
                value: &$value,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                // The inherent function that serde derived.
                $mirror::serialize(value, serializer)
            }

            fn deserialize<'de, D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<$value, D::Error> {
                $mirror::deserialize(deserializer)
            }
        }
    )*};
}

pub(super) use mirrors;

/// A borrowed value that writes itself by its form.
pub struct Out<'a, T, F>(&'a T, PhantomData<F>);

impl<'a, T, F> Out<'a, T, F> {
    pub fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }
}

impl<T, F: Form<T>> Serialize for Out<'_, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        F::serialize(self.0, serializer)
    }
}

/// A value that was read by its form.
pub struct In<T, F>(pub T, PhantomData<F>);

impl<'de, T, F: Form<T>> Deserialize<'de> for In<T, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        F::deserialize(deserializer).map(|value| Self(value, PhantomData))
    }
}

/// A value that may be absent.
pub struct Maybe<F>(PhantomData<F>);

impl<T, F: Form<T>> Form<Option<T>> for Maybe<F> {
    fn serialize<S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Out::<T, F>::new).serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let read = Option::<In<T, F>>::deserialize(deserializer)?;
        Ok(read.map(|value| value.0))
    }
}

/// Values in order.
pub struct List<F>(PhantomData<F>);

impl<T, F: Form<T>> Form<Vec<T>> for List<F> {
    fn serialize<S: Serializer>(value: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.iter().map(Out::<T, F>::new))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        let read = Vec::<In<T, F>>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|value| value.0).collect())
    }
}

/// Values of which each is there once, in their own order.
pub struct Set<F>(PhantomData<F>);

impl<T: Ord, F: Form<T>> Form<BTreeSet<T>> for Set<F> {
    fn serialize<S: Serializer>(value: &BTreeSet<T>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.iter().map(Out::<T, F>::new))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<T>, D::Error> {
        let read = Vec::<In<T, F>>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|value| value.0).collect())
    }
}

/// A value behind a shared pointer.
pub struct Shared<F>(PhantomData<F>);

impl<T, F: Form<T>> Form<Arc<T>> for Shared<F> {
    fn serialize<S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        F::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<T>, D::Error> {
        F::deserialize(deserializer).map(Arc::new)
    }
}

/// A value that is lent to be written and owned once it was read.
pub struct Lent<F>(PhantomData<F>);

impl<'a, T: Clone, F: Form<T>> Form<Cow<'a, T>> for Lent<F> {
    fn serialize<S: Serializer>(value: &Cow<'a, T>, serializer: S) -> Result<S::Ok, S::Error> {
        F::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'a, T>, D::Error> {
        F::deserialize(deserializer).map(Cow::Owned)
    }
}

/// A value as the one field of an object: for a record whose value writes no object with a place
/// for a version.
pub struct Alone<F>(PhantomData<F>);

#[derive(Serialize, Deserialize)]
struct AloneRecord<T> {
    what: T,
}

impl<T, F: Form<T>> Form<T> for Alone<F> {
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        AloneRecord { what: Out::<T, F>::new(value) }.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let record = AloneRecord::<In<T, F>>::deserialize(deserializer)?;
        Ok(record.what.0)
    }
}

/// What a flag is that a record leaves out because it is on.
pub fn on() -> bool {
    true
}

/// Whether a flag that is on by default may be left out.
pub fn is_on(flag: &bool) -> bool {
    *flag
}

/// Whether a flag that is off by default may be left out.
pub fn is_off(flag: &bool) -> bool {
    !*flag
}

/// Whether a value may be left out because a record that lacks it means the same.
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
