//! The parts of a product's content, checked one by one. Drafts and lines of catalogue files go
//! through the same checks.

use std::collections::BTreeMap;

use crate::app::faults::{Faults, step};
use crate::domain::catalog::{Attributes, Brand, Description, Image, Metadata, OptionValues, Tag};
use crate::domain::shared::{CategoryId, ImageId, Invalid, TaxCategory, Text};
use crate::ports::system::Ids;

/// A text that may be absent; blank is as good as absent.
pub(super) fn description(raw: Option<&str>, faults: &mut Faults) -> Option<Description> {
    let raw = raw.filter(|text| !text.trim().is_empty())?;
    faults.note(|| "/description".into(), Description::try_new("description", raw))
}

/// Who makes it; blank is as good as absent.
pub(super) fn brand(raw: Option<&str>, faults: &mut Faults) -> Option<Brand> {
    let raw = raw.filter(|text| !text.trim().is_empty())?;
    faults.note(|| "/brand".into(), Brand::try_new("brand", raw))
}

pub(super) fn attributes(given: &BTreeMap<String, String>, faults: &mut Faults) -> Attributes {
    pairs("/attributes", given, Attributes::try_new, faults).unwrap_or_default()
}

pub(super) fn metadata(given: &BTreeMap<String, String>, faults: &mut Faults) -> Metadata {
    pairs("/metadata", given, Metadata::try_new, faults).unwrap_or_default()
}

/// The options of the variant at `place`, a pointer.
pub(super) fn options(
    place: &str,
    given: &BTreeMap<String, String>,
    faults: &mut Faults,
) -> OptionValues {
    let place = format!("{place}/options");
    pairs(&place, given, OptionValues::try_new, faults).unwrap_or_default()
}

/// Checks all pairs at once, and only where that fails each alone, to tell which is wrong.
fn pairs<'a, T>(
    place: &str,
    given: &'a BTreeMap<String, String>,
    check: impl Fn(Vec<(&'a str, &'a str)>) -> Result<T, Invalid>,
    faults: &mut Faults,
) -> Option<T> {
    let all: Vec<(&str, &str)> = given.iter().map(|(name, value)| (&**name, &**value)).collect();
    let whole = match check(all.clone()) {
        Ok(checked) => return Some(checked),
        Err(error) => error,
    };
    let mut each_is_right = true;
    for (name, value) in all {
        let checked = check(vec![(name, value)]);
        each_is_right &= faults.note(|| format!("{place}/{}", step(name)), checked).is_some();
    }
    if each_is_right {
        faults.add(place, whole.to_string());
    }
    None
}

/// The tags, each once, in the order given.
pub(super) fn tags(given: &[String], faults: &mut Faults) -> Vec<Tag> {
    let mut tags = Vec::new();
    for (index, raw) in given.iter().enumerate() {
        let tag = faults.note(|| format!("/tags/{index}"), Tag::try_new(raw));
        tags.extend(tag.filter(|tag| !tags.contains(tag)));
    }
    tags
}

/// The names of a path of categories, from the top down.
pub(super) fn path(given: &[String], faults: &mut Faults) -> Vec<Text<120>> {
    let mut names = Vec::new();
    for (index, raw) in given.iter().enumerate() {
        let name = Text::try_new("category", raw);
        names.extend(faults.note(|| format!("/category_path/{index}"), name));
    }
    names
}

/// `standard` where absent.
pub(super) fn tax_category(place: &str, raw: Option<&str>, faults: &mut Faults) -> TaxCategory {
    let Some(raw) = raw else { return TaxCategory::default() };
    let checked = TaxCategory::try_new(raw);
    faults.note(|| format!("{place}/tax_category"), checked).unwrap_or_default()
}

/// A picture at `place`. One that the product has already, by its address, keeps its id.
pub(super) fn image(
    place: &str,
    (url, alt): (&str, Option<&str>),
    known: &[Image],
    ids: &dyn Ids,
    faults: &mut Faults,
) -> Option<Image> {
    let url = faults.note(|| format!("{place}/url"), image_url(url));
    let alt = alt.filter(|alt| !alt.trim().is_empty());
    let alt = alt.and_then(|alt| faults.note(|| format!("{place}/alt"), Text::try_new("alt", alt)));
    let url = url?;
    let same = known.iter().find(|image| image.url == url);
    let id = same.map_or_else(|| ImageId::new(ids.next()), |image| image.id);
    Some(Image { id, url, alt })
}

/// An absolute https address, or a path below `/media/` of this shop.
fn image_url(raw: &str) -> Result<Text<2_000>, Invalid> {
    let url = Text::try_new("image", raw)?;
    let plain = !url.as_str().chars().any(|c| c.is_whitespace() || c == '\\');
    let path = url.as_str().strip_prefix("/media/");
    let own = path.is_some_and(|path| {
        !path.is_empty() && !path.split('/').any(|part| part == ".." || part == ".")
    });
    let host = url.as_str().strip_prefix("https://").and_then(|rest| rest.split('/').next());
    let foreign = host.is_some_and(|host| !host.is_empty() && !host.contains('@'));
    if plain && (own || foreign) {
        return Ok(url);
    }
    Err(Invalid::new("image", "must be an https address or a path that begins with /media/"))
}

/// Each category once, in the order given.
pub(super) fn without_repeats(ids: impl IntoIterator<Item = CategoryId>) -> Vec<CategoryId> {
    let mut once = Vec::new();
    for id in ids {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    once
}
