use utoipa::openapi::schema::{AdditionalProperties, Object, OneOfBuilder};
use utoipa::openapi::{RefOr, Schema};

use crate::adapters::http::input::text_schema;

/// One type of a thing whose members depend on its type.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Members of this type that must be there.
    pub required: &'static [&'static str],
    /// Members of this type that may be there.
    pub optional: &'static [&'static str],
}

/// The schema of a thing with a `type`: for each type the members that all have and those of that
/// type, and no others.
pub fn by_type(all: RefOr<Schema>, cases: &[Case], example: serde_json::Value) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(all)) = all else { return all };
    let special = |name: &str| {
        cases.iter().any(|case| case.required.contains(&name) || case.optional.contains(&name))
    };
    let mut either = OneOfBuilder::new().description(all.description.clone()).examples([example]);
    for case in cases {
        let mut object: Object = all.clone();
        object.properties.retain(|name, _| {
            let own =
                case.required.contains(&name.as_str()) || case.optional.contains(&name.as_str());
            own || !special(name)
        });
        for name in case.required {
            if let Some(schema) = object.properties.get_mut(*name) {
                *schema = without_null(schema.clone());
            }
        }
        let tag = text_schema().enum_values(Some([case.name]));
        object.properties.insert("type".to_owned(), tag.into());
        object.required.extend(case.required.iter().map(|name| (*name).to_owned()));
        object.description = None;
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        either = either.item(object);
    }
    RefOr::T(Schema::OneOf(either.build()))
}

/// The schema without the choice of null.
fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::OneOf(either)) = schema else { return schema };
    let null =
        |item: &RefOr<Schema>| serde_json::to_value(item).is_ok_and(|item| item["type"] == "null");
    let mut others: Vec<RefOr<Schema>> =
        either.items.iter().filter(|i| !null(i)).cloned().collect();
    match (others.pop(), others.is_empty()) {
        (Some(only), true) => only,
        _ => RefOr::T(Schema::OneOf(either)),
    }
}
