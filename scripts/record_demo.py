"""Records the demo's real output as an SVG picture: docs/images/demo.svg.

Runs `target/debug/gangway demo --exit --fresh` on a pseudo terminal, keeps what the terminal shows in the end and
when each line came, and draws it. Only the standard library is used.

    python3 scripts/record_demo.py
"""

import html
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time
import fcntl
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLUMNS, FONT, CELL, LINE, MARGIN = 126, 13, 7.83, 19, 18
COLOURS = {"30": "#484f58", "31": "#ff7b72", "32": "#3fb950", "33": "#e3b341", "36": "#79c0ff"}
# What is to be tried next is for who runs it, not for the picture.
END = "Try next, in another terminal"
TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b[=>]|(.)", re.S)


class Screen:
    """A terminal that knows what the demo uses: lines, colours, returning, clearing, moving up."""

    def __init__(self):
        self.rows, self.times, self.row, self.column = [[]], [0.0], 0, 0
        self.bold, self.dim, self.colour = False, False, None
        self.rest = ""

    def feed(self, text, now):
        text = self.rest + text
        cut = text.rfind("\x1b")
        self.rest = text[cut:] if cut >= 0 and not TOKEN.match(text[cut:]) else ""
        for match in TOKEN.finditer(text[: len(text) - len(self.rest)]):
            parameters, command, character = match.groups()
            if command == "m":
                self.style((parameters or "0").split(";"))
            elif command == "K":
                row = self.rows[self.row]
                del row[0 if parameters == "2" else self.column :]
            elif command == "A":
                self.row = max(0, self.row - int(parameters or 1))
            elif character == "\n":
                self.down(now)
            elif character == "\r":
                self.column = 0
            elif character and character >= " ":
                self.put(character, now)

    def style(self, codes):
        for code in codes:
            if code in ("", "0"):
                self.bold, self.dim, self.colour = False, False, None
            elif code == "1":
                self.bold = True
            elif code == "2":
                self.dim = True
            elif code == "39":
                self.colour = None
            elif code in COLOURS:
                self.colour = COLOURS[code]

    def down(self, now):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])
            self.times.append(now)

    def put(self, character, now):
        if self.column >= COLUMNS:
            self.down(now)
            self.column = 0
        row = self.rows[self.row]
        row.extend([(" ", None)] * (self.column - len(row)))
        row[self.column : self.column + 1] = [(character, (self.bold, self.dim, self.colour))]
        self.column += 1
        if unicodedata.east_asian_width(character) == "W":
            row[self.column : self.column + 1] = [("", None)]
            self.column += 1


def record(command):
    screen, start = Screen(), time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    pending = b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 120)
        if not ready:
            sys.exit("the demo has been silent for two minutes")
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        pending += data
        try:
            text, pending = pending.decode(), b""
        except UnicodeDecodeError:
            continue
        screen.feed(text, time.monotonic() - start)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        sys.exit(f"the demo ended with {os.waitstatus_to_exitcode(status)}")
    return screen


def draw(screen, prompt):
    rows = [list(row) for row in screen.rows]
    lines = ["".join(character for character, _ in row) for row in rows]
    if END in lines:
        del rows[lines.index(END) :]
    while rows and not any(character.strip() for character, _ in rows[-1]):
        rows.pop()
    first = [(character, (True, False, None)) for character in prompt]
    rows, times = [first, *rows], [0.0, *screen.times]
    width, height = COLUMNS * CELL + 2 * MARGIN, len(rows) * LINE + 2 * MARGIN + 22
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="{FONT}">',
        "<title>gangway demo</title>",
        "<style>g{animation:a .2s both}@keyframes a{from{opacity:0}}"
        "@media (prefers-reduced-motion){g{animation:none}}</style>",
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#0d1117"/>',
        *(f'<circle cx="{20 + 18 * n}" cy="18" r="5.5" fill="{c}"/>' for n, c in enumerate(("#ff5f56", "#ffbd2e", "#27c93f"))),
    ]
    for number, row in enumerate(rows):
        spans = "".join(span(text, style, at) for at, text, style in runs(row))
        if spans:
            y = MARGIN + 22 + (number + 0.8) * LINE
            parts.append(f'<g style="animation-delay:{times[number]:.2f}s"><text y="{y:.0f}" xml:space="preserve">{spans}</text></g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def runs(row):
    """Neighbouring cells of one style, without the blanks at their ends."""
    at = 0
    while at < len(row):
        end = at
        while end < len(row) and row[end][1] == row[at][1]:
            end += 1
        text = "".join(character for character, _ in row[at:end])
        if text.strip():
            lead = len(text) - len(text.lstrip())
            yield at + lead, text.strip(), row[at][1]
        at = end


def span(text, style, at):
    bold, dim, colour = style or (False, False, None)
    fill = colour or ("#8b949e" if dim else "#e6edf3")
    weight = ' font-weight="bold"' if bold else ""
    return f'<tspan x="{MARGIN + at * CELL:.1f}" fill="{fill}"{weight}>{html.escape(text)}</tspan>'


def main():
    program = ROOT / "target/debug/gangway"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        # The demo names itself as it was called; nobody's folders belong into the picture.
        os.makedirs("target/debug")
        os.symlink(program, "target/debug/gangway")
        screen = record(["target/debug/gangway", "demo", "--exit"])
    picture = ROOT / "docs/images/demo.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(draw(screen, "$ target/debug/gangway demo --exit"))
    print(f"wrote {picture.relative_to(ROOT)}: {len(screen.rows)} lines")


if __name__ == "__main__":
    main()
