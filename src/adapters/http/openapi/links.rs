use serde_json::{Value, json};

/// What to send where an answer leads: parameters and what they are taken from.
type Parameters = &'static [(&'static str, &'static str)];

/// Where answers lead: operation, status, the operation it leads to, and what to send there.
const LINKS: &[(&str, &str, &str, Parameters)] = &[
    ("create_cart", "201", "get_cart", &[("cart_id", "$response.body#/id")]),
    ("create_cart", "201", "list_cart_shipping", &[("cart_id", "$response.body#/id")]),
    ("create_cart", "201", "set_cart_address", &[("cart_id", "$response.body#/id")]),
    ("create_cart", "201", "add_cart_item", &[("cart_id", "$response.body#/id")]),
    ("admin_create_product", "201", "admin_get_product", BY_ID),
    ("admin_create_product", "201", "admin_patch_product", BY_ID_AND_TAG),
    ("admin_create_product", "201", "admin_archive_product", BY_ID_AND_TAG),
    ("admin_create_product", "201", "receive_stock", &[("sku", "$response.body#/variants/0/sku")]),
    ("admin_create_category", "201", "admin_get_category", BY_ID),
    ("admin_create_category", "201", "admin_patch_category", BY_ID_AND_TAG),
    ("admin_create_category", "201", "admin_delete_category", BY_ID_AND_TAG),
    ("admin_create_promotion", "201", "admin_get_promotion", BY_ID),
    ("admin_create_promotion", "201", "admin_patch_promotion", BY_ID_AND_TAG),
    ("admin_create_promotion", "201", "admin_delete_promotion", BY_ID_AND_TAG),
    ("admin_create_tax_rate", "201", "admin_get_tax_rate", BY_ID),
    ("admin_create_tax_rate", "201", "admin_patch_tax_rate", BY_ID_AND_TAG),
    ("admin_create_tax_rate", "201", "admin_delete_tax_rate", BY_ID_AND_TAG),
    ("admin_create_shipping_method", "201", "admin_get_shipping_method", BY_ID),
    ("admin_create_shipping_method", "201", "admin_patch_shipping_method", BY_ID_AND_TAG),
    ("admin_create_shipping_method", "201", "admin_delete_shipping_method", BY_ID_AND_TAG),
    ("import_catalog", "202", "get_import", BY_ID),
    ("place_order", "201", "admin_get_order", &[("order_id", "$response.body#/id")]),
];

const BY_ID: Parameters = &[("id", "$response.body#/id")];
const BY_ID_AND_TAG: Parameters =
    &[("id", "$response.body#/id"), ("If-Match", "$response.header.ETag")];

/// Adds the links of an operation's answers.
pub fn complete(operation: &mut Value) {
    let Some(id) = operation["operationId"].as_str().map(str::to_owned) else { return };
    for (_, status, to, parameters) in LINKS.iter().filter(|link| link.0 == id) {
        let parameters: serde_json::Map<String, Value> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let link = json!({"operationId": to, "parameters": parameters});
        operation["responses"][status]["links"][to] = link;
    }
}
