"""Credentials for KFP: tokens, cookies, a user's password, Google's IAP.

Secrets come from files and from the environment, never from the command line, where every process
of the machine could read them.
"""

from __future__ import annotations

import base64
import dataclasses
import http.cookiejar
import os
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

from kfp import client as kfp_client

from kubeflow.client.answers import Trouble

TOKEN, COOKIES = "TRIPTYCH_KFP_TOKEN", "TRIPTYCH_KFP_COOKIES"
IAP_APP_SECRET = "KF_PIPELINES_APP_OAUTH2_CLIENT_SECRET"  # kfp reads it itself


class BadCredentials(Trouble):
    """Credentials that are missing or unusable, or too many."""

    def __init__(self, text: str) -> None:
        super().__init__(text, signed_out=True)


@dataclasses.dataclass(frozen=True)
class Credentials:
    """One way to sign in.

    Attributes:
        words: its name for the user, without a secret; "" for no credentials.
        arguments: for kfp.Client.
        login: a user and a password, as basic authentication writes them; "" for another way.
    """

    words: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    login: str = dataclasses.field(default="", repr=False)


class TokenFile(kfp_client.ServiceAccountTokenVolumeCredentials):
    """A token in a file that something renews, as Kubernetes does; read again for every request."""

    def refresh_api_key_hook(self, config: Any) -> None:
        """Puts the current token into kfp's configuration.

        Raises:
            BadCredentials: the file is gone, or does not hold a token.
        """
        config.api_key["authorization"] = _token(_read(Path(self._token_path)), self._token_path)


def choose(options: Namespace) -> Credentials:
    """Finds the credentials that an option or the environment names.

    Without any, these are the token that Kubernetes puts into a pod for KFP, or none, as through a
    port-forward.

    Raises:
        BadCredentials: several are named, or they cannot be used.
    """
    projected = os.environ.get(kfp_client.KF_PIPELINES_SA_TOKEN_ENV)
    projected = projected or kfp_client.KF_PIPELINES_SA_TOKEN_PATH
    ways = {
        "--token-file": options.token_file,
        TOKEN: os.environ.get(TOKEN),
        "--cookies-file": options.cookies_file,
        COOKIES: os.environ.get(COOKIES),
        "--basic-auth-file": options.basic_auth_file,
        "--iap-client-id": options.iap_client_id,
    }
    asked = [name for name, value in ways.items() if value is not None]
    if len(asked) > 1:
        raise BadCredentials(f"{' and '.join(asked)} are both given; choose one way to sign in")
    way = asked[0] if asked else ""
    if way == "--token-file":
        return _token_file(Path(options.token_file), f"the token in {options.token_file}")
    if way == TOKEN:
        token = _token(os.environ[TOKEN], TOKEN)
        return Credentials(f"the token in {TOKEN}", {"existing_token": token})
    if way == "--cookies-file":
        cookies = _cookies_in(Path(options.cookies_file))
        return Credentials(f"the cookies in {options.cookies_file}", {"cookies": cookies})
    if way == COOKIES:
        return Credentials(
            f"the cookies in {COOKIES}", {"cookies": _cookies(os.environ[COOKIES], COOKIES)}
        )
    if way == "--basic-auth-file":
        file = Path(options.basic_auth_file)
        return Credentials(f"the password in {file}", login=_login(_read(file), str(file)))
    if way:
        app = options.iap_app_client_id
        if bool(app) != bool(os.environ.get(IAP_APP_SECRET)):
            raise BadCredentials(f"--iap-app-client-id and {IAP_APP_SECRET} must be given together")
        arguments = {"client_id": options.iap_client_id, "other_client_id": app}
        return Credentials("the token for IAP", arguments)
    if Path(projected).is_file():
        return _token_file(Path(projected), f"the pod's token in {projected}")
    return Credentials("")


def _token_file(file: Path, words: str) -> Credentials:
    _token(_read(file), str(file))
    return Credentials(words, {"credentials": TokenFile(str(file))})


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadCredentials(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadCredentials(f"{file} is not a text file") from None


def _token(text: str, place: str) -> str:
    """The token alone. Any other character in a header would cause an error that repeats it."""
    token = text.strip()
    if not token:
        raise BadCredentials(f"there is no token in {place}")
    if not all("!" <= character <= "~" for character in token):
        raise BadCredentials(f"what is in {place} is not a token, which is a single word")
    return token


def _login(text: str, place: str) -> str:
    """USER:PASSWORD, encoded as RFC 7617 says."""
    user, colon, password = text.strip("\r\n").partition(":")
    if not (user and colon and password) or any(c in text.strip("\r\n") for c in "\r\n\0"):
        raise BadCredentials(f"what is in {place} is not USER:PASSWORD, in one line")
    return base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _cookies_in(file: Path) -> str:
    """The value of a Cookie header, from a file that holds one or that curl wrote."""
    text = _read(file)
    if "\t" not in text:
        return _cookies(text, str(file))
    jar = http.cookiejar.MozillaCookieJar(file)
    try:
        with warnings.catch_warnings():  # which would quote the line that is wrong
            warnings.simplefilter("ignore")
            jar.load(ignore_discard=True, ignore_expires=True)
    except (OSError, ValueError):
        raise BadCredentials(f"{file} is not a cookie file in curl's format") from None
    # To curl, a cookie that expires at 0 lasts as long as its session.
    fresh = [cookie for cookie in jar if not (cookie.expires and cookie.is_expired())]
    if len(jar) and not fresh:
        raise BadCredentials(f"the cookies in {file} have expired; sign in again to get new ones")
    pairs = [f"{cookie.name}={cookie.value}" for cookie in fresh if cookie.value is not None]
    return _cookies("\n".join(pairs), str(file))


def _cookies(text: str, place: str) -> str:
    """The value of a Cookie header, from text with `Cookie:` or without, in one line or several."""
    lines = [line.strip().removeprefix("Cookie:").strip() for line in text.splitlines()]
    header = "; ".join(line.rstrip(";") for line in lines if line and not line.startswith("#"))
    if not all(" " <= character <= "~" for character in header) or "=" not in header:
        raise BadCredentials(
            f"there are no cookies in {place}: use NAME=VALUE; NAME=VALUE or a file that curl wrote"
        )
    return header
