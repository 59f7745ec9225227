//! Which operations there are, and what each asks of its caller.
//!
//! The table is built from the API document, and a request that it does not know is refused: a
//! route that nobody documented cannot be reached, and an operation that names neither a permission
//! nor a way in without one is not in the table.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use utoipa::openapi::path::{Operation as Documented, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::domain::customer::{Access, Permission};

/// The extension of an operation that names its permission.
pub const PERMISSION: &str = "x-permission";
/// The extension of an operation that takes files, and so may take longer.
pub const UPLOAD: &str = "x-upload";

/// The extension of an operation that a client may ask as often as it likes.
pub const UNLIMITED: &str = "x-unlimited";

/// What may be done at one path.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its place among all operations.
    pub number: usize,
    /// By which method.
    pub method: Method,
    /// By whom.
    pub access: Access,
    /// Whether it takes files.
    pub upload: bool,
    /// The media types of its good answers; none where they have no body.
    pub produces: Vec<String>,
}

/// A path of the document.
#[derive(Clone, Debug)]
pub struct Route {
    /// With its parameters in braces.
    pub pattern: String,
    /// What may be done there.
    pub operations: Vec<Operation>,
    /// Whether requests to it are counted.
    pub limited: bool,
    /// The methods, as `Allow` lists them.
    pub allow: HeaderValue,
}

impl Route {
    /// What `method` does there.
    pub fn operation(&self, method: &Method) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == *method)
    }
}

/// All paths of the document, as a tree of their segments.
#[derive(Debug, Default)]
pub struct Table {
    root: Node,
    /// The method and the pattern of each operation, by its number.
    names: Vec<(Method, String)>,
}

#[derive(Debug, Default)]
struct Node {
    named: Vec<(String, Node)>,
    parameter: Option<Box<Node>>,
    route: Option<Arc<Route>>,
}

impl Table {
    /// The operations of `document` that say who may use them.
    pub fn of(document: &OpenApi) -> Self {
        let mut table = Self::default();
        for (pattern, item) in &document.paths.paths {
            let operations = operations(item);
            if !operations.is_empty() {
                let limited = !documented(item).any(|(_, o)| extension(o, UNLIMITED).is_some());
                table.add(pattern, operations, limited);
            }
        }
        table
    }

    fn add(&mut self, pattern: &str, mut operations: Vec<Operation>, limited: bool) {
        for operation in &mut operations {
            operation.number = self.names.len();
            self.names.push((operation.method.clone(), pattern.to_owned()));
        }
        let mut node = &mut self.root;
        for segment in segments(pattern) {
            node = if segment.starts_with('{') {
                node.parameter.get_or_insert_default()
            } else {
                node.child(segment)
            };
        }
        let mut methods: Vec<&str> = operations.iter().map(|o| o.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        let allow = HeaderValue::try_from(methods.join(", "));
        let allow = allow.unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"));
        let pattern = pattern.to_owned();
        node.route = Some(Arc::new(Route { pattern, operations, limited, allow }));
    }

    /// The route that a request's path belongs to.
    pub fn find(&self, path: &str) -> Option<&Arc<Route>> {
        let rest = path.strip_prefix('/')?;
        self.root.find(rest)
    }

    /// How many operations there are.
    pub fn operations(&self) -> usize {
        self.names.len()
    }

    /// The method and the pattern of an operation.
    pub fn operation(&self, number: usize) -> Option<(&str, &str)> {
        self.names.get(number).map(|(method, pattern)| (method.as_str(), pattern.as_str()))
    }

    /// All routes.
    #[cfg(test)]
    pub fn routes(&self) -> Vec<&Arc<Route>> {
        let mut found = Vec::new();
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            found.extend(&node.route);
            open.extend(node.named.iter().map(|(_, child)| child));
            open.extend(node.parameter.as_deref());
        }
        found
    }
}

impl Node {
    fn child(&mut self, name: &str) -> &mut Self {
        let position = self.named.iter().position(|(known, _)| known == name);
        let index = position.unwrap_or_else(|| {
            self.named.push((name.to_owned(), Self::default()));
            self.named.len() - 1
        });
        &mut self.named[index].1
    }

    /// Follows `rest`, a name before a parameter; a parameter takes any segment but an empty one.
    fn find(&self, rest: &str) -> Option<&Arc<Route>> {
        let (segment, rest) = match rest.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (rest, None),
        };
        let named = self.named.iter().find(|(name, _)| name == segment);
        let found = named.and_then(|(_, child)| child.follow(rest));
        let parameter = self.parameter.as_deref().filter(|_| !segment.is_empty());
        found.or_else(|| parameter.and_then(|child| child.follow(rest)))
    }

    fn follow(&self, rest: Option<&str>) -> Option<&Arc<Route>> {
        match rest {
            Some(rest) => self.find(rest),
            None => self.route.as_ref(),
        }
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn documented(item: &PathItem) -> impl Iterator<Item = (Method, &Documented)> {
    let documented = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    documented.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn operations(item: &PathItem) -> Vec<Operation> {
    documented(item)
        .filter_map(|(method, operation)| {
            let access = access(operation)?;
            let upload = extension(operation, UPLOAD).is_some();
            Some(Operation { number: 0, method, access, upload, produces: produces(operation) })
        })
        .collect()
}

/// Who may use an operation: staff with the permission that it names, or anyone where it says how
/// it is reached without one.
fn access(operation: &Documented) -> Option<Access> {
    match extension(operation, PERMISSION) {
        Some(name) => Some(Access::Staff(Permission::parse(name.as_str()?)?)),
        None => operation.security.is_some().then_some(Access::Public),
    }
}

fn produces(operation: &Documented) -> Vec<String> {
    let good = operation.responses.responses.iter().filter(|(status, _)| status.starts_with('2'));
    let types = good.filter_map(|(_, response)| match response {
        RefOr::T(response) => Some(response.content.keys().cloned()),
        RefOr::Ref(_) => None,
    });
    types.flatten().collect()
}

fn extension<'d>(operation: &'d Documented, name: &str) -> Option<&'d serde_json::Value> {
    operation.extensions.as_ref()?.get(name)
}

#[cfg(test)]
mod tests;
