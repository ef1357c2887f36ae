"""Suites that somebody wrote for an eval harness: their neat inputs, what is right for each, and what else is known of it."""

from synthgen.harness.incoming.case import IncomingCase, IncomingSuite
from synthgen.harness.incoming.read import read_suite

__all__ = ["IncomingCase", "IncomingSuite", "read_suite"]
