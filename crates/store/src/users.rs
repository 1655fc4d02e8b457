//! Organisations and users.

use gangway_model::{Organization, OrganizationId, Plan, User, UserId};
use sqlx::any::AnyRow;

use crate::error::{Result, StoreError};
use crate::orphans;
use crate::paging::{Listed, Paging};
use crate::row::Columns;
use crate::sql::Sql;
use crate::user_keys::UserKey;
use crate::{NewTask, Store};

/// A user to be made, with the key that seals the user's secrets.
#[derive(Debug)]
pub struct NewUser {
    /// Made by the caller, because the key is sealed for it.
    pub id: UserId,
    pub organization_id: Option<OrganizationId>,
    pub external_id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub plan: Plan,
    pub key: UserKey,
}

/// What to change about a user; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub organization_id: Option<Option<OrganizationId>>,
    pub name: Option<Option<String>>,
    pub email: Option<Option<String>>,
    pub plan: Option<Plan>,
    /// Whether the user is disabled; since when stays as it is for one who is already.
    pub disabled: Option<bool>,
}

/// Every reading of a user needs the organisation's plan beside the user's own.
pub(crate) const USER: &str = "SELECT u.id, u.organization_id, u.external_id, u.name, u.email, u.plan, u.created_at, \
     u.disabled_at, o.plan AS organization_plan FROM users u LEFT JOIN organizations o ON o.id = u.organization_id";

pub(crate) fn read_user(row: &AnyRow) -> Result<User> {
    let own_plan = row.word("plan", Plan::parse)?;
    let organization_plan = match row.opt_text("organization_plan")? {
        Some(_) => row.word("organization_plan", Plan::parse)?,
        None => own_plan,
    };
    Ok(User {
        id: row.id("id")?,
        organization_id: row.opt_id("organization_id")?,
        external_id: row.opt_text("external_id")?,
        name: row.opt_text("name")?,
        email: row.opt_text("email")?,
        own_plan,
        plan: own_plan.max(organization_plan),
        created_at: row.time("created_at")?,
        disabled_at: row.opt_time("disabled_at")?,
    })
}

/// Narrows a statement on users down to those with a text in one of the fields that people know them by.
fn having_part(mut statement: Sql, part: &str) -> Sql {
    // SQLite lowers ASCII alone, PostgreSQL what its locale knows.
    let mut patterns = vec![pattern(&part.to_ascii_lowercase()), pattern(&part.to_lowercase())];
    patterns.dedup();
    statement = statement.sql(" AND (1 = 0");
    for field in ["u.external_id", "u.email", "u.name"] {
        for pattern in &patterns {
            statement = statement.sql(&format!(" OR LOWER({field}) LIKE ")).arg(pattern).sql(" ESCAPE '!'");
        }
    }
    statement.sql(")")
}

/// What LIKE takes for "has this text in it", whatever the text holds.
fn pattern(text: &str) -> String {
    let literal = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{literal}%")
}

fn read_organization(row: &AnyRow) -> Result<Organization> {
    Ok(Organization {
        id: row.id("id")?,
        name: row.text("name")?,
        plan: row.word("plan", Plan::parse)?,
        created_at: row.time("created_at")?,
    })
}

impl Store {
    pub async fn create_organization(&self, name: &str, plan: Plan) -> Result<Organization> {
        let id = OrganizationId::fresh();
        Sql::new("INSERT INTO organizations (id, name, plan, created_at) VALUES ")
            .rows(&[()], |()| [(&id).into(), name.into(), plan.as_str().into(), self.now().into()])
            .run(&self.write)
            .await?;
        self.get_organization(&id).await
    }

    pub async fn get_organization(&self, id: &OrganizationId) -> Result<Organization> {
        let row = Sql::new("SELECT id, name, plan, created_at FROM organizations WHERE id = ").arg(id);
        read_organization(&row.first(&self.read).await?.ok_or(StoreError::NotFound)?)
    }

    /// In the order they were made.
    pub async fn list_organizations(&self, paging: &Paging) -> Result<Listed<Organization>> {
        let rows = Sql::new("SELECT id, name, plan, created_at FROM organizations WHERE id > ")
            .arg(paging.after.as_deref().unwrap_or_default())
            .sql(" ORDER BY id LIMIT ")
            .arg(paging.rows_to_read())
            .all(&self.read)
            .await?;
        Listed::read(rows, paging, read_organization, |row| row.id.to_string())
    }

    /// # Errors
    /// `Conflict` when the external id is taken or the organisation does not exist.
    pub async fn create_user(&self, user: &NewUser) -> Result<User> {
        Sql::new(
            "INSERT INTO users (id, organization_id, external_id, name, email, plan, key_salt, key_iterations, \
             key_wrapped, key_version, created_at) VALUES ",
        )
        .rows(&[user], |user| {
            [
                (&user.id).into(),
                (&user.organization_id).into(),
                (&user.external_id).into(),
                (&user.name).into(),
                (&user.email).into(),
                user.plan.as_str().into(),
                (&user.key.salt).into(),
                user.key.iterations.into(),
                (&user.key.wrapped).into(),
                user.key.version.into(),
                self.now().into(),
            ]
        })
        .run(&self.write)
        .await?;
        self.find_user(&user.id).await?.ok_or(StoreError::NotFound)
    }

    pub async fn find_user(&self, id: &UserId) -> Result<Option<User>> {
        let row = Sql::new(USER).sql(" WHERE u.id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(read_user).transpose()
    }

    pub async fn find_user_by_external_id(&self, external_id: &str) -> Result<Option<User>> {
        let row = Sql::new(USER).sql(" WHERE u.external_id = ").arg(external_id).first(&self.read).await?;
        row.as_ref().map(read_user).transpose()
    }

    /// In the order they were made; with `part`, those that have it in their external id, email or name, in capitals or not.
    /// (Letters beyond ASCII are found as they are written; whether in the other case as well is the database's affair.)
    pub async fn list_users(&self, part: Option<&str>, paging: &Paging) -> Result<Listed<User>> {
        let mut users = Sql::new(USER).sql(" WHERE u.id > ").arg(paging.after.as_deref().unwrap_or_default());
        if let Some(part) = part {
            users = having_part(users, part);
        }
        let rows = users.sql(" ORDER BY u.id LIMIT ").arg(paging.rows_to_read()).all(&self.read).await?;
        Listed::read(rows, paging, read_user, |row| row.id.to_string())
    }

    /// Changes what is given; collections of the user follow into another organisation.
    ///
    /// # Errors
    /// `NotFound` without such a user, `Conflict` when the organisation does not exist.
    pub async fn update_user(&self, id: &UserId, change: &UserChange) -> Result<User> {
        let mut tx = self.begin().await?;
        let changed = Sql::new("UPDATE users SET id = id")
            .arg_if(", organization_id = ", change.organization_id.as_ref())
            .arg_if(", name = ", change.name.as_ref())
            .arg_if(", email = ", change.email.as_ref())
            .arg_if(", plan = ", change.plan.map(Plan::as_str))
            .sql_if(change.disabled == Some(false), ", disabled_at = NULL")
            .arg_if(
                ", disabled_at = COALESCE(disabled_at, ",
                (change.disabled == Some(true)).then(|| self.now()),
            )
            .sql_if(change.disabled == Some(true), ")")
            .sql(" WHERE id = ")
            .arg(id)
            .run(&mut *tx)
            .await?;
        if changed == 0 {
            return Err(StoreError::NotFound);
        }
        if let Some(organization_id) = &change.organization_id {
            Sql::new("UPDATE collections SET organization_id = ")
                .arg(organization_id)
                .sql(" WHERE owner_id = ")
                .arg(id)
                .run(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.find_user(id).await?.ok_or(StoreError::NotFound)
    }

    /// Marks a user as leaving, in one transaction: tokens, assistants and open authorization requests go at once, so
    /// nobody acts as this user any more, and `task` (which takes the connections apart and then deletes the
    /// user) is queued.
    pub async fn start_user_deletion(&self, id: &UserId, task: &NewTask) -> Result<()> {
        let mut tx = self.begin().await?;
        let found = Sql::new("UPDATE users SET id = id WHERE id = ").arg(id).run(&mut *tx).await?;
        if found == 0 {
            return Err(StoreError::NotFound);
        }
        for table in
            ["user_tokens", "assistants", "assistant_codes", "authorization_requests", "picker_sessions"]
        {
            let delete = format!("DELETE FROM {table} WHERE user_id = ");
            Sql::new(&delete).arg(id).run(&mut *tx).await?;
        }
        crate::queue::enqueue_in(&mut tx, task, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a user and every row below; the data key goes with them, so what was sealed with it can never
    /// be opened again. Blobs are handed to the orphans.
    pub async fn delete_user(&self, id: &UserId) -> Result<()> {
        let mut tx = self.begin().await?;
        orphans::orphan_blobs_of_user(&mut tx, id, self.now()).await?;
        let deleted = Sql::new("DELETE FROM users WHERE id = ").arg(id).run(&mut *tx).await?;
        if deleted == 0 {
            return Err(StoreError::NotFound);
        }
        tx.commit().await?;
        Ok(())
    }
}
