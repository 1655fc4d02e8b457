//! The routes this emulator knows: host, style, scope. A test compares the table with the official description.

/// Which of Dropbox's hosts a route lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    Api,
    Content,
    Notify,
}

/// How argument and result travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Rpc,
    Download,
    Upload,
}

#[derive(Debug)]
pub struct Route {
    pub name: &'static str,
    pub host: Host,
    pub style: Style,
    /// The scope a token needs.
    pub scope: Option<&'static str>,
    /// Whether the argument is void.
    pub void: bool,
    /// Whether apps that only have a folder of their own may call it.
    pub app_folder: bool,
}

use Host::{Api, Content, Notify};
use Style::{Download, Rpc, Upload};

const fn route(
    name: &'static str,
    host: Host,
    style: Style,
    scope: Option<&'static str>,
    void: bool,
    app_folder: bool,
) -> Route {
    Route { name, host, style, scope, void, app_folder }
}

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    route("auth/token/revoke", Api, Rpc, None, true, true),
    route("check/user", Api, Rpc, Some("account_info.read"), false, true),
    route("openid/userinfo", Api, Rpc, Some("openid"), false, true),
    route("users/get_current_account", Api, Rpc, Some("account_info.read"), true, true),
    route("users/get_account", Api, Rpc, Some("sharing.read"), false, true),
    route("users/get_account_batch", Api, Rpc, Some("sharing.read"), false, true),
    route("users/get_space_usage", Api, Rpc, Some("account_info.read"), true, true),
    route("users/features/get_values", Api, Rpc, Some("account_info.read"), false, true),
    route("files/list_folder", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/list_folder/continue", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/list_folder/get_latest_cursor", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/list_folder/longpoll", Notify, Rpc, Some("files.metadata.read"), false, true),
    route("files/get_metadata", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/download", Content, Download, Some("files.content.read"), false, true),
    route("files/download_zip", Content, Download, Some("files.content.read"), false, true),
    route("files/export", Content, Download, Some("files.content.read"), false, true),
    route("files/get_preview", Content, Download, Some("files.content.read"), false, true),
    route("files/get_temporary_link", Api, Rpc, Some("files.content.read"), false, true),
    route("files/get_thumbnail_v2", Content, Download, Some("files.content.read"), false, true),
    route("files/get_thumbnail_batch", Content, Rpc, Some("files.content.read"), false, true),
    route("files/search_v2", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/search/continue_v2", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/list_revisions", Api, Rpc, Some("files.metadata.read"), false, true),
    route("files/upload", Content, Upload, Some("files.content.write"), false, true),
    route("files/create_folder_v2", Api, Rpc, Some("files.content.write"), false, true),
    route("files/delete_batch", Api, Rpc, Some("files.content.write"), false, true),
    route("files/delete_batch/check", Api, Rpc, Some("files.content.write"), false, true),
    route("files/delete_v2", Api, Rpc, Some("files.content.write"), false, true),
    route("files/move_v2", Api, Rpc, Some("files.content.write"), false, true),
    route("files/copy_v2", Api, Rpc, Some("files.content.write"), false, true),
    route("files/restore", Api, Rpc, Some("files.content.write"), false, true),
    route("files/permanently_delete", Api, Rpc, Some("files.permanent_delete"), false, true),
    route("sharing/list_folders", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_folders/continue", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_mountable_folders", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_mountable_folders/continue", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/get_folder_metadata", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_folder_members", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_folder_members/continue", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/mount_folder", Api, Rpc, Some("sharing.write"), false, false),
    route("sharing/unmount_folder", Api, Rpc, Some("sharing.write"), false, false),
    route("sharing/get_file_metadata", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/get_file_metadata/batch", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_file_members", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_file_members/batch", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_file_members/continue", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_received_files", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_received_files/continue", Api, Rpc, Some("sharing.read"), false, false),
    route("sharing/list_shared_links", Api, Rpc, Some("sharing.read"), false, true),
    route("sharing/create_shared_link_with_settings", Api, Rpc, Some("sharing.write"), false, true),
    route("sharing/get_shared_link_metadata", Api, Rpc, Some("sharing.read"), false, true),
    route("sharing/get_shared_link_file", Content, Download, Some("sharing.read"), false, true),
    route("sharing/modify_shared_link_settings", Api, Rpc, Some("sharing.write"), false, true),
    route("sharing/revoke_shared_link", Api, Rpc, Some("sharing.write"), false, true),
];

pub fn find(name: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.name == name)
}
