//! One operation: what it does, who may, what it takes and answers, and how a call of it looks.

use serde_json::Value;

use super::html::{escape, json, paragraphs, prose};
use super::schema::{Schemas, limits};

/// An operation and where it stands.
pub struct Operation<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub about: &'a Value,
    pub schemas: Schemas<'a>,
}

impl<'a> Operation<'a> {
    /// Its anchor.
    pub fn id(&self) -> &'a str {
        self.about["operationId"].as_str().unwrap_or_default()
    }

    /// Its name for people: `start_sync` is "Start sync".
    pub fn title(&self) -> String {
        let words = self.id().replace('_', " ");
        let mut letters = words.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// What the filter looks in.
    pub fn words(&self) -> String {
        let said = |name: &str| self.about[name].as_str().unwrap_or_default();
        let text =
            format!("{} {} {} {} {}", self.method, self.path, self.id(), self.title(), said("summary"));
        escape(&format!("{text} {}", self.about["tags"][0].as_str().unwrap_or_default()).to_lowercase())
    }

    pub fn html(&self) -> String {
        let id = escape(self.id());
        let said = |name: &str| self.about[name].as_str().unwrap_or_default();
        format!(
            "<article class=\"op\" id=\"{id}\" data-words=\"{words}\" aria-labelledby=\"h-{id}\">\n\
             <h3 id=\"h-{id}\"><a class=\"anchor\" href=\"#{id}\">{title}</a></h3>\n\
             <p class=\"call\"><span class=\"method {method}\">{upper}</span> <code class=\"path\">{path}</code></p>\n\
             <div class=\"two\">\n<div class=\"said\">\n{summary}{description}{who}{parameters}{body}{answers}</div>\n\
             <div class=\"shown\">\n{sample}</div>\n</div>\n</article>\n",
            words = self.words(),
            title = escape(&self.title()),
            method = self.method,
            upper = self.method.to_uppercase(),
            path = path_html(self.path),
            summary = paragraphs(said("summary")),
            description = paragraphs(said("description")),
            who = self.who(),
            parameters = self.parameters(),
            body = self.body(),
            answers = self.answers(),
            sample = self.sample(),
        )
    }

    fn who(&self) -> String {
        let names: Vec<&str> = ["user_token", "admin_key", "console_session", "picker_key"]
            .into_iter()
            .filter(|name| self.ways().any(|way| way.get(*name).is_some()))
            .collect();
        if names.is_empty() {
            return "<p class=\"who\">Needs no token.</p>\n".to_owned();
        }
        let links = names
            .iter()
            .map(|name| format!("<a href=\"#auth-{name}\">{}</a>", escape(&name.replace('_', " "))));
        format!("<p class=\"who\">With: {}</p>\n", links.collect::<Vec<_>>().join(" or "))
    }

    fn ways(&self) -> impl Iterator<Item = &'a Value> {
        self.about["security"].as_array().into_iter().flatten()
    }

    fn all_parameters(&self) -> impl Iterator<Item = &'a Value> {
        self.about["parameters"].as_array().into_iter().flatten()
    }

    fn parameters(&self) -> String {
        let mut html = String::new();
        for parameter in self.all_parameters() {
            let schema = &parameter["schema"];
            html += &format!(
                "<li><code class=\"name\">{}</code> <span class=\"type\">{}, {}</span>{}{}<p>{}</p></li>\n",
                escape(parameter["name"].as_str().unwrap_or_default()),
                escape(&self.schemas.words(schema)),
                escape(match parameter["in"].as_str().unwrap_or_default() {
                    "path" => "in the path",
                    "query" => "in the query",
                    place => place,
                }),
                if parameter["required"] == true { " <span class=\"must\">required</span>" } else { "" },
                limits(schema),
                prose(parameter["description"].as_str().unwrap_or_default()),
            );
        }
        match html.is_empty() {
            true => html,
            false => format!("<h4>Parameters</h4>\n<ul class=\"fields\">\n{html}</ul>\n"),
        }
    }

    fn body(&self) -> String {
        let body = &self.about["requestBody"];
        let Some(content) = body["content"].as_object() else { return String::new() };
        let mut html =
            format!("<h4>Body</h4>\n{}", paragraphs(body["description"].as_str().unwrap_or_default()));
        for (media_type, about) in content {
            let needed = if body["required"] == true { "" } else { ", may be left out" };
            html += &format!("<p class=\"media\"><code>{}</code>{needed}</p>\n", escape(media_type));
            html += &self.schemas.fields(&about["schema"]);
        }
        html
    }

    fn answers(&self) -> String {
        let mut html = String::from("<h4>Answers</h4>\n<dl class=\"answers\">\n");
        let mut answers: Vec<_> = self.about["responses"].as_object().into_iter().flatten().collect();
        answers.sort_by_key(|(status, _)| status.as_str());
        for (status, answer) in answers {
            let good = status.starts_with('2');
            html += &format!(
                "<div><dt><span class=\"status {}\">{}</span></dt><dd><p>{}</p>",
                if good { "good" } else { "bad" },
                escape(status),
                prose(answer["description"].as_str().unwrap_or_default()),
            );
            for (media_type, about) in answer["content"].as_object().into_iter().flatten().filter(|_| good) {
                html += &format!("<p class=\"media\"><code>{}</code></p>", escape(media_type));
                let fields = self.schemas.fields(&about["schema"]);
                if !fields.is_empty() {
                    let words = escape(&self.schemas.words(&about["schema"]));
                    html += &format!("<details><summary>Fields of {words}</summary>\n{fields}</details>");
                }
            }
            html += "</dd></div>\n";
        }
        html + "</dl>\n"
    }

    /// A call that a person can send, and what came back when it was recorded.
    fn sample(&self) -> String {
        let mut html = figure("Call", "shell", &escape(&self.curl()));
        for (status, answer) in self.about["responses"].as_object().into_iter().flatten() {
            for about in answer["content"].as_object().into_iter().flatten().map(|(_, about)| about) {
                match &about["example"] {
                    Value::Null => {}
                    Value::String(text) => {
                        html += &figure(&format!("Answer, {status}"), "text", &escape(text))
                    }
                    value => html += &figure(&format!("Answer, {status}"), "json", &json(value)),
                }
            }
        }
        html
    }

    fn curl(&self) -> String {
        let example = |parameter: &Value| match &parameter["example"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            value => Some(value.to_string()),
        };
        let mut path = self.path.to_owned();
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut headers = Vec::new();
        for parameter in self.all_parameters() {
            let Some(value) = example(parameter) else { continue };
            let name = parameter["name"].as_str().unwrap_or_default();
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &value),
                Some("query") => drop(query.append_pair(name, &value)),
                Some("header") => headers.push(format!("{name}: {value}")),
                _ => {}
            }
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let method = match self.method {
            "get" => String::new(),
            "head" => "-I ".to_owned(),
            method => format!("-X {} ", method.to_uppercase()),
        };
        let mut text = format!("curl {method}\"$GANGWAY_URL{path}{mark}{query}\"");
        let mut more = |argument: String| text += &format!(" \\\n  {argument}");
        let way = |name: &str| self.ways().any(|way| way.get(name).is_some());
        if way("user_token") {
            more("-H \"Authorization: Bearer $GANGWAY_TOKEN\"".to_owned());
        } else if way("admin_key") {
            more("-H \"Authorization: Bearer $GANGWAY_ADMIN_KEY\"".to_owned());
        } else if way("picker_key") {
            more("-H \"X-Picker-Key: $PICKER_KEY\"".to_owned());
        } else if way("console_session") {
            more("-b cookies.txt".to_owned());
            if !["get", "head"].contains(&self.method) {
                more("-H \"X-CSRF-Token: $CSRF_TOKEN\"".to_owned());
            }
        }
        headers.into_iter().for_each(|header| more(format!("-H '{}'", header.replace('\'', "'\\''"))));
        for (media_type, about) in self.about["requestBody"]["content"].as_object().into_iter().flatten() {
            match &about["example"] {
                Value::Null if media_type == "multipart/form-data" => more("-F file=@notes.txt".to_owned()),
                Value::Null if media_type == "application/json" => {}
                Value::Null => {
                    more(format!("-H 'Content-Type: {media_type}'"));
                    more("--data-binary @part".to_owned());
                }
                value => {
                    more(format!("-H 'Content-Type: {media_type}'"));
                    let body = serde_json::to_string_pretty(value).unwrap_or_default();
                    more(format!("-d '{}'", body.replace('\'', "'\\''")));
                }
            }
        }
        text
    }
}

fn figure(caption: &str, kind: &str, html: &str) -> String {
    format!(
        "<figure class=\"sample {kind}\"><figcaption>{}</figcaption><pre><code>{html}</code></pre></figure>\n",
        escape(caption)
    )
}

/// A path with its parameters marked, which may be broken before each of its parts.
fn path_html(path: &str) -> String {
    let parts = path.split('/').skip(1).map(|part| match part.strip_prefix('{') {
        Some(_) => format!("<wbr>/<var>{}</var>", escape(part)),
        None => format!("<wbr>/{}", escape(part)),
    });
    parts.collect()
}
