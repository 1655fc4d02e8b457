// `<gangway-connect>` and `<gangway-picker>`.

import { FlowButton } from "./button.js";
import { backendOf } from "./backend.js";
import { connect, finishConnect, finishPick, pick, returning, type FlowOptions } from "./flows.js";
import type { Picked } from "../../../sdks/typescript/src/picker.js";
import type { Connector } from "../../../sdks/typescript/src/types.js";

/**
 * A button that connects an account, says whose is connected, and connects it again when its access has ended. Tells
 * `gangway-connected` with the connector, `gangway-status` whenever it has looked, `gangway-error`, `gangway-cancelled`.
 */
export class ConnectButton extends FlowButton {
    #status: Connector | undefined;

    protected override words(): string {
        const status = this.#status;
        if (status?.status === "needs_reauth") return `Reconnect ${this.label}`;
        if (status?.connected) return `${this.label}: ${status.user_email ?? status.account?.name ?? "connected"}`;
        return `Connect ${this.label}`;
    }

    protected override come() {
        const back = returning();
        if (back?.kind === "authorization" && back.connector_id === this.connector) {
            void this.run(async ({ backend }) => this.#connected(await finishConnect({ backend })), "Connecting…");
        } else {
            void this.refresh();
        }
    }

    /** Looks again how the connection fares. */
    async refresh(): Promise<void> {
        try {
            this.#set(await backendOf(this.backend).getConnectorStatus(this.connector));
        } catch {
            // The button says what it would without knowing; pressing it tells what is wrong.
        }
    }

    protected override async act(options: FlowOptions) {
        const scopes = list(this.getAttribute("scopes"));
        // An account that has to be connected again is suggested; whoever is connected may want to add another.
        const known = this.#status?.status === "needs_reauth" ? this.#status.user_email : undefined;
        const loginHint = this.getAttribute("login-hint") ?? known ?? undefined;
        this.#connected(await connect(this.connector, { ...options, scopes, loginHint }));
    }

    #connected(status: Connector | undefined) {
        if (!status) return;
        this.#set(status);
        this.tell("gangway-connected", status);
    }

    #set(status: Connector) {
        this.#status = status;
        this.toggleAttribute("connected", status.status === "active");
        this.show();
        this.tell("gangway-status", status);
    }
}

/**
 * A button that opens the picker. Attributes besides: `single`, `max-files`, `mime-types` (with spaces between). Tells
 * `gangway-picked` with the files and the session, `gangway-cancelled`, `gangway-error`.
 */
export class PickerButton extends FlowButton {
    protected override words(): string {
        return this.hasAttribute("single") ? "Choose a file" : "Choose files";
    }

    protected override come() {
        const back = returning();
        if (back?.kind !== "choice" || back.connector_id !== this.connector) return;
        void this.run(async ({ backend }) => this.#picked(await finishPick({ backend })), "One moment…");
    }

    protected override async act(options: FlowOptions) {
        const most = Number(this.getAttribute("max-files") ?? "");
        const asked = { multiple: !this.hasAttribute("single"), mimeTypes: list(this.getAttribute("mime-types")), maxFiles: most > 0 ? most : undefined };
        this.#picked(await pick(this.connector, { ...options, ...asked }));
    }

    #picked(picked: Picked | undefined) {
        if (picked) this.tell(picked.status === "picked" ? "gangway-picked" : "gangway-cancelled", picked);
    }
}

function list(text: string | null): string[] | undefined {
    const words = text?.split(/[\s,]+/).filter(Boolean);
    return words && words.length > 0 ? words : undefined;
}

