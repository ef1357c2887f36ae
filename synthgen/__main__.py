"""The program: `synthgen`, or `python -m synthgen`."""

from __future__ import annotations

from synthgen.memory import with_words


def main() -> None:
    """The console script."""
    with_words(_run)


def _run() -> None:
    import logging

    logging.disable()  # where there is no memory for OpenSSL, hashlib logs a traceback for each of its hashes
    import hashlib  # noqa: F401

    logging.disable(logging.NOTSET)
    from synthgen.cli import main as run

    run()


if __name__ == "__main__":
    main()
