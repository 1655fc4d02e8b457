// The console's table of contents: which page stands at which place, for whom.

import type { Session } from "@pplx-unofficial/sdk";
import type { Component } from "svelte";
import type { IconName } from "./parts/Icon.svelte";
import Activity from "./pages/Activity.svelte";
import AdminAssistants from "./pages/admin/Assistants.svelte";
import AdminConnectors from "./pages/admin/Connectors.svelte";
import AdminLog from "./pages/admin/Log.svelte";
import AdminOrganizations from "./pages/admin/Organizations.svelte";
import AdminUsers from "./pages/admin/Users.svelte";
import AdminWebhooks from "./pages/admin/Webhooks.svelte";
import Assistants from "./pages/Assistants.svelte";
import Collections from "./pages/Collections.svelte";
import Connect from "./pages/Connect.svelte";
import Files from "./pages/Files.svelte";
import Search from "./pages/Search.svelte";

export interface Page {
    /** The first parts of its path; what follows is the page's own. */
    path: string;
    title: string;
    icon: IconName;
    component: Component;
}

const FOR_USERS: Page[] = [
    { path: "search", title: "Search", icon: "search", component: Search },
    { path: "collections", title: "Collections", icon: "shelf", component: Collections },
    { path: "files", title: "Files", icon: "folder", component: Files },
    { path: "activity", title: "Activity", icon: "pulse", component: Activity },
    { path: "assistants", title: "Assistants", icon: "chat", component: Assistants },
    { path: "connect", title: "Connect", icon: "link2", component: Connect },
];

const FOR_ADMINS: Page[] = [
    { path: "admin/users", title: "Users", icon: "people", component: AdminUsers },
    { path: "admin/organizations", title: "Organisations", icon: "shelf", component: AdminOrganizations },
    { path: "admin/assistants", title: "Assistants", icon: "chat", component: AdminAssistants },
    { path: "admin/connectors", title: "Connectors", icon: "plug", component: AdminConnectors },
    { path: "admin/webhooks", title: "Webhooks", icon: "hook", component: AdminWebhooks },
    { path: "admin/log", title: "Log", icon: "log", component: AdminLog },
];

export function pagesFor(role: Session["role"]): Page[] {
    return role === "admin" ? FOR_ADMINS : FOR_USERS;
}

/** The page at a place; at the console's door, where a person begins. */
export function pageFor(role: Session["role"], parts: string[]): Page | undefined {
    const pages = pagesFor(role);
    if (parts.length === 0) return role === "admin" ? pages[0] : pages.find(({ path }) => path === "connect");
    const here = `${parts.join("/")}/`;
    return pages.find(({ path }) => here.startsWith(`${path}/`));
}
