"""`python -m tests.faults.killable STORAGE`: a host that is there to be killed.

It is the dev host with everything that it is, but for what takes minutes: leases end after seconds, and the timer of
the import comes at once again, on every host, so that two hosts run it at the same time.
"""

import sys
import threading

from tests.e2e.conftest import REPOSITORY
from tools.devhost.console import echo
from tools.devhost.host import DevHost

LEASE_SECONDS = 3.0
TICK_SECONDS = 0.3
NEVER = "0 0 3 1 1 *"
SETTINGS = {
    "IMPORT_FROM_STAGING_SCHEDULE": NEVER,
    "POST_JOURNAL_SCHEDULE": NEVER,
    "POST_PROPOSAL_SCHEDULE": NEVER,
    "RETRY_FIRST_SECONDS": "1",
    "RETRY_LONGEST_SECONDS": "2",
}


def main(storage: str) -> None:
    """Listen and tick until somebody kills it."""
    pause = threading.Event()
    with DevHost(REPOSITORY, storage=storage, settings=SETTINGS, lease_seconds=LEASE_SECONDS) as host:
        host.start()
        echo(f"killable: {len(host.functions)} functions")
        while not pause.wait(TICK_SECONDS):
            host.fire_timer("import_from_staging", check=False)


if __name__ == "__main__":
    main(sys.argv[1])
