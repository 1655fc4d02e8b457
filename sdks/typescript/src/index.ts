// What the package offers.

export { AdminClient, createAdminClient } from "./admin.js";
export { ConnectorsClient, createConnectorsClient, type ConnectorsClientOptions } from "./client.js";
export {
    ConnectorError,
    NetworkError,
    OAuthError,
    PopupError,
    SERVER_CODES,
    type ErrorCode,
    type LocalCode,
    type PopupCode,
    type ServerCode,
} from "./errors.js";
export type { Sleep } from "./patience.js";
export { PickerPopup, type Picked, type PickerPopupOptions, type PickingClient } from "./picker.js";
export { OAuthPopupManager, type AuthorizingClient, type PopupManagerOptions } from "./popup.js";
export type { PopupHost, PopupMessage, PopupWindow } from "./popup_window.js";
export { BrowserSession } from "./session.js";
export type { ClientOptions } from "./setup.js";
export type { RedirectHost } from "./redirect.js";
export type { AuthToken, Fetch } from "./transport.js";
export type * from "./types.js";
export type {
    BrowserFile,
    ByteStream,
    UploadData,
    UploadFile,
    UploadOptions,
    UploadProgress,
    Uploads,
} from "./upload.js";
