// What can go wrong, as classes with a stable code, a sentence a person can act on, and never a token.

/** The server's own codes; `docs/reference/errors.md` says what each means. */
export const SERVER_CODES = [
    "invalid_request",
    "invalid_scope",
    "invalid_grant",
    "access_denied",
    "unauthorized",
    "forbidden",
    "user_disabled",
    "plan_required",
    "not_found",
    "method_not_allowed",
    "gone",
    "conflict",
    "connector_unavailable",
    "not_connected",
    "needs_reauth",
    "token_expired",
    "locked",
    "checksum_mismatch",
    "unsupported_version",
    "payload_too_large",
    "unsupported_media_type",
    "rate_limit",
    "connector_error",
    "unavailable",
    "quota_exceeded",
    "internal",
] as const;

export type ServerCode = (typeof SERVER_CODES)[number];
/** The codes this package adds for what happens before there is an answer, or to one that cannot be read. */
export type LocalCode = "invalid_option" | "network_error" | "timeout" | "bad_answer" | "state_mismatch";
export type PopupCode = "popup_blocked" | "popup_closed" | "popup_timeout" | "popup_replaced";
/** Known codes complete in an editor; a later server may send others. */
export type ErrorCode = ServerCode | LocalCode | (string & {});

export interface ErrorFacts {
    code: ErrorCode;
    message: string;
    status?: number | undefined;
    details?: Record<string, unknown> | undefined;
    connector_id?: string | undefined;
    retry_after?: number | undefined;
    request_id?: string | undefined;
    cause?: unknown;
}

/** A call that did not succeed. */
export class ConnectorError extends Error {
    override readonly name: string = "ConnectorError";
    /** For programs: does not change. */
    readonly code: ErrorCode;
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number;
    /** What a program may want to know besides: `field`, `error_type`, `required_plan`, `reason` … */
    readonly details: Record<string, unknown>;
    /** Which connector it was about, when it was about one. */
    readonly connector_id: string | undefined;
    /** Seconds after which trying again makes sense. */
    readonly retry_after: number | undefined;
    /** Finds the request in the server's logs. */
    readonly request_id: string | undefined;

    constructor(facts: ErrorFacts) {
        super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
        this.code = facts.code;
        this.status = facts.status ?? 0;
        this.details = facts.details ?? {};
        this.connector_id = facts.connector_id ?? text(this.details["connector_id"]);
        this.retry_after = facts.retry_after ?? seconds(this.details["retry_after"]);
        this.request_id = facts.request_id;
    }

    /** Which part of the request was wrong, for `invalid_request`. */
    get field(): string | undefined {
        return text(this.details["field"]);
    }

    /** How the provider failed, for `connector_error`. */
    get error_type(): string | undefined {
        return text(this.details["error_type"]);
    }
}

/** Authorizing did not succeed: said no, the code or state has ended, a scope is not offered. */
export class OAuthError extends ConnectorError {
    override readonly name = "OAuthError";
}

/** There was no answer: the server could not be reached, or did not answer in time. */
export class NetworkError extends ConnectorError {
    override readonly name = "NetworkError";
}

/** The popup came to nothing before the person decided. */
export class PopupError extends Error {
    override readonly name = "PopupError";

    constructor(
        readonly code: PopupCode,
        message: string,
    ) {
        super(message);
    }
}

/** What an answer tells about a failure; `body` is what was parsed of it, if it was JSON. */
export function failureOf(
    answer: { status: number; header(name: string): string | null; body: unknown },
    connector_id?: string,
): ConnectorError {
    const body = record(answer.body);
    const common = {
        status: answer.status,
        connector_id,
        retry_after: retryAfter(answer.header("retry-after")),
        request_id: answer.header("x-request-id") ?? undefined,
    };
    const nested = record(body["error"]);
    if (typeof nested["code"] === "string") {
        const details = record(nested["details"]);
        const message = text(nested["message"]) ?? `the server refused: ${nested["code"]}`;
        return new ConnectorError({
            ...common,
            code: nested["code"],
            message,
            details,
            connector_id: text(details["connector_id"]) ?? connector_id,
        });
    }
    if (typeof body["error"] === "string") {
        const message = text(body["error_description"]) ?? `the server refused: ${body["error"]}`;
        return new OAuthError({ ...common, code: body["error"], message, details: record(body["details"]) });
    }
    // Something between here and the server answered in its stead: a proxy, a gateway, a sign-in page.
    return new ConnectorError({
        ...common,
        code: codeOfStatus(answer.status),
        message: `the server answered ${answer.status} without saying why: check that apiBase leads to Gangway`,
    });
}

function codeOfStatus(status: number): ErrorCode {
    switch (status) {
        case 401:
            return "unauthorized";
        case 403:
            return "forbidden";
        case 404:
            return "not_found";
        case 413:
            return "payload_too_large";
        case 429:
            return "rate_limit";
        default:
            return status >= 500 ? "unavailable" : "bad_answer";
    }
}

/** Seconds of a `Retry-After` header, which holds a number or a date. */
export function retryAfter(header: string | null): number | undefined {
    if (!header) return undefined;
    if (/^\d+$/.test(header.trim())) return Number(header);
    const at = Date.parse(header);
    return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

function record(value: unknown): Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}

function seconds(value: unknown): number | undefined {
    return typeof value === "number" && value >= 0 ? value : undefined;
}
