"""Signing in to KFP, in the ways that its installations ask for: kfp's client with credentials."""

from __future__ import annotations

import json
import warnings
from argparse import Namespace
from pathlib import Path
from typing import Any

import kfp
import kfp_server_api

from kubeflow.client import proxy
from kubeflow.client.answers import Rest, Trouble
from kubeflow.client.credentials import IAP_APP_SECRET, BadCredentials, Credentials, choose
from kubeflow.client.workflow import ask


class Client(kfp.Client):
    """kfp's client, with requests that time out and without any while it is made.

    Args:
        host: of KFP's API.
        credentials: to sign in with.
        ssl_ca_cert: a file with the certificate of the authority that signed the server's.
    """

    def __init__(self, host: str, credentials: Credentials, ssl_ca_cert: Path | None) -> None:
        self.signed_in_with = credentials.words or "no credentials"
        self._rest: Rest | None = None
        authority = str(ssl_ca_cert) if ssl_ca_cert else None
        super().__init__(host=host, ssl_ca_cert=authority, **credentials.arguments)
        found = proxy.find(host)
        if found:
            self._existing_config.proxy = found.url
            self._existing_config.proxy_headers = found.headers
        self.server_version = ""
        self._rest = Rest(self._existing_config, host, credentials.words, credentials.login)
        self._run_api.api_client.rest_client = self._rest

    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
        """Asks the server whether it is KFP, and whether it has several users.

        kfp's client asks this while it is made, five times over, and logs the answers; this one
        asks once, later.

        Raises:
            Trouble: it is not KFP, or does not admit this client.
        """
        if self._rest is None:
            return kfp_server_api.V2beta1GetHealthzResponse(multi_user=False)
        told = ask(self, "/apis/v2beta1/healthz", {}, "object")
        if not isinstance(told, dict):
            raise Trouble("KFP's answer is not about its health; is it KFP 2?")
        # Of the API server itself, and of the UI's.
        self.server_version = str(told.get("tag_name") or told.get("apiServerTagName") or "")
        return kfp_server_api.V2beta1GetHealthzResponse(multi_user=bool(told.get("multi_user")))


def connect(options: Namespace) -> tuple[Client, str | None]:
    """Signs in.

    Args:
        options: see kubeflow/submit.py; the secrets are read now.

    Returns:
        The client, and the namespace to work in: None where KFP has a single user.

    Raises:
        Trouble: KFP cannot be reached, or does not admit this client.
    """
    if options.ssl_ca_cert and not options.ssl_ca_cert.is_file():
        raise Trouble(f"--ssl-ca-cert: there is no file {options.ssl_ca_cert}")
    client = _sign_in(options, choose(options))
    if not client.get_kfp_healthz().multi_user:
        return client, None
    namespace = options.namespace or client.get_user_namespace() or _namespace_of_pod()
    if not namespace:
        raise Trouble(
            f"{options.host} has several users: give the namespace of the run with --namespace"
        )
    return client, namespace


def _sign_in(options: Namespace, credentials: Credentials) -> Client:
    iap = "client_id" in credentials.arguments
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client = Client(options.host, credentials, options.ssl_ca_cert)
        why = "" if client._existing_config.api_key else "a user needs an OAuth client"
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


def _namespace_of_pod() -> str:
    try:
        return Path(kfp.Client._NAMESPACE_PATH).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
