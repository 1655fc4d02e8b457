// How things are said: failures as sentences, times, sizes, counts.

import { ConnectorError, PopupError } from "@pplx-unofficial/sdk";

/** A message of the server, which is short and in lower case, as a sentence. */
export function sentence(text: string): string {
    const trimmed = text.trim();
    const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
    return /[.!?…]$/.test(first) ? first : `${first}.`;
}

/** Characters that turn the direction of what follows, and so can make `exe.txt` of `txt.exe`. */
const TURNING = /[\u202A-\u202E\u2066-\u2069]/g;

/** A name somebody gave, to be shown: what would rearrange it is visible instead. */
export function shownName(name: string): string {
    return name.replace(TURNING, "\uFFFD");
}

/** What a user is called, as far as the product has told. */
export function userName(user: { name?: string | null; email?: string | null; external_id?: string | null }): string | undefined {
    return user.name ?? user.email ?? user.external_id ?? undefined;
}

export interface Trouble {
    title: string;
    /** What to do about it. */
    text: string;
    /** Whether trying the same again may help. */
    again: boolean;
}

/** What went wrong and what to do, for people. */
export function trouble(error: unknown): Trouble {
    if (error instanceof PopupError) return { title: "Not connected", text: sentence(error.message), again: true };
    if (!(error instanceof ConnectorError)) {
        return { title: "Something went wrong on this page", text: "Reload the page. If it happens again, tell the operator what you did.", again: true };
    }
    const text = sentence(error.message);
    switch (error.code) {
        case "network_error":
        case "timeout":
            return { title: "The server does not answer", text: "Check your network. If others cannot reach it either, tell the operator.", again: true };
        case "unauthorized":
            return { title: "You are signed out", text: "Sign in again to go on.", again: false };
        case "forbidden":
            return { title: "You may not do this", text, again: false };
        case "user_disabled":
            return { title: "Your account here is disabled", text: "What is yours is kept. Ask your operator, who can enable it again.", again: true };
        case "not_found":
            return { title: "There is nothing here", text: "It was deleted, or you have no access to it.", again: false };
        case "plan_required":
            return { title: "Your plan does not include this", text, again: false };
        case "not_connected":
            return { title: "Not connected yet", text: "Connect the account first.", again: false };
        case "needs_reauth":
            return { title: "The account has to be connected again", text, again: false };
        case "rate_limit":
            return { title: "The provider asks us to wait", text: pause(error.retry_after), again: true };
        case "connector_error":
            return { title: "The provider could not answer", text: `${text} ${pause(error.retry_after)}`, again: true };
        case "unavailable":
            return { title: "The server is busy", text: pause(error.retry_after), again: true };
        case "access_denied":
            return { title: "Access was denied", text: "Nothing was connected. You can try again whenever you like.", again: true };
        case "internal":
            return { title: "Something went wrong on the server", text: withId("Try again; if it happens again, give the operator this number:", error), again: true };
        default:
            return { title: "That did not work", text, again: true };
    }
}

function pause(seconds: number | undefined): string {
    if (seconds === undefined || seconds < 2) return "Try again in a moment.";
    return `Try again in ${duration(seconds)}.`;
}

function withId(text: string, error: ConnectorError): string {
    return error.request_id ? `${text} ${error.request_id}` : "Try again in a moment.";
}

const COUNT = new Intl.NumberFormat("en");

/** `1,024 files`, `1 file`. */
export function count(n: number, one: string, many = `${one}s`): string {
    return `${COUNT.format(n)} ${n === 1 ? one : many}`;
}

export function number(n: number): string {
    return COUNT.format(n);
}

export function size(bytes: number | null | undefined): string {
    if (bytes === null || bytes === undefined) return "";
    const units = ["bytes", "KB", "MB", "GB", "TB"];
    let [value, unit] = [bytes, 0];
    while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
    if (unit === 0) return count(bytes, "byte");
    return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as people say them: `40 seconds`, `3 minutes`, `2 hours`. */
export function duration(seconds: number): string {
    if (seconds < 60) return count(Math.max(1, Math.round(seconds)), "second");
    if (seconds < 3600) return count(Math.round(seconds / 60), "minute");
    if (seconds < 48 * 3600) return count(Math.round(seconds / 3600), "hour");
    return count(Math.round(seconds / 86400), "day");
}

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** How long ago, while that is short; the day, when it is not. */
export function ago(moment: string | null | undefined, now = Date.now()): string {
    if (!moment) return "never";
    const seconds = (now - Date.parse(moment)) / 1000;
    if (seconds < 45) return "just now";
    if (seconds < 6 * 86400) return `${duration(seconds)} ago`;
    return `on ${DAY.format(new Date(moment))}`;
}

export function day(moment: string | null | undefined): string {
    return moment ? DAY.format(new Date(moment)) : "";
}

export function moment(at: string | null | undefined): string {
    return at ? MOMENT.format(new Date(at)) : "";
}

const KINDS: [RegExp, string][] = [
    [/pdf$/, "PDF"],
    [/(wordprocessing|msword|opendocument\.text|google-apps\.document|rtf)/, "Document"],
    [/(spreadsheet|excel|csv)/, "Spreadsheet"],
    [/(presentation|powerpoint)/, "Presentation"],
    [/^image\//, "Image"],
    [/^audio\//, "Audio"],
    [/^video\//, "Video"],
    [/(zip|tar|gzip|compressed)/, "Archive"],
    [/(html|xml)/, "Web page"],
    [/markdown/, "Markdown"],
    [/^message\//, "Mail"],
    [/^text\//, "Text"],
];

/** A media type as people call it. */
export function kindOf(mediaType: string): string {
    return KINDS.find(([pattern]) => pattern.test(mediaType))?.[1] ?? "File";
}
