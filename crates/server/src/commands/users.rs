//! `gangway users`: people and their tokens. Needs the admin key.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::client::wire::User;
use crate::client::{Client, ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::output::table::Rows;

#[derive(Args, Debug)]
pub struct UsersArgs {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// Make a user, and with --with-token its first token
    Create {
        #[command(flatten)]
        about: About,
        /// Your own id of this person
        #[arg(long, value_name = "ID")]
        external_id: Option<String>,
        /// Make a token as well
        #[arg(long)]
        with_token: bool,
    },
    /// List users
    List {
        /// Only those with this in their external id, email or name
        #[arg(value_name = "PART")]
        part: Option<String>,
    },
    /// Change a user
    Update {
        /// Id, external id or email
        user: String,
        #[command(flatten)]
        about: About,
    },
    /// Disable a user: all that acts as them is refused and waits; nothing is lost
    Disable {
        /// Id, external id or email
        user: String,
    },
    /// Enable a disabled user again
    Enable {
        /// Id, external id or email
        user: String,
    },
    /// Make a token; it is shown once
    Token {
        /// Id, external id or email
        user: String,
        /// What it is for
        #[arg(long)]
        label: Option<String>,
        /// Seconds until it ends; without it, it does not
        #[arg(long, value_name = "SECONDS")]
        expires_in: Option<u64>,
    },
    /// List a user's tokens, without their values
    Tokens {
        /// Id, external id or email
        user: String,
    },
    /// Take a token back
    RevokeToken {
        /// Id, external id or email
        user: String,
        token_id: String,
    },
    /// Delete a user with everything that belongs to it
    Delete {
        /// Id, external id or email
        user: String,
    },
}

#[derive(Args, Debug)]
struct About {
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    email: Option<String>,
    /// free, pro or enterprise
    #[arg(long)]
    plan: Option<String>,
    /// The organisation's id
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
}

impl About {
    fn body(self) -> Map<String, Value> {
        let fields = [
            ("name", self.name),
            ("email", self.email),
            ("plan", self.plan),
            ("organization_id", self.organization),
        ];
        fields
            .into_iter()
            .filter_map(|(field, text)| Some((field.to_owned(), Value::String(text?))))
            .collect()
    }
}

#[derive(Deserialize)]
struct NewToken {
    token: String,
}

#[derive(Deserialize)]
struct Tokens {
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
struct Token {
    id: String,
    label: Option<String>,
    created_at: Option<chrono::DateTime<chrono::Utc>>,
    expires_at: Option<chrono::DateTime<chrono::Utc>>,
}

pub async fn run(server: &ServerArgs, args: UsersArgs) -> Result<(), Failure> {
    let client = server.client()?;
    match args.deed {
        Deed::Create { about, external_id, with_token } => {
            let mut body = about.body();
            if let Some(id) = external_id {
                body.insert("external_id".to_owned(), Value::String(id));
            }
            let mut made = client.post(&["admin", "users"]).json(&body).send().await?;
            let user: User = parse(made.clone())?;
            let mut text = format!("made {} ({} plan)", user.id, user.plan.as_deref().unwrap_or("free"));
            if with_token {
                let token = create_token(&client, &user.id, json!({})).await?;
                made["token"] = token["token"].clone();
                text.push_str(&format!(
                    "\ntoken (shown once): {}",
                    token["token"].as_str().unwrap_or_default()
                ));
            }
            say(server, &made, &text)
        }
        Deed::List { part } => list(server, &client, part.as_deref()).await,
        Deed::Update { user, about } => {
            let id = find(&client, &user).await?;
            let changed = client.patch(&["admin", "users", &id]).json(&about.body()).send().await?;
            say(server, &changed, &format!("changed {id}"))
        }
        Deed::Disable { user } => {
            let id = find(&client, &user).await?;
            let changed =
                client.patch(&["admin", "users", &id]).json(&json!({ "disabled": true })).send().await?;
            say(server, &changed, &format!("{id} can do nothing until `gangway users enable {id}`"))
        }
        Deed::Enable { user } => {
            let id = find(&client, &user).await?;
            let changed =
                client.patch(&["admin", "users", &id]).json(&json!({ "disabled": false })).send().await?;
            say(server, &changed, &format!("{id} works as before"))
        }
        Deed::Token { user, label, expires_in } => {
            let id = find(&client, &user).await?;
            let mut body = json!({});
            if let Some(label) = label {
                body["label"] = json!(label);
            }
            if let Some(seconds) = expires_in {
                body["expires_in"] = json!(seconds);
            }
            let made = create_token(&client, &id, body).await?;
            let token: NewToken = parse(made.clone())?;
            if !server.json {
                output::remark("this token is shown once; keep it like a password");
            }
            say(server, &made, &token.token)
        }
        Deed::Tokens { user } => tokens(server, &client, &user).await,
        Deed::RevokeToken { user, token_id } => {
            let id = find(&client, &user).await?;
            client.delete(&["admin", "users", &id, "tokens", &token_id]).send().await?;
            say(server, &json!({ "revoked": token_id }), &format!("token {token_id} works no more"))
        }
        Deed::Delete { user } => {
            let id = find(&client, &user).await?;
            client.delete(&["admin", "users", &id]).send().await?;
            say(server, &json!({ "deleted": id }), &format!("deleted {id}; its data key is destroyed"))
        }
    }
}

async fn create_token(client: &Client, user: &str, body: Value) -> Result<Value, Failure> {
    client.post(&["admin", "users", user, "tokens"]).json(&body).send().await
}

async fn list(server: &ServerArgs, client: &Client, part: Option<&str>) -> Result<(), Failure> {
    if server.json {
        let mut call = client.get(&["admin", "users"]).query("limit", 100);
        if let Some(part) = part {
            call = call.query("query", part);
        }
        output::json(&call.send().await?);
        return Ok(());
    }
    let mut rows = Rows::new(&["id", "name", "email", "plan", "external id", "disabled"]);
    for user in having(client, part).await? {
        let text = |field: Option<String>| field.unwrap_or_else(|| "-".to_owned());
        let since = output::words::moment(user.disabled_at);
        rows.row([
            user.id,
            text(user.name),
            text(user.email),
            text(user.plan),
            text(user.external_id),
            since,
        ]);
    }
    rows.print(match part {
        Some(_) => "nobody has this in their external id, email or name",
        None => "no users yet; `gangway users create` makes one",
    });
    Ok(())
}

async fn tokens(server: &ServerArgs, client: &Client, user: &str) -> Result<(), Failure> {
    let id = find(client, user).await?;
    let path = ["admin", "users", &id, "tokens"];
    if server.json {
        output::json(&client.get(&path).send().await?);
        return Ok(());
    }
    let mut rows = Rows::new(&["id", "label", "made", "ends"]);
    for token in client.get(&path).read::<Tokens>().await?.tokens {
        rows.row([
            token.id,
            token.label.unwrap_or_else(|| "-".to_owned()),
            output::words::moment(token.created_at),
            output::words::moment(token.expires_at),
        ]);
    }
    rows.print("no tokens");
    Ok(())
}

/// All users, or those with a text in what they are known by.
async fn having(client: &Client, part: Option<&str>) -> Result<Vec<User>, Failure> {
    let query: Vec<_> = part.map(|part| ("query", part.to_owned())).into_iter().collect();
    client.list_all(&["admin", "users"], &query, "users", 100_000).await
}

/// The id of a user named by id, external id or email.
async fn find(client: &Client, named: &str) -> Result<String, Failure> {
    if !named.contains('@') {
        match client.get(&["admin", "users", named]).read::<User>().await {
            Ok(user) => return Ok(user.id),
            Err(failure) if matches!(failure.exit, Exit::NotFound | Exit::Usage) => {}
            Err(failure) => return Err(failure),
        }
    }
    let by_external_id = [("external_id", named.to_owned())];
    let mut found = client.list_all::<User>(&["admin", "users"], &by_external_id, "users", 1).await?;
    if let Some(user) = found.pop() {
        return Ok(user.id);
    }
    let named_so = |user: &User| user.email.as_deref() == Some(named);
    let mut same: Vec<User> = having(client, Some(named)).await?.into_iter().filter(named_so).collect();
    match (same.pop(), same.is_empty()) {
        (Some(user), true) => Ok(user.id),
        (Some(_), false) => {
            Err(Failure::usage(format!("there are several users {named:?}")).remedy("name one by its id"))
        }
        (None, _) => Err(Failure::new(Exit::NotFound, format!("there is no user {named:?}"))
            .remedy("`gangway users list` lists them")),
    }
}

fn say(server: &ServerArgs, value: &Value, text: &str) -> Result<(), Failure> {
    match server.json {
        true => output::json(value),
        false => text.lines().for_each(|line| output::line(output::safe(line))),
    }
    Ok(())
}
