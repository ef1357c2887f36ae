"""Pages on this machine: whether a browser can show them."""

from __future__ import annotations

import os
import sys
import webbrowser


def browser_is_there() -> bool:
    """Whether a browser can be opened where the user sees it."""
    environment = os.environ
    has_screen = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))
    if not has_screen and (environment.get("SSH_CONNECTION") or sys.platform.startswith("linux")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
