"""The official client known by the address of a document about it: it registers nowhere, and the person is told the host."""

import http.server
import json
import os
import ssl
import sys
import tempfile
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests/browser")]
from test_oauth import Assistant, tools  # noqa: E402
from world import World  # noqa: E402

# The certificate of a host called localhost, which is its own authority.
CERTIFICATE = ROOT / "crates/api/src/tests/assistants/localhost.pem"
KEY = CERTIFICATE.with_name("localhost.key.pem")


class DocumentHost:
    def __init__(self):
        self.asked = []
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host.asked.append(self.path)
                told = json.dumps(host.document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                # Without it an answer that was broken off could not be told from a whole one.
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.name = f"localhost:{self.server.server_port}"
        self.address = f"https://{self.name}/oauth/client.json"
        self.document = {
            "client_id": self.address,
            "client_name": "The official client",
            "redirect_uris": ["http://127.0.0.1:3030/callback"],
            "token_endpoint_auth_method": "none",
        }
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def world():
    os.environ["GANGWAY_OUTGOING_EXTRA_CA_FILE"] = str(CERTIFICATE)
    try:
        with tempfile.TemporaryDirectory(prefix="gangway-documents-") as folder, World(folder, []) as running:
            yield running
    finally:
        del os.environ["GANGWAY_OUTGOING_EXTRA_CA_FILE"]


def test_the_address_of_a_document_is_enough(world):
    host = DocumentHost()
    person = world.new_person()
    assistant = Assistant(person, document=host.address)
    assert len(assistant.talk(tools)) == 7
    assert assistant.info.client_id == host.address and assistant.info.client_secret is None
    assistant.grow_old()
    assert len(assistant.talk(tools)) == 7, "its tokens are renewed"
    assert host.asked == ["/oauth/client.json"], "read once"
    (listed,) = person.call("GET", "/rest/me/assistants")["assistants"]
    assert (listed["name"], listed["known_by"]) == ("The official client", host.name)
    world.call("DELETE", f"/rest/admin/assistants/{listed['id']}")
    assert assistant.form("/oauth/token", grant_type="refresh_token", refresh_token=assistant.tokens.refresh_token)[0] == 400
