// How the two buttons look: the console's colours and shapes, light or dark as the page around them is. A page makes
// them its own by the properties below, and by the parts `button`, `label` and `note`.

export const STYLE = `
:host {
    display: inline-block;
    max-width: 100%;
    --accent: var(--gangway-accent, light-dark(oklch(0.435 0.078 214), oklch(0.8 0.085 205)));
    --on-accent: var(--gangway-on-accent, light-dark(oklch(1 0 0), oklch(0.2 0.035 220)));
    --ink: var(--gangway-ink, light-dark(oklch(0.235 0.022 228), oklch(0.945 0.006 215)));
    --surface: var(--gangway-surface, light-dark(oklch(1 0 0), oklch(0.22 0.012 225)));
    --line: var(--gangway-line, light-dark(oklch(0.6 0.014 220), oklch(0.56 0.015 225)));
    --bad: light-dark(oklch(0.485 0.165 26), oklch(0.79 0.115 25));
}
:host([hidden]) {
    display: none;
}
button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    box-sizing: border-box;
    max-width: 100%;
    min-height: 2.5em;
    margin: 0;
    padding: 0 1.1em;
    border: 1px solid var(--accent);
    border-radius: var(--gangway-radius, 9px);
    background: var(--accent);
    color: var(--on-accent);
    font: inherit;
    font-weight: 530;
    line-height: 1.2;
    cursor: pointer;
    transition: filter 120ms;
}
button:hover {
    filter: brightness(0.93);
}
button:focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
}
button:disabled {
    cursor: default;
    opacity: 0.55;
}
button[data-waiting],
button[data-done] {
    border-color: var(--line);
    background: var(--surface);
    color: var(--ink);
}
button[data-waiting]::before,
button[data-done]::before {
    content: "";
    flex: none;
    box-sizing: border-box;
    width: 0.9em;
    height: 0.9em;
}
button[data-waiting]::before {
    border: 2px solid var(--accent);
    border-right-color: transparent;
    border-radius: 50%;
    animation: turn 0.9s linear infinite;
}
button[data-done]:not([data-waiting])::before {
    width: 0.85em;
    height: 0.5em;
    margin-top: -0.25em;
    border: solid var(--accent);
    border-width: 0 0 2px 2px;
    transform: rotate(-45deg);
}
span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
}
p {
    max-width: 40ch;
    margin: 0;
    color: var(--ink);
    font-size: 0.9em;
}
p:not(:empty) {
    margin-top: 0.5em;
}
p.bad {
    color: var(--bad);
}
@keyframes turn {
    to {
        transform: rotate(1turn);
    }
}
@media (prefers-reduced-motion: reduce) {
    button[data-waiting]::before {
        animation-duration: 4s;
    }
}
`;
