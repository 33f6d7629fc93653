"""The proxy between this machine and KFP, as the environment names it for every program.

https_proxy or http_proxy by the scheme of KFP's address, all_proxy for both, no_proxy for hosts
that are reached without. The proxy's own user and password may stand in its address; they are sent
to the proxy alone, and never printed.
"""

from __future__ import annotations

import dataclasses
import urllib.request
from urllib.parse import unquote, urlsplit

import urllib3

from kubeflow.client.answers import Trouble

_HERE = ("localhost", "127.0.0.1", "::1")  # of a port-forward
_PORTS = {"http": 80, "https": 443}


@dataclasses.dataclass(frozen=True)
class Proxy:
    """A proxy.

    Attributes:
        url: without user and password.
        headers: for the proxy.
    """

    url: str
    headers: dict[str, str] = dataclasses.field(default_factory=dict, repr=False)


def find(host: str) -> Proxy | None:
    """Finds the proxy for an address.

    Args:
        host: KFP's address, with its scheme.

    Returns:
        None when it is reached without.

    Raises:
        Trouble: what the environment has is not the address of an HTTP proxy.
    """
    parts = urlsplit(host)
    proxies = urllib.request.getproxies_environment()
    named = proxies.get(parts.scheme) or proxies.get("all") or ""
    name = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    if not named or name in _HERE:
        return None
    for known_as in (name, f"{name}:{port}"):
        if urllib.request.proxy_bypass(known_as):
            return None
    return _read(named, f"{parts.scheme}_proxy")


def _read(text: str, variable: str) -> Proxy:
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        sound = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise Trouble(f"{variable} is not the address of a proxy such as http://proxy.example:3128")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    url = f"{parts.scheme}://{host}:{parts.port or _PORTS[parts.scheme]}"
    if parts.username is None:
        return Proxy(url)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(url, dict(urllib3.make_headers(proxy_basic_auth=login)))
