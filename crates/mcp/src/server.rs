//! The protocol's server: says who it is, lists the tools, and carries a call out as the caller.

use std::sync::Arc;

use axum::http::request::Parts;
use gangway_app::{App, AppError, Code};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};

use crate::gate::{Caller, error_value, log};
use crate::tools;

const INSTRUCTIONS: &str = "Searches and reads the documents that this user brought in from their accounts. Use \
    `search` to find documents and `fetch` to read one by its id; cite the url. `list_files`, `start_sync` and \
    `sync_status` bring further documents in, into a collection of `list_collections`.";

/// One request's server. It knows nobody: who calls comes with each request.
#[derive(Clone)]
pub struct Assistant {
    pub app: Arc<App>,
}

impl ServerHandler for Assistant {
    fn get_info(&self) -> ServerConfig {
        let named = Implementation::new("gangway", env!("CARGO_PKG_VERSION")).with_title("Gangway");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(named)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = caller(&context)?;
        let usable = tools::ALL.iter().filter(|tool| caller.may(tool.scopes()));
        Ok(ListToolsResult::with_all_items(usable.map(|tool| tool.description()).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::find(name).map(|tool| tool.description())
    }

    /// What the token does not allow the gate answers; what a tool could not do is told to the assistant as the tool's own answer.
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller(&context)?;
        let tool = tools::find(&request.name).ok_or_else(|| {
            ErrorData::invalid_params(format!("there is no tool {:?}", &*request.name), None)
        })?;
        let answer = match caller.require(tool.scopes()) {
            Ok(()) => tool.call(&self.app, caller, request.arguments.unwrap_or_default()).await,
            Err(error) => Err(error),
        };
        let result = match answer {
            Ok(value) => CallToolResult::structured(value),
            // As text alone: clients hold whatever is structured against the tool's schema, which describes what it answers.
            Err(error) => CallToolResult::error(vec![ContentBlock::text(told(&error).to_string())]),
        };
        Ok(result.into())
    }
}

/// Who calls, as the gate found it out.
fn caller(context: &RequestContext<RoleServer>) -> Result<&Caller, ErrorData> {
    let caller = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Caller>());
    caller.ok_or_else(|| ErrorData::internal_error("the request came past the gate", None))
}

fn told(error: &AppError) -> serde_json::Value {
    if matches!(error.code, Code::Internal | Code::Unavailable | Code::ConnectorError) {
        log(error);
    }
    error_value(error)
}
