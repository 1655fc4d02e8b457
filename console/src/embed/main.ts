// `/embed.js`: one script tag that gives a product's page two elements and `Gangway.connect` and `Gangway.pick`.

import { ConnectButton, PickerButton } from "./elements.js";
import { connect, finishConnect, finishPick, pick, returning } from "./flows.js";

declare global {
    interface Window {
        Gangway?: typeof Gangway;
    }
}

const Gangway = Object.freeze({ connect, pick, finishConnect, finishPick, returning });

// A page that loads the script twice has it once.
if (!window.Gangway) {
    window.Gangway = Gangway;
    customElements.define("gangway-connect", ConnectButton);
    customElements.define("gangway-picker", PickerButton);
    document.dispatchEvent(new CustomEvent("gangway-ready"));
}
