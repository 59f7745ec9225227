//! Numbers for the values of facets, the same in all segments of a generation, so that hits are
//! counted by number and only the few values that are shown are looked up.

use std::collections::HashMap;
use std::sync::Arc;

use super::schema::DIVIDER;
use crate::domain::search::Analyser;

/// Texts with numbers, in the order they were first seen.
#[derive(Default)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Names {
    /// The number of `text`, a new one where it is new.
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    /// The number of `text`, if it has one.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text with this number.
    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// What hits are counted by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Facet {
    Brand,
    /// Values are `slug DIVIDER label`.
    Category,
    /// Values are `name DIVIDER value`.
    Attribute,
}

/// All facet values of a generation. It only grows; a rebuild begins a new one.
#[derive(Default)]
pub(super) struct Labels {
    pub(super) brands: Names,
    /// Categories by slug.
    pub(super) categories: Names,
    /// What people read, by category; the latest seen.
    category_texts: Vec<Arc<str>>,
    /// Categories by what a query for all of one equals.
    category_keys: HashMap<String, Vec<u32>>,
    /// Attribute values, names included.
    pub(super) attributes: Names,
    /// Attributes by name.
    pub(super) attribute_names: Names,
    /// For each attribute value the number of its name.
    name_of: Vec<u32>,
    analyser: Analyser,
}

impl Labels {
    /// The number of a value as the index has it, unless it is new or a category got a new name.
    pub(super) fn known(&self, facet: Facet, value: &str) -> Option<u32> {
        match facet {
            Facet::Brand => self.brands.find(value),
            Facet::Attribute => self.attributes.find(value),
            Facet::Category => {
                let (slug, label) = slug_and_label(value);
                let number = self.categories.find(slug)?;
                (self.category_label(number) == label).then_some(number)
            }
        }
    }

    /// The number of a value as the index has it, a new one where it is new.
    pub(super) fn number(&mut self, facet: Facet, value: &str) -> u32 {
        match facet {
            Facet::Brand => self.brands.number(value),
            Facet::Category => self.category(value),
            Facet::Attribute => self.attribute(value),
        }
    }

    fn category(&mut self, value: &str) -> u32 {
        let (slug, label) = slug_and_label(value);
        let number = self.categories.number(slug);
        match self.category_texts.get_mut(number as usize) {
            Some(known) if **known == *label => return number,
            Some(known) => *known = label.into(),
            None => self.category_texts.push(label.into()),
        }
        let key = self.analyser.key(label);
        self.category_keys.entry(key).or_default().push(number);
        number
    }

    fn attribute(&mut self, value: &str) -> u32 {
        let number = self.attributes.number(value);
        if self.name_of.len() <= number as usize {
            let (name, _) = value.split_once(DIVIDER).unwrap_or((value, ""));
            self.name_of.push(self.attribute_names.number(name));
        }
        number
    }

    /// The number of the name of an attribute value.
    pub(super) fn name_of(&self, attribute: u32) -> u32 {
        self.name_of.get(attribute as usize).copied().unwrap_or(u32::MAX)
    }

    /// What people read of a category.
    pub(super) fn category_label(&self, number: u32) -> &str {
        self.category_texts.get(number as usize).map_or("", |label| label)
    }

    /// The categories that a query with this key asks for as a whole.
    pub(super) fn categories_with_key(&self, key: &str) -> Vec<u32> {
        self.category_keys.get(key).cloned().unwrap_or_default()
    }

    /// The number of an attribute's value, if any product has it.
    pub(super) fn find_attribute(&self, name: &str, value: &str) -> Option<u32> {
        self.attributes.find(&format!("{name}{DIVIDER}{value}"))
    }
}

fn slug_and_label(value: &str) -> (&str, &str) {
    value.split_once(DIVIDER).unwrap_or((value, value))
}
