"""Addresses of servers: which host one names, and whether that is this machine. Nothing is asked here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

SCHEMES = {"http": 80, "https": 443}
"""What an address may begin with, and the port where it names none."""


def is_address(text: str) -> bool:
    """Whether a text is meant as the address of a server, and not as a path."""
    return text.casefold().startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def origin(url: str) -> str:
    """Scheme, host and port of an address, in small letters. Raises ValueError when it has none of these."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.casefold(), (parts.hostname or "").casefold()
    if scheme not in SCHEMES or not host:
        raise ValueError("expected an address that begins with http:// or https://")
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or SCHEMES[scheme]}"


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine, whatever a name server says."""
    if host is None or host.casefold() == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parted(allow: Iterable[object]) -> tuple[list[str], list[str], list[str]]:
    """What is allowed, as paths, as servers, and as addresses of outputs elsewhere. Raises ValueError for one that names no server."""
    texts = [str(place) for place in allow]
    servers = [text for text in texts if is_address(text)]
    elsewhere = [text.rstrip("/") for text in texts if "://" in text and text not in servers]
    return [text for text in texts if "://" not in text], [origin(text) for text in servers], elsewhere
