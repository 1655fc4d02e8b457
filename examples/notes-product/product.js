// The product's page: two elements for each source, and what becomes of what was chosen.

const SOURCES = { google_drive: "Google Drive", notion: "Notion", slack: "Slack", dropbox: "Dropbox" };

for (const [connector, name] of Object.entries(SOURCES)) {
    const row = document.getElementById("source").content.cloneNode(true).firstElementChild;
    const [connect, picker, progress] = row.children;
    for (const one of [connect, picker]) {
        one.setAttribute("connector", connector);
        one.setAttribute("name", name);
        // Where a person comes back to who had no room for a popup.
        one.setAttribute("redirect-uri", `${location.origin}/`);
    }
    connect.addEventListener("gangway-status", ({ detail }) => (picker.hidden = detail.status !== "active"));
    picker.addEventListener("gangway-picked", ({ detail }) => bringIn(connector, detail.session_id, progress));
    document.getElementById("list").append(row);
}

async function call(address, options = {}) {
    const answer = await fetch(address, options);
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error.message);
    return said;
}

/** The back end asks Gangway what was chosen in this session; this page only says in which. */
async function bringIn(connector, session_id, progress) {
    const [bar, text] = progress.children;
    const show = (value, words) => {
        progress.hidden = false;
        if (value === undefined) bar.removeAttribute("value");
        else bar.value = value;
        bar.ariaLabel = `Bringing in from ${SOURCES[connector]}`;
        text.textContent = words;
    };
    try {
        show(undefined, "Beginning…");
        const headers = { "content-type": "application/json" };
        let job = await call(`/notes/sync/${connector}`, { method: "POST", headers, body: JSON.stringify({ session_id }) });
        while (job.status === "pending" || job.status === "processing") {
            await new Promise((done) => setTimeout(done, 500));
            job = await call(`/notes/sync/${connector}/${job.job_id}`);
            show(job.progress, `${job.files_synced} of ${job.files_found} notes are here`);
        }
        const failed = job.files_failed > 0 ? `, ${job.files_failed} could not be read` : "";
        show(100, `${job.files_synced} notes are here${failed}`);
    } catch (error) {
        show(0, `That did not work: ${error.message}`);
    }
}

document.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = document.getElementById("said");
    try {
        const { hits } = await call(`/notes/search?${new URLSearchParams(new FormData(event.target))}`);
        said.textContent = hits.length === 0 ? "Nothing found." : `${hits.length} found`;
        document.getElementById("hits").replaceChildren(...hits.map(row));
    } catch (error) {
        said.textContent = `That did not work: ${error.message}`;
    }
});

function row({ file, snippet }) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: file.url ?? "#", textContent: file.name, rel: "noreferrer" });
    const passage = Object.assign(document.createElement("p"), { textContent: snippet.text });
    item.append(link, passage);
    return item;
}
