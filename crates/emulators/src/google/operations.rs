//! The operations of Drive v3 as data: path, accepted scopes, parameters and quota units.
//!
//! Taken from the public API description, revision 20261106; quota units from the usage limits page.

/// The common front of every Drive scope.
pub const SCOPE_PREFIX: &str = "https://www.googleapis.com/auth/";

/// One operation of the API.
#[derive(Debug)]
pub struct Operation {
    pub id: &'static str,
    pub method: &'static str,
    /// Path below `/drive/v3/`; `{name}` stands for one segment.
    pub path: &'static str,
    /// Any one of these is enough; without the common prefix.
    pub scopes: &'static [&'static str],
    pub parameters: &'static [&'static str],
    pub quota_units: u64,
}

/// Every operation the emulator answers.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        id: "drive.about.get",
        method: "GET",
        path: "about",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[],
        quota_units: 5,
    },
    Operation {
        id: "drive.changes.getStartPageToken",
        method: "GET",
        path: "changes/startPageToken",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &["driveId", "supportsAllDrives", "supportsTeamDrives", "teamDriveId"],
        quota_units: 5,
    },
    Operation {
        id: "drive.changes.list",
        method: "GET",
        path: "changes",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[
            "driveId",
            "includeCorpusRemovals",
            "includeItemsFromAllDrives",
            "includeLabels",
            "includePermissionsForView",
            "includeRemoved",
            "includeTeamDriveItems",
            "pageSize",
            "pageToken",
            "restrictToMyDrive",
            "spaces",
            "supportsAllDrives",
            "supportsTeamDrives",
            "teamDriveId",
        ],
        quota_units: 5,
    },
    Operation {
        id: "drive.changes.watch",
        method: "POST",
        path: "changes/watch",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[
            "driveId",
            "includeCorpusRemovals",
            "includeItemsFromAllDrives",
            "includeLabels",
            "includePermissionsForView",
            "includeRemoved",
            "includeTeamDriveItems",
            "pageSize",
            "pageToken",
            "restrictToMyDrive",
            "spaces",
            "supportsAllDrives",
            "supportsTeamDrives",
            "teamDriveId",
        ],
        quota_units: 5,
    },
    Operation {
        id: "drive.channels.stop",
        method: "POST",
        path: "channels/stop",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[],
        quota_units: 5,
    },
    Operation {
        id: "drive.drives.get",
        method: "GET",
        path: "drives/{driveId}",
        scopes: &["drive", "drive.readonly"],
        parameters: &["useDomainAdminAccess"],
        quota_units: 5,
    },
    Operation {
        id: "drive.drives.list",
        method: "GET",
        path: "drives",
        scopes: &["drive", "drive.readonly"],
        parameters: &["pageSize", "pageToken", "q", "useDomainAdminAccess"],
        quota_units: 5,
    },
    Operation {
        id: "drive.files.get",
        method: "GET",
        path: "files/{fileId}",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[
            "acknowledgeAbuse",
            "includeLabels",
            "includePermissionsForView",
            "supportsAllDrives",
            "supportsTeamDrives",
        ],
        quota_units: 5,
    },
    Operation {
        id: "drive.files.list",
        method: "GET",
        path: "files",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[
            "corpora",
            "corpus",
            "driveId",
            "includeItemsFromAllDrives",
            "includeLabels",
            "includePermissionsForView",
            "includeTeamDriveItems",
            "orderBy",
            "pageSize",
            "pageToken",
            "q",
            "spaces",
            "supportsAllDrives",
            "supportsTeamDrives",
            "teamDriveId",
        ],
        quota_units: 100,
    },
    Operation {
        id: "drive.files.export",
        method: "GET",
        path: "files/{fileId}/export",
        scopes: &["drive", "drive.file", "drive.meet.readonly", "drive.readonly"],
        parameters: &["mimeType"],
        quota_units: 200,
    },
    Operation {
        id: "drive.files.download",
        method: "POST",
        path: "files/{fileId}/download",
        scopes: &["drive", "drive.file", "drive.readonly"],
        parameters: &["mimeType", "revisionId"],
        quota_units: 200,
    },
    Operation {
        id: "drive.files.watch",
        method: "POST",
        path: "files/{fileId}/watch",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[
            "acknowledgeAbuse",
            "includeLabels",
            "includePermissionsForView",
            "supportsAllDrives",
            "supportsTeamDrives",
        ],
        quota_units: 5,
    },
    Operation {
        id: "drive.files.listLabels",
        method: "GET",
        path: "files/{fileId}/listLabels",
        scopes: &[
            "drive",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.readonly",
        ],
        parameters: &["maxResults", "pageToken"],
        quota_units: 5,
    },
    Operation {
        id: "drive.operations.get",
        method: "GET",
        path: "operations/{name}",
        scopes: &["drive", "drive.file", "drive.meet.readonly", "drive.readonly"],
        parameters: &[],
        quota_units: 5,
    },
    Operation {
        id: "drive.permissions.get",
        method: "GET",
        path: "files/{fileId}/permissions/{permissionId}",
        scopes: &[
            "drive",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &["supportsAllDrives", "supportsTeamDrives", "useDomainAdminAccess"],
        quota_units: 5,
    },
    Operation {
        id: "drive.permissions.list",
        method: "GET",
        path: "files/{fileId}/permissions",
        scopes: &[
            "drive",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &[
            "includePermissionsForView",
            "pageSize",
            "pageToken",
            "supportsAllDrives",
            "supportsTeamDrives",
            "useDomainAdminAccess",
        ],
        quota_units: 5,
    },
    Operation {
        id: "drive.revisions.get",
        method: "GET",
        path: "files/{fileId}/revisions/{revisionId}",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &["acknowledgeAbuse"],
        quota_units: 5,
    },
    Operation {
        id: "drive.revisions.list",
        method: "GET",
        path: "files/{fileId}/revisions",
        scopes: &[
            "drive",
            "drive.appdata",
            "drive.file",
            "drive.meet.readonly",
            "drive.metadata",
            "drive.metadata.readonly",
            "drive.photos.readonly",
            "drive.readonly",
        ],
        parameters: &["pageSize", "pageToken"],
        quota_units: 5,
    },
];

/// Finds the operation for a method and a path below `/drive/v3/`, with the values of its segments.
pub fn find(method: &str, path: &str) -> Option<(&'static Operation, Vec<String>)> {
    let segments: Vec<&str> = path.split('/').collect();
    OPERATIONS
        .iter()
        .filter(|operation| operation.method == method)
        .find_map(|operation| Some((operation, capture(operation.path, &segments)?)))
}

fn capture(pattern: &str, segments: &[&str]) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut parts = pattern.split('/');
    for segment in segments {
        let part = parts.next()?;
        if part.starts_with('{') {
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().ok()?;
            values.push(decoded.into_owned());
        } else if part != *segment {
            return None;
        }
    }
    parts.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_operations_by_path() {
        let (operation, values) = find("GET", "files/abc/revisions/7").unwrap();
        assert_eq!(operation.id, "drive.revisions.get");
        assert_eq!(values, ["abc", "7"]);
        assert_eq!(find("GET", "changes/startPageToken").unwrap().0.id, "drive.changes.getStartPageToken");
        assert!(find("DELETE", "files/abc").is_none());
    }
}
