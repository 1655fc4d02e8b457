"""Allowing an assistant something: a program that asks for it, and a person's browser, with no script and one cookie.

Shared by the tests of the official client and of the pages.
"""

import html
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@dataclass
class Person:
    url: str
    token: str
    cookie: str = ""

    def decide(self, address: str, scopes=("search", "read", "sync"), decision="allow") -> dict:
        """Opens what a program asks for, signs in if asked to, decides; what the program is told."""
        page = self.get(address)
        if 'name="token"' in page:
            asked = hidden(page, "request")
            signed_in = self.post({"request": asked, "token": self.token, "decision": "sign_in"})
            self.cookie = signed_in["Set-Cookie"].split(";")[0]
            page = self.get(self.url + signed_in["Location"])
        answer = {"request": hidden(page, "request"), "csrf_token": hidden(page, "csrf_token"), "decision": decision}
        asked_for = set(re.findall(r'name="scope" value="(\w+)"', page))
        back = self.post({**answer, "scope": [scope for scope in scopes if scope in asked_for]})["Location"]
        told = urllib.parse.parse_qs(urllib.parse.urlparse(back).query)
        return {name: values[0] for name, values in told.items()}

    def get(self, address: str) -> str:
        request = urllib.request.Request(address, headers={"Cookie": self.cookie, "Accept": "text/html"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def post(self, form: dict):
        """Sends a form of the page; the headers of the answer, which leads on."""
        body = urllib.parse.urlencode(form, doseq=True).encode()
        headers = {"Cookie": self.cookie, "Origin": self.url}
        request = urllib.request.Request(f"{self.url}/oauth/authorize", body, headers)
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as answer:
                raise AssertionError(f"the page leads nowhere: {answer.read().decode()}")
        except urllib.error.HTTPError as back:
            assert back.code == 303, back.read().decode()
            return back.headers


def hidden(page: str, name: str) -> str:
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page).group(1))


# The pair of RFC 7636, appendix B.
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass
class Program:
    """A program of a few lines, for where the official client is not wanted."""

    url: str
    name: str
    redirect_uri: str

    def __post_init__(self):
        about = {"client_name": self.name, "redirect_uris": [self.redirect_uri], "token_endpoint_auth_method": "none"}
        self.id = self.send("/oauth/register", json.dumps(about).encode(), "application/json")["client_id"]

    def address(self, scope="search read sync") -> str:
        """Where it sends the person."""
        asked = {
            "response_type": "code", "client_id": self.id, "redirect_uri": self.redirect_uri, "scope": scope,
            "state": "state-of-theirs", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "resource": f"{self.url}/mcp",
        }  # fmt: skip
        return f"{self.url}/oauth/authorize?{urllib.parse.urlencode(asked)}"

    def tokens(self, code: str) -> dict:
        form = {
            "grant_type": "authorization_code", "code": code, "client_id": self.id,
            "redirect_uri": self.redirect_uri, "code_verifier": VERIFIER, "resource": f"{self.url}/mcp",
        }  # fmt: skip
        return self.send("/oauth/token", urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")

    def send(self, path: str, body: bytes, kind: str) -> dict:
        request = urllib.request.Request(self.url + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
