"""One timer, one listener: a blob lease that keeps a second host of the same app quiet."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceModifiedError
from azure.storage.blob import BlobClient, BlobLeaseClient

from tools.devhost.clock import Clock

LEASE_SECONDS = 60
RETRY_SECONDS = 60.0
CONFLICT = 409


class BlobLock:
    """A lease of 60 seconds on one blob, renewed at half time; not shared between threads but for `renew`."""

    def __init__(self, blob: BlobClient, clock: Clock) -> None:
        self.blob = blob
        self._clock = clock
        self._lease: BlobLeaseClient | None = None
        self._renew_at: datetime = clock.now()

    @property
    def is_held(self) -> bool:
        """Whether the lease is ours, as far as we know."""
        return self._lease is not None

    def acquire(self) -> bool:
        """Try to take the lease; return whether it is ours now.

        Raises:
            AzureError: storage did not answer.
        """
        with contextlib.suppress(ResourceExistsError, ResourceModifiedError):
            # Exists already, or is leased by another host: both are fine, the lease itself decides.
            self.blob.upload_blob(b"", overwrite=False)
        try:
            self._lease = self.blob.acquire_lease(lease_duration=LEASE_SECONDS)
        except HttpResponseError as error:
            if error.status_code != CONFLICT:
                raise
            return False
        self._renew_at = self._half_time()
        return True

    def renew(self) -> None:
        """Renew the lease when half of it is over; a lease that cannot be renewed is lost."""
        lease = self._lease
        if lease is None or self._clock.now() < self._renew_at:
            return
        try:
            lease.renew()
            self._renew_at = self._half_time()
        except AzureError:
            self._lease = None

    def release(self) -> None:
        """Give the lease back, so that the next host need not wait for its end."""
        lease, self._lease = self._lease, None
        if lease is not None:
            with contextlib.suppress(AzureError):  # then it ends by itself within a minute
                lease.release()

    def _half_time(self) -> datetime:
        return self._clock.now() + timedelta(seconds=LEASE_SECONDS / 2)
