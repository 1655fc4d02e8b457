//! The documented field names of every Drive v3 answer, so that a `fields` mask can be checked.
//!
//! Taken from the public API description, revision 20261106.

use Kind::{Leaf, Map, Object};

/// The fields of one kind of answer.
#[derive(Debug)]
pub struct Shape {
    pub fields: &'static [(&'static str, Kind)],
}

/// What stands behind a field name; lists count as their element.
#[derive(Debug)]
pub enum Kind {
    Leaf,
    /// Any key is allowed below.
    Map,
    Object(&'static Shape),
}

/// AboutDriveThemes.
pub static ABOUT_DRIVE_THEMES: Shape =
    Shape { fields: &[("backgroundImageLink", Leaf), ("colorRgb", Leaf), ("id", Leaf)] };

/// AboutStorageQuota.
pub static ABOUT_STORAGE_QUOTA: Shape = Shape {
    fields: &[("limit", Leaf), ("usage", Leaf), ("usageInDrive", Leaf), ("usageInDriveTrash", Leaf)],
};

/// AboutTeamDriveThemes.
pub static ABOUT_TEAM_DRIVE_THEMES: Shape =
    Shape { fields: &[("backgroundImageLink", Leaf), ("colorRgb", Leaf), ("id", Leaf)] };

/// User.
pub static USER: Shape = Shape {
    fields: &[
        ("displayName", Leaf),
        ("emailAddress", Leaf),
        ("kind", Leaf),
        ("me", Leaf),
        ("permissionId", Leaf),
        ("photoLink", Leaf),
    ],
};

/// About.
pub static ABOUT: Shape = Shape {
    fields: &[
        ("appInstalled", Leaf),
        ("canCreateDrives", Leaf),
        ("canCreateTeamDrives", Leaf),
        ("driveThemes", Object(&ABOUT_DRIVE_THEMES)),
        ("exportFormats", Map),
        ("folderColorPalette", Leaf),
        ("importFormats", Map),
        ("kind", Leaf),
        ("maxImportSizes", Map),
        ("maxUploadSize", Leaf),
        ("storageQuota", Object(&ABOUT_STORAGE_QUOTA)),
        ("teamDriveThemes", Object(&ABOUT_TEAM_DRIVE_THEMES)),
        ("user", Object(&USER)),
    ],
};

/// FileCapabilities.
pub static FILE_CAPABILITIES: Shape = Shape {
    fields: &[
        ("canAcceptOwnership", Leaf),
        ("canAccessViaGenAi", Leaf),
        ("canAddChildren", Leaf),
        ("canAddFolderFromAnotherDrive", Leaf),
        ("canAddMyDriveParent", Leaf),
        ("canChangeCopyRequiresWriterPermission", Leaf),
        ("canChangeItemDownloadRestriction", Leaf),
        ("canChangeSecurityUpdateEnabled", Leaf),
        ("canChangeViewersCanCopyContent", Leaf),
        ("canComment", Leaf),
        ("canCopy", Leaf),
        ("canDelete", Leaf),
        ("canDeleteChildren", Leaf),
        ("canDisableInheritedPermissions", Leaf),
        ("canDownload", Leaf),
        ("canEdit", Leaf),
        ("canEnableInheritedPermissions", Leaf),
        ("canListChildren", Leaf),
        ("canModifyContent", Leaf),
        ("canModifyContentRestriction", Leaf),
        ("canModifyEditorContentRestriction", Leaf),
        ("canModifyLabels", Leaf),
        ("canModifyOwnerContentRestriction", Leaf),
        ("canMoveChildrenOutOfDrive", Leaf),
        ("canMoveChildrenOutOfTeamDrive", Leaf),
        ("canMoveChildrenWithinDrive", Leaf),
        ("canMoveChildrenWithinTeamDrive", Leaf),
        ("canMoveItemIntoTeamDrive", Leaf),
        ("canMoveItemOutOfDrive", Leaf),
        ("canMoveItemOutOfTeamDrive", Leaf),
        ("canMoveItemWithinDrive", Leaf),
        ("canMoveItemWithinTeamDrive", Leaf),
        ("canMoveTeamDriveItem", Leaf),
        ("canReadDrive", Leaf),
        ("canReadLabels", Leaf),
        ("canReadRevisions", Leaf),
        ("canReadTeamDrive", Leaf),
        ("canRemoveChildren", Leaf),
        ("canRemoveContentRestriction", Leaf),
        ("canRemoveMyDriveParent", Leaf),
        ("canRename", Leaf),
        ("canShare", Leaf),
        ("canStartApproval", Leaf),
        ("canTrash", Leaf),
        ("canTrashChildren", Leaf),
        ("canUntrash", Leaf),
    ],
};

/// DecryptionMetadata.
pub static DECRYPTION_METADATA: Shape = Shape {
    fields: &[
        ("aes256GcmChunkSize", Leaf),
        ("encryptionResourceKeyHash", Leaf),
        ("jwt", Leaf),
        ("kaclsId", Leaf),
        ("kaclsName", Leaf),
        ("keyFormat", Leaf),
        ("wrappedKey", Leaf),
    ],
};

/// ClientEncryptionDetails.
pub static CLIENT_ENCRYPTION_DETAILS: Shape =
    Shape { fields: &[("decryptionMetadata", Object(&DECRYPTION_METADATA)), ("encryptionState", Leaf)] };

/// FileContentHintsThumbnail.
pub static FILE_CONTENT_HINTS_THUMBNAIL: Shape = Shape { fields: &[("image", Leaf), ("mimeType", Leaf)] };

/// FileContentHints.
pub static FILE_CONTENT_HINTS: Shape =
    Shape { fields: &[("indexableText", Leaf), ("thumbnail", Object(&FILE_CONTENT_HINTS_THUMBNAIL))] };

/// ContentRestriction.
pub static CONTENT_RESTRICTION: Shape = Shape {
    fields: &[
        ("ownerRestricted", Leaf),
        ("readOnly", Leaf),
        ("reason", Leaf),
        ("restrictingUser", Object(&USER)),
        ("restrictionTime", Leaf),
        ("systemRestricted", Leaf),
        ("type", Leaf),
    ],
};

/// DownloadRestriction.
pub static DOWNLOAD_RESTRICTION: Shape =
    Shape { fields: &[("restrictedForReaders", Leaf), ("restrictedForWriters", Leaf)] };

/// DownloadRestrictionsMetadata.
pub static DOWNLOAD_RESTRICTIONS_METADATA: Shape = Shape {
    fields: &[
        ("effectiveDownloadRestrictionWithContext", Object(&DOWNLOAD_RESTRICTION)),
        ("itemDownloadRestriction", Object(&DOWNLOAD_RESTRICTION)),
    ],
};

/// FileImageMediaMetadataLocation.
pub static FILE_IMAGE_MEDIA_METADATA_LOCATION: Shape =
    Shape { fields: &[("altitude", Leaf), ("latitude", Leaf), ("longitude", Leaf)] };

/// FileImageMediaMetadata.
pub static FILE_IMAGE_MEDIA_METADATA: Shape = Shape {
    fields: &[
        ("aperture", Leaf),
        ("cameraMake", Leaf),
        ("cameraModel", Leaf),
        ("colorSpace", Leaf),
        ("exposureBias", Leaf),
        ("exposureMode", Leaf),
        ("exposureTime", Leaf),
        ("flashUsed", Leaf),
        ("focalLength", Leaf),
        ("height", Leaf),
        ("isoSpeed", Leaf),
        ("lens", Leaf),
        ("location", Object(&FILE_IMAGE_MEDIA_METADATA_LOCATION)),
        ("maxApertureValue", Leaf),
        ("meteringMode", Leaf),
        ("rotation", Leaf),
        ("sensor", Leaf),
        ("subjectDistance", Leaf),
        ("time", Leaf),
        ("whiteBalance", Leaf),
        ("width", Leaf),
    ],
};

/// Label.
pub static LABEL: Shape =
    Shape { fields: &[("fields", Map), ("id", Leaf), ("kind", Leaf), ("revisionId", Leaf)] };

/// FileLabelInfo.
pub static FILE_LABEL_INFO: Shape = Shape { fields: &[("labels", Object(&LABEL))] };

/// FileLinkShareMetadata.
pub static FILE_LINK_SHARE_METADATA: Shape =
    Shape { fields: &[("securityUpdateEligible", Leaf), ("securityUpdateEnabled", Leaf)] };

/// PermissionPermissionDetails.
pub static PERMISSION_PERMISSION_DETAILS: Shape = Shape {
    fields: &[("inherited", Leaf), ("inheritedFrom", Leaf), ("permissionType", Leaf), ("role", Leaf)],
};

/// PermissionTeamDrivePermissionDetails.
pub static PERMISSION_TEAM_DRIVE_PERMISSION_DETAILS: Shape = Shape {
    fields: &[
        ("inherited", Leaf),
        ("inheritedFrom", Leaf),
        ("role", Leaf),
        ("teamDrivePermissionType", Leaf),
    ],
};

/// Permission.
pub static PERMISSION: Shape = Shape {
    fields: &[
        ("allowFileDiscovery", Leaf),
        ("deleted", Leaf),
        ("displayName", Leaf),
        ("domain", Leaf),
        ("emailAddress", Leaf),
        ("expirationTime", Leaf),
        ("id", Leaf),
        ("inheritedPermissionsDisabled", Leaf),
        ("kind", Leaf),
        ("pendingOwner", Leaf),
        ("permissionDetails", Object(&PERMISSION_PERMISSION_DETAILS)),
        ("photoLink", Leaf),
        ("role", Leaf),
        ("teamDrivePermissionDetails", Object(&PERMISSION_TEAM_DRIVE_PERMISSION_DETAILS)),
        ("type", Leaf),
        ("view", Leaf),
    ],
};

/// FileShortcutDetails.
pub static FILE_SHORTCUT_DETAILS: Shape =
    Shape { fields: &[("targetId", Leaf), ("targetMimeType", Leaf), ("targetResourceKey", Leaf)] };

/// FileVideoMediaMetadata.
pub static FILE_VIDEO_MEDIA_METADATA: Shape =
    Shape { fields: &[("durationMillis", Leaf), ("height", Leaf), ("width", Leaf)] };

/// File.
pub static FILE: Shape = Shape {
    fields: &[
        ("appProperties", Map),
        ("capabilities", Object(&FILE_CAPABILITIES)),
        ("clientEncryptionDetails", Object(&CLIENT_ENCRYPTION_DETAILS)),
        ("contentHints", Object(&FILE_CONTENT_HINTS)),
        ("contentRestrictions", Object(&CONTENT_RESTRICTION)),
        ("copyRequiresWriterPermission", Leaf),
        ("createdTime", Leaf),
        ("description", Leaf),
        ("downloadRestrictions", Object(&DOWNLOAD_RESTRICTIONS_METADATA)),
        ("driveId", Leaf),
        ("explicitlyTrashed", Leaf),
        ("exportLinks", Map),
        ("fileExtension", Leaf),
        ("folderColorRgb", Leaf),
        ("fullFileExtension", Leaf),
        ("hasAugmentedPermissions", Leaf),
        ("hasThumbnail", Leaf),
        ("headRevisionId", Leaf),
        ("iconLink", Leaf),
        ("id", Leaf),
        ("imageMediaMetadata", Object(&FILE_IMAGE_MEDIA_METADATA)),
        ("inheritedPermissionsDisabled", Leaf),
        ("isAppAuthorized", Leaf),
        ("kind", Leaf),
        ("labelInfo", Object(&FILE_LABEL_INFO)),
        ("lastModifyingUser", Object(&USER)),
        ("linkShareMetadata", Object(&FILE_LINK_SHARE_METADATA)),
        ("md5Checksum", Leaf),
        ("mimeType", Leaf),
        ("modifiedByMe", Leaf),
        ("modifiedByMeTime", Leaf),
        ("modifiedTime", Leaf),
        ("name", Leaf),
        ("originalFilename", Leaf),
        ("ownedByMe", Leaf),
        ("owners", Object(&USER)),
        ("parents", Leaf),
        ("permissionIds", Leaf),
        ("permissions", Object(&PERMISSION)),
        ("properties", Map),
        ("quotaBytesUsed", Leaf),
        ("resourceKey", Leaf),
        ("sha1Checksum", Leaf),
        ("sha256Checksum", Leaf),
        ("shared", Leaf),
        ("sharedWithMeTime", Leaf),
        ("sharingUser", Object(&USER)),
        ("shortcutDetails", Object(&FILE_SHORTCUT_DETAILS)),
        ("size", Leaf),
        ("spaces", Leaf),
        ("starred", Leaf),
        ("teamDriveId", Leaf),
        ("thumbnailLink", Leaf),
        ("thumbnailVersion", Leaf),
        ("trashed", Leaf),
        ("trashedTime", Leaf),
        ("trashingUser", Object(&USER)),
        ("version", Leaf),
        ("videoMediaMetadata", Object(&FILE_VIDEO_MEDIA_METADATA)),
        ("viewedByMe", Leaf),
        ("viewedByMeTime", Leaf),
        ("viewersCanCopyContent", Leaf),
        ("webContentLink", Leaf),
        ("webViewLink", Leaf),
        ("writersCanShare", Leaf),
    ],
};

/// FileList.
pub static FILE_LIST: Shape = Shape {
    fields: &[("files", Object(&FILE)), ("incompleteSearch", Leaf), ("kind", Leaf), ("nextPageToken", Leaf)],
};

/// DriveBackgroundImageFile.
pub static DRIVE_BACKGROUND_IMAGE_FILE: Shape =
    Shape { fields: &[("id", Leaf), ("width", Leaf), ("xCoordinate", Leaf), ("yCoordinate", Leaf)] };

/// DriveCapabilities.
pub static DRIVE_CAPABILITIES: Shape = Shape {
    fields: &[
        ("canAddChildren", Leaf),
        ("canChangeCopyRequiresWriterPermissionRestriction", Leaf),
        ("canChangeDomainUsersOnlyRestriction", Leaf),
        ("canChangeDownloadRestriction", Leaf),
        ("canChangeDriveBackground", Leaf),
        ("canChangeDriveMembersOnlyRestriction", Leaf),
        ("canChangeSharingFoldersRequiresOrganizerPermissionRestriction", Leaf),
        ("canComment", Leaf),
        ("canCopy", Leaf),
        ("canDeleteChildren", Leaf),
        ("canDeleteDrive", Leaf),
        ("canDownload", Leaf),
        ("canEdit", Leaf),
        ("canListChildren", Leaf),
        ("canManageMembers", Leaf),
        ("canReadRevisions", Leaf),
        ("canRename", Leaf),
        ("canRenameDrive", Leaf),
        ("canResetDriveRestrictions", Leaf),
        ("canShare", Leaf),
        ("canTrashChildren", Leaf),
    ],
};

/// DriveRestrictions.
pub static DRIVE_RESTRICTIONS: Shape = Shape {
    fields: &[
        ("adminManagedRestrictions", Leaf),
        ("copyRequiresWriterPermission", Leaf),
        ("domainUsersOnly", Leaf),
        ("downloadRestriction", Object(&DOWNLOAD_RESTRICTION)),
        ("driveMembersOnly", Leaf),
        ("sharingFoldersRequiresOrganizerPermission", Leaf),
    ],
};

/// Drive.
pub static DRIVE: Shape = Shape {
    fields: &[
        ("backgroundImageFile", Object(&DRIVE_BACKGROUND_IMAGE_FILE)),
        ("backgroundImageLink", Leaf),
        ("capabilities", Object(&DRIVE_CAPABILITIES)),
        ("colorRgb", Leaf),
        ("createdTime", Leaf),
        ("hidden", Leaf),
        ("id", Leaf),
        ("kind", Leaf),
        ("name", Leaf),
        ("orgUnitId", Leaf),
        ("restrictions", Object(&DRIVE_RESTRICTIONS)),
        ("themeId", Leaf),
    ],
};

/// TeamDriveBackgroundImageFile.
pub static TEAM_DRIVE_BACKGROUND_IMAGE_FILE: Shape =
    Shape { fields: &[("id", Leaf), ("width", Leaf), ("xCoordinate", Leaf), ("yCoordinate", Leaf)] };

/// TeamDriveCapabilities.
pub static TEAM_DRIVE_CAPABILITIES: Shape = Shape {
    fields: &[
        ("canAddChildren", Leaf),
        ("canChangeCopyRequiresWriterPermissionRestriction", Leaf),
        ("canChangeDomainUsersOnlyRestriction", Leaf),
        ("canChangeDownloadRestriction", Leaf),
        ("canChangeSharingFoldersRequiresOrganizerPermissionRestriction", Leaf),
        ("canChangeTeamDriveBackground", Leaf),
        ("canChangeTeamMembersOnlyRestriction", Leaf),
        ("canComment", Leaf),
        ("canCopy", Leaf),
        ("canDeleteChildren", Leaf),
        ("canDeleteTeamDrive", Leaf),
        ("canDownload", Leaf),
        ("canEdit", Leaf),
        ("canListChildren", Leaf),
        ("canManageMembers", Leaf),
        ("canReadRevisions", Leaf),
        ("canRemoveChildren", Leaf),
        ("canRename", Leaf),
        ("canRenameTeamDrive", Leaf),
        ("canResetTeamDriveRestrictions", Leaf),
        ("canShare", Leaf),
        ("canTrashChildren", Leaf),
    ],
};

/// TeamDriveRestrictions.
pub static TEAM_DRIVE_RESTRICTIONS: Shape = Shape {
    fields: &[
        ("adminManagedRestrictions", Leaf),
        ("copyRequiresWriterPermission", Leaf),
        ("domainUsersOnly", Leaf),
        ("downloadRestriction", Object(&DOWNLOAD_RESTRICTION)),
        ("sharingFoldersRequiresOrganizerPermission", Leaf),
        ("teamMembersOnly", Leaf),
    ],
};

/// TeamDrive.
pub static TEAM_DRIVE: Shape = Shape {
    fields: &[
        ("backgroundImageFile", Object(&TEAM_DRIVE_BACKGROUND_IMAGE_FILE)),
        ("backgroundImageLink", Leaf),
        ("capabilities", Object(&TEAM_DRIVE_CAPABILITIES)),
        ("colorRgb", Leaf),
        ("createdTime", Leaf),
        ("id", Leaf),
        ("kind", Leaf),
        ("name", Leaf),
        ("orgUnitId", Leaf),
        ("restrictions", Object(&TEAM_DRIVE_RESTRICTIONS)),
        ("themeId", Leaf),
    ],
};

/// Change.
pub static CHANGE: Shape = Shape {
    fields: &[
        ("changeType", Leaf),
        ("drive", Object(&DRIVE)),
        ("driveId", Leaf),
        ("file", Object(&FILE)),
        ("fileId", Leaf),
        ("kind", Leaf),
        ("removed", Leaf),
        ("teamDrive", Object(&TEAM_DRIVE)),
        ("teamDriveId", Leaf),
        ("time", Leaf),
        ("type", Leaf),
    ],
};

/// ChangeList.
pub static CHANGE_LIST: Shape = Shape {
    fields: &[
        ("changes", Object(&CHANGE)),
        ("kind", Leaf),
        ("newStartPageToken", Leaf),
        ("nextPageToken", Leaf),
    ],
};

/// DriveList.
pub static DRIVE_LIST: Shape =
    Shape { fields: &[("drives", Object(&DRIVE)), ("kind", Leaf), ("nextPageToken", Leaf)] };

/// Revision.
pub static REVISION: Shape = Shape {
    fields: &[
        ("exportLinks", Map),
        ("id", Leaf),
        ("keepForever", Leaf),
        ("kind", Leaf),
        ("lastModifyingUser", Object(&USER)),
        ("md5Checksum", Leaf),
        ("mimeType", Leaf),
        ("modifiedTime", Leaf),
        ("originalFilename", Leaf),
        ("publishAuto", Leaf),
        ("published", Leaf),
        ("publishedLink", Leaf),
        ("publishedOutsideDomain", Leaf),
        ("size", Leaf),
    ],
};

/// RevisionList.
pub static REVISION_LIST: Shape =
    Shape { fields: &[("kind", Leaf), ("nextPageToken", Leaf), ("revisions", Object(&REVISION))] };

/// PermissionList.
pub static PERMISSION_LIST: Shape =
    Shape { fields: &[("kind", Leaf), ("nextPageToken", Leaf), ("permissions", Object(&PERMISSION))] };

/// LabelList.
pub static LABEL_LIST: Shape =
    Shape { fields: &[("kind", Leaf), ("labels", Object(&LABEL)), ("nextPageToken", Leaf)] };

/// StartPageToken.
pub static START_PAGE_TOKEN: Shape = Shape { fields: &[("kind", Leaf), ("startPageToken", Leaf)] };

/// Channel.
pub static CHANNEL: Shape = Shape {
    fields: &[
        ("address", Leaf),
        ("expiration", Leaf),
        ("id", Leaf),
        ("kind", Leaf),
        ("params", Map),
        ("payload", Leaf),
        ("resourceId", Leaf),
        ("resourceUri", Leaf),
        ("token", Leaf),
        ("type", Leaf),
    ],
};

/// Status.
pub static STATUS: Shape = Shape { fields: &[("code", Leaf), ("details", Map), ("message", Leaf)] };

/// Operation.
pub static OPERATION: Shape = Shape {
    fields: &[
        ("done", Leaf),
        ("error", Object(&STATUS)),
        ("metadata", Map),
        ("name", Leaf),
        ("response", Map),
    ],
};
