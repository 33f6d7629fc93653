"""Signing in to KFP, in the ways that its installations ask for, and kfp's client with the result.

Secrets come from files and from the environment, never from the command line, where every process
of the machine could read them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

import kfp
import kfp_server_api
from kfp import client as kfp_client

from kubeflow.client.answers import Rest, Trouble

TOKEN, COOKIES = "TRIPTYCH_KFP_TOKEN", "TRIPTYCH_KFP_COOKIES"
IAP_CLIENT = "KF_PIPELINES_IAP_OAUTH2_CLIENT_ID"  # kfp reads this and the next two itself
IAP_APP = "KF_PIPELINES_APP_OAUTH2_CLIENT_ID"
IAP_APP_SECRET = "KF_PIPELINES_APP_OAUTH2_CLIENT_SECRET"


class BadCredentials(Trouble):
    """What there is to sign in with cannot be used."""

    def __init__(self, text: str) -> None:
        super().__init__(text, signed_out=True)


@dataclasses.dataclass(frozen=True)
class Credentials:
    """One way to sign in.

    Attributes:
        words: what the user knows it as; no secret. "" for no credentials.
        arguments: of kfp.Client.
    """

    words: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)


class TokenFile(kfp_client.ServiceAccountTokenVolumeCredentials):
    """A token that something renews in its file, as Kubernetes does: read for every request."""

    def refresh_api_key_hook(self, config: Any) -> None:
        """Puts the token of the moment into kfp's configuration.

        Raises:
            BadCredentials: the file is gone, or holds something else.
        """
        config.api_key["authorization"] = _token(_read(Path(self._token_path)), self._token_path)


class Client(kfp.Client):
    """kfp's client with requests that end, and without questions to a server that is not there.

    Args:
        host: of KFP's API.
        credentials: to sign in with.
        ssl_ca_cert: a file with the authority that signed the server's certificate.
    """

    def __init__(self, host: str, credentials: Credentials, ssl_ca_cert: Path | None) -> None:
        self.signed_in_with = credentials.words or "no credentials"
        self._rest: Rest | None = None
        authority = str(ssl_ca_cert) if ssl_ca_cert else None
        super().__init__(host=host, ssl_ca_cert=authority, **credentials.arguments)
        self._rest = Rest(self._existing_config, host, credentials.words)
        self._run_api.api_client.rest_client = self._rest

    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
        """Asks the server whether it is KFP, and for how many users.

        kfp asks this while it is made, five times over, and logs what it is told; here it is
        asked once, later.

        Raises:
            Trouble: it is not KFP, or does not let this client in.
        """
        if self._rest is None:
            return kfp_server_api.V2beta1GetHealthzResponse(multi_user=False)
        return self._healthz_api.healthz_service_get_healthz()


def connect(options: Namespace) -> tuple[Client, str | None]:
    """Signs in.

    Args:
        options: see kubeflow/submit.py; the secrets are read now.

    Returns:
        The client, and the namespace to work in: None where KFP has a single user.

    Raises:
        Trouble: KFP cannot be reached, or does not let this client in.
    """
    if options.ssl_ca_cert and not options.ssl_ca_cert.is_file():
        raise Trouble(f"there is no file {options.ssl_ca_cert}, which --ssl-ca-cert names")
    client = _sign_in(options, choose(options))
    if not client.get_kfp_healthz().multi_user:
        return client, None
    namespace = options.namespace or client.get_user_namespace() or _namespace_of_pod()
    if not namespace:
        raise Trouble(f"{options.host} has many users: --namespace says whose runs these are")
    return client, namespace


def _sign_in(options: Namespace, credentials: Credentials) -> Client:
    iap = "client_id" in credentials.arguments
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = Client(options.host, credentials, options.ssl_ca_cert)
        why = "" if client._existing_config.api_key else "it wants an OAuth client for a user"
    except Exception as error:  # Google's libraries raise many kinds, with answers in their texts
        if not iap:
            if not isinstance(error, (json.JSONDecodeError, KeyError)):
                raise
            file = kfp.Client._LOCAL_KFP_CONTEXT
            raise BadCredentials(f"{file}, where kfp keeps its settings, is damaged") from None
        why = type(error).__name__
    if iap and why:
        raise BadCredentials(
            f"Google gave no token for IAP ({why}): sign in as a service account with "
            f"GOOGLE_APPLICATION_CREDENTIALS, or give --iap-app-client-id and {IAP_APP_SECRET}"
        )
    return client


def choose(options: Namespace) -> Credentials:
    """Finds the one way to sign in that was asked for, by an option or in the environment.

    Without any: the token that Kubernetes puts into a pod for KFP, or nothing, as through a
    port-forward.

    Raises:
        BadCredentials: two ways, or one that cannot be used.
    """
    projected = os.environ.get(kfp_client.KF_PIPELINES_SA_TOKEN_ENV)
    projected = projected or kfp_client.KF_PIPELINES_SA_TOKEN_PATH
    ways = {
        "--token-file": options.token_file,
        TOKEN: os.environ.get(TOKEN),
        "--cookies-file": options.cookies_file,
        COOKIES: os.environ.get(COOKIES),
        "--iap-client-id": options.iap_client_id,
    }
    asked = [name for name, value in ways.items() if value is not None]
    if len(asked) > 1:
        raise BadCredentials(f"{' and '.join(asked)}: there can be only one way to sign in")
    way = asked[0] if asked else ""
    if way == "--token-file":
        return _token_file(Path(options.token_file), f"the token in {options.token_file}")
    if way == TOKEN:
        token = _token(os.environ[TOKEN], TOKEN)
        return Credentials(f"the token in {TOKEN}", {"existing_token": token})
    if way == "--cookies-file":
        cookies = _cookies(_read(Path(options.cookies_file)), str(options.cookies_file))
        return Credentials(f"the cookies in {options.cookies_file}", {"cookies": cookies})
    if way == COOKIES:
        return Credentials(
            f"the cookies in {COOKIES}", {"cookies": _cookies(os.environ[COOKIES], COOKIES)}
        )
    if way:
        app = options.iap_app_client_id
        if bool(app) != bool(os.environ.get(IAP_APP_SECRET)):
            raise BadCredentials(f"--iap-app-client-id and {IAP_APP_SECRET} go together")
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
        raise BadCredentials(f"{file} is not a text") from None


def _token(text: str, place: str) -> str:
    """The token, alone. Any other character in a header would make an error that repeats it."""
    token = text.strip()
    if not token:
        raise BadCredentials(f"there is no token in {place}")
    if not all("!" <= character <= "~" for character in token):
        raise BadCredentials(f"{place} holds more than a token, which is one word")
    return token


def _cookies(text: str, place: str) -> str:
    """The value of a Cookie header, from one or from a file of the kind that curl keeps."""
    pairs = []
    for line in text.strip().splitlines():
        fields = line.removeprefix("#HttpOnly_").split("\t")
        if len(fields) == 7:
            pairs.append(f"{fields[5]}={fields[6]}")
        elif line.strip() and not line.startswith("#"):
            pairs.append(line.removeprefix("Cookie:").strip().rstrip(";"))
    header = "; ".join(pairs)
    if not all(" " <= character <= "~" for character in header) or "=" not in header:
        raise BadCredentials(f"{place} holds no cookies: NAME=VALUE; NAME=VALUE, or curl's file")
    return header


def _namespace_of_pod() -> str:
    try:
        return Path(kfp.Client._NAMESPACE_PATH).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
