"""Static files: hashed names and gzip."""

from __future__ import annotations

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PortalStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage without brotli, which takes minutes wherever that library happens to be importable."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        kwargs["use_brotli"] = False
        return Compressor(**kwargs)
