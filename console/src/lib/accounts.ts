// A connector's accounts, whether there is one or several.

import type { Connection, Connector } from "@pplx-unofficial/sdk";

export type Account = Pick<Connection, "connection_id" | "status" | "user_email" | "account" | "last_sync_at" | "error" | "sync">;

/** Every account of a connector, the one that addresses without a name mean first. */
export function accountsOf(connector: Connector): Account[] {
    if (connector.connections && connector.connections.length > 0) return connector.connections;
    return connector.connection_id ? [connector as Account] : [];
}

/** What an account is called. */
export function accountName({ user_email, account }: Pick<Account, "user_email" | "account">): string {
    return user_email ?? account?.name ?? account?.id ?? "";
}
