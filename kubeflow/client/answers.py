"""What comes back from KFP's address: an answer, or one sentence about what came instead.

Every request of kfp's client goes through `Rest`. It does not follow redirects: kfp would turn an
upload into a GET there, and take a login page for an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from kfp_server_api.exceptions import ApiException
from kfp_server_api.rest import RESTClientObject

from pipeline.exit_codes import ExitCode

LIMITS = (10.0, 60.0)  # seconds to connect, and between two pieces of an answer; kfp has none
_BUSY = (408, 429, 500, 502, 503, 504)
_LOGIN = ("login", "signin", "sign_in", "auth", "dex")
_LONGEST = 300
_SHORTEST_SECRET = 8  # shorter ones are words, such as a cookie's `en`


class Trouble(Exception):
    """A request that got no answer, or a wrong one. The text is for the user, and has no secret.

    Attributes:
        status: HTTP's; 0 when no answer came, 200 when a web page came in its place.
        signed_out: other or new credentials may help.
        passing: the same request may succeed later.
    """

    def __init__(
        self, text: str, status: int = 0, signed_out: bool = False, passing: bool = False
    ) -> None:
        super().__init__(text)
        self.status = status
        self.signed_out = signed_out
        self.passing = passing

    @property
    def exit_code(self) -> ExitCode:
        """FAILED: KFP did; BAD_INPUT: the address, the credentials or what was sent is wrong."""
        return ExitCode.FAILED if self.status in _BUSY else ExitCode.BAD_INPUT


class Rest(RESTClientObject):
    """The client's connection to the server: requests time out, and redirects are not followed.

    Args:
        configuration: kfp's.
        host: as the user knows it.
        credentials: what the requests contain, in words; "" for none.
        login: a user and a password, as basic authentication writes them; "" for none.
    """

    def __init__(self, configuration: Any, host: str, credentials: str, login: str = "") -> None:
        configuration.retries = urllib3.Retry(0, redirect=False)
        super().__init__(configuration)
        self.host = host
        self.proxy = configuration.proxy or ""
        self._login = f"Basic {login}" if login else ""
        self.credentials = credentials or "no credentials"
        self._refusal = f"{host} requires credentials, and got none"
        if credentials:
            self._refusal = f"{host} does not accept {credentials}"

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Sends a request.

        Raises:
            Trouble: there is no answer, or not the one that was asked for.
        """
        options["_request_timeout"] = options.get("_request_timeout") or LIMITS
        if self._login:
            options["headers"] = {**(options.get("headers") or {}), "authorization": self._login}
        secrets = _secrets(options.get("headers") or {})
        try:
            answer = super().request(method, url, **options)
        except ApiException as error:
            raise self._refused(error, url, secrets) from None
        except urllib3.exceptions.HTTPError as error:
            raise self._unreached(error) from None
        if "/apis/v2beta1/" in url and "json" not in (answer.getheader("content-type") or ""):
            raise Trouble(
                f"{self.host} answered with a web page, not as KFP's API: it requires a login, or "
                "it is not the API's address, which ends in /pipeline behind Kubeflow's dashboard",
                status=answer.status,
                signed_out=True,
            )
        return answer

    def _refused(self, error: ApiException, url: str, secrets: Iterable[str]) -> Trouble:
        path, status, said = urlsplit(url).path, error.status, _message(error.body, secrets)
        also = f": {said}" if said else ""
        if 300 <= status < 400:
            return self._sent_on(urljoin(url, error.headers.get("Location") or ""), status)
        if status == 401:
            return Trouble(f"{self._refusal} (401){also}", status, signed_out=True)
        if status == 403:
            return Trouble(
                f"{self.host} does not allow this with {self.credentials} (403){also}", 403
            )
        if status == 407:
            return Trouble(f"{_no_login(self.proxy)}{also}", 407)
        if status == 404:
            return Trouble(f"{self.host} has no {path} (404){also}; is it KFP's address?", 404)
        passing = status in _BUSY
        who = "KFP failed" if passing else "KFP refused the request"
        return Trouble(f"{who} ({status}){also}", status, passing=passing)

    def _sent_on(self, location: str, status: int) -> Trouble:
        there = urlsplit(location)
        if any(word in there.path.lower() for word in _LOGIN) or "accounts." in there.netloc:
            text = f"{self._refusal}: it asks for a login ({status})"
            return Trouble(text, status, signed_out=True)
        address = f"{there.scheme}://{there.netloc}{there.path.partition('/apis/')[0]}"
        return Trouble(f"KFP is not at {self.host} but at {address}: use that as --host", status)

    def _unreached(self, error: urllib3.exceptions.HTTPError) -> Trouble:
        reason = getattr(error, "reason", None) or error
        text = str(reason)
        if isinstance(reason, urllib3.exceptions.ProxyError):
            if "407" in text:
                return Trouble(_no_login(self.proxy), 407)
            return Trouble(f"cannot reach the proxy {self.proxy}", passing=True)
        if isinstance(reason, urllib3.exceptions.SSLError):
            if "CERTIFICATE_VERIFY_FAILED" in text:
                why = "its certificate is not trusted; give its authority's as --ssl-ca-cert"
            elif "X509" in text or "PEM" in text:
                why = "the file given as --ssl-ca-cert holds no certificate"
            else:
                why = "the TLS handshake failed; is it really https?"
            return Trouble(f"cannot use {self.host}: {why}")
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            why = "its name cannot be resolved"
        elif isinstance(reason, urllib3.exceptions.NewConnectionError):  # a TimeoutError, too
            why = "nothing answers there; if it is a port-forward, is it still running?"
        elif isinstance(reason, urllib3.exceptions.TimeoutError):
            why = f"it did not answer within {sum(LIMITS):.0f} s"
        else:
            why = "the connection was lost"
        return Trouble(f"cannot reach {self.host}: {why}", passing=True)


def _no_login(proxy: str) -> str:
    return (
        f"the proxy {proxy} asks for a login (407): put it into https_proxy, as in "
        "http://USER:PASSWORD@HOST:PORT"
    )


def printable(text: str) -> str:
    """Makes one line of at most 300 characters, without control characters for a terminal."""
    line = " ".join(text.split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def _message(body: str | bytes | None, secrets: Iterable[str]) -> str:
    """The server's own message, in one line; empty when it answered with a page."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    text = (body or "").strip()
    try:
        parsed = json.loads(text)
    except ValueError:
        text = "" if text.startswith("<") else text
    else:
        fields = parsed if isinstance(parsed, Mapping) else {}
        names = ("error_message", "message", "error")
        text = next((str(fields[name]) for name in names if fields.get(name)), "")
    for secret in secrets:
        text = text.replace(secret, "(hidden)")
    return printable(text)


def _secrets(headers: Mapping[str, str]) -> list[str]:
    """What a request contains and its answer might repeat."""
    sent = {name.lower(): value or "" for name, value in headers.items()}
    token = sent.get("authorization", "").removeprefix("Bearer ").removeprefix("Basic ")
    cookies = (cookie.partition("=")[2].strip() for cookie in sent.get("cookie", "").split(";"))
    return [secret for secret in (token, *cookies) if len(secret) >= _SHORTEST_SECRET]
