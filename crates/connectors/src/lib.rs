//! The registry: every connector, in the order in which people see them.

mod dropbox;
mod google_drive;
mod local_upload;
mod notion;
mod planned;
mod slack;

mod lenient;
mod media_types;
mod parts;

use gangway_connector::Connector;

/// All connectors. Adding one is its folder, its `mod` line and its line here.
pub static ALL: [&dyn Connector; 9] = [
    &google_drive::GoogleDrive,
    &planned::MICROSOFT_ONEDRIVE,
    &planned::MICROSOFT_SHAREPOINT,
    &dropbox::Dropbox,
    &planned::BOX,
    &notion::Notion,
    &planned::CONFLUENCE,
    &slack::Slack,
    &local_upload::LocalUpload,
];

/// Finds a connector by its id.
pub fn find(id: &str) -> Option<&'static dyn Connector> {
    ALL.iter().copied().find(|connector| connector.descriptor().id == id)
}

#[cfg(test)]
mod tests;
