//! The page: how to call, every operation by topic, every error. Made of the OpenAPI document and of nothing else.

use serde_json::Value;

use super::errors;
use super::html::{escape, paragraphs, prose};
use super::operation::Operation;
use super::schema::Schemas;

const FRAME: &str = include_str!("page.html");

/// The whole page. `console`: whether there is one to lead to.
pub fn page(document: &Value, console: bool) -> String {
    let schemas = Schemas { named: &document["components"]["schemas"] };
    let operations = operations(document, schemas);
    let mut ways = String::new();
    let mut body = String::new();
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let of_tag = operations.iter().filter(|operation| operation.about["tags"][0] == tag["name"]);
        let (links, articles): (String, String) = of_tag.map(|one| (link(one), one.html())).unzip();
        let (id, title) = (escape(name), escape(&title_of(name)));
        ways += &format!("<li data-group><span class=\"label\">{title}</span>\n<ul>\n{links}</ul></li>\n");
        body += &format!(
            "<section class=\"tag\" id=\"tag-{id}\" aria-labelledby=\"h-tag-{id}\">\n<h2 id=\"h-tag-{id}\">{title}</h2>\n{}{articles}</section>\n",
            paragraphs(tag["description"].as_str().unwrap_or_default())
        );
    }
    let console = if console { "<a href=\"/console/\">Console</a>" } else { "" };
    FRAME
        .replace("{{version}}", &escape(document["info"]["version"].as_str().unwrap_or_default()))
        .replace("{{about}}", &prose(document["info"]["description"].as_str().unwrap_or_default()))
        .replace("{{count}}", &operations.len().to_string())
        .replace("{{console}}", console)
        .replace("{{authentication}}", &authentication(document))
        .replace("{{ways}}", &ways)
        .replace("{{operations}}", &body)
        .replace("{{errors}}", &errors::section())
}

fn operations<'a>(document: &'a Value, schemas: Schemas<'a>) -> Vec<Operation<'a>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, about)| Operation { method, path, about, schemas })
    });
    let mut all: Vec<Operation> = all.collect();
    // Of one path, in the order in which one meets them.
    let order = |method: &str| {
        ["options", "post", "get", "head", "patch", "delete"].iter().position(|m| *m == method)
    };
    all.sort_by(|a, b| (a.path, order(a.method)).cmp(&(b.path, order(b.method))));
    all
}

fn link(operation: &Operation) -> String {
    format!(
        "<li data-words=\"{}\"><a href=\"#{}\"><span class=\"method {method}\">{}</span> {}</a></li>\n",
        operation.words(),
        escape(operation.id()),
        operation.method.to_uppercase(),
        escape(&operation.title()),
        method = operation.method,
    )
}

fn title_of(tag: &str) -> String {
    match tag {
        "oauth" => "OAuth".to_owned(),
        _ => {
            let mut letters = tag.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// The ways to show who is calling, as the document describes them.
fn authentication(document: &Value) -> String {
    let schemes = document["components"]["securitySchemes"].as_object().into_iter().flatten();
    let rows = schemes.map(|(name, scheme)| {
        let how = match (scheme["type"].as_str(), scheme["in"].as_str()) {
            (Some("http"), _) => "Authorization: Bearer …".to_owned(),
            (_, Some("cookie")) => format!("Cookie: {}=…", scheme["name"].as_str().unwrap_or_default()),
            _ => format!("{}: …", scheme["name"].as_str().unwrap_or_default()),
        };
        format!(
            "<div id=\"auth-{id}\"><dt>{}</dt><dd><p><code>{}</code></p><p>{}</p></dd></div>\n",
            escape(&name.replace('_', " ")),
            escape(&how),
            prose(scheme["description"].as_str().unwrap_or_default()),
            id = escape(name),
        )
    });
    rows.collect()
}
