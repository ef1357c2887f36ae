"""How people type: measure it, describe it, put it on."""

from synthgen.voices.voice import Voice

__all__ = ["Voice"]
