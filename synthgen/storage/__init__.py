"""Outputs elsewhere: addresses such as s3://bucket/traffic, their files by any driver of fsspec, and how a whole output is read there."""

from synthgen.storage.address import is_remote, local_folder, name_of, refuse_address
from synthgen.storage.snapshot import STAGE, Snapshot, latest, staged
from synthgen.storage.storage import Storage

__all__ = ["STAGE", "Snapshot", "Storage", "is_remote", "latest", "local_folder", "name_of", "refuse_address", "staged"]
