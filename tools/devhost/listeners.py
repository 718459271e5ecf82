"""One listener for each active function of an app, on storage that has shown a sign of life."""

from __future__ import annotations

from tools.devhost.app_settings import HOST_STORAGE, connection_of
from tools.devhost.blob_lock import BlobLock
from tools.devhost.functions import QueueTrigger, TimerTrigger
from tools.devhost.host_storage import host_id_of, lock_path, open_container, status_path
from tools.devhost.loader import LoadedApp
from tools.devhost.queue_bodies import poison_queue_of
from tools.devhost.queue_clients import check_answers, create_loudly
from tools.devhost.queue_listener import QueueListener
from tools.devhost.surroundings import Surroundings
from tools.devhost.timer_listener import TimerListener
from tools.devhost.timer_status import StatusBlob


def listeners_of(
    app: LoadedApp, host: Surroundings, *, create_queues: bool
) -> tuple[list[QueueListener], list[TimerListener]]:
    """Return the queue listeners and the timer listeners of an app, in the order of the app; nothing listens yet.

    Args:
        app: the indexed app; its disabled functions get no listener and a line that says so.
        host: what the listeners share.
        create_queues: create the trigger queues and their poison queues, and say so; otherwise never.

    Raises:
        HostError: storage does not answer.
        AzureError: storage refused to hold the timers' blobs or the queues to create.
    """
    for warning in app.options.warnings:
        host.tell(f"warning: {warning}")
    storage = connection_of(HOST_STORAGE, app.settings, function="(the host itself)")
    triggers = [(one, one.trigger) for one in app.functions if not one.disabled]
    queues = [(one, trigger) for one, trigger in triggers if isinstance(trigger, QueueTrigger)]
    timers = [(one, trigger) for one, trigger in triggers if isinstance(trigger, TimerTrigger)]
    for function in app.functions:
        if function.disabled:
            host.tell(f"function {function.name} is disabled by a setting")
    for connection in sorted({storage, *(trigger.connection for _, trigger in queues)}):
        check_answers(connection)
    for _, trigger in queues if create_queues else ():
        _create(trigger, host)
    container = open_container(storage)
    host_id = host_id_of(app.folder, app.settings)
    return [QueueListener(function, trigger, host) for function, trigger in queues], [
        TimerListener(
            function,
            trigger,
            host,
            status=StatusBlob(container.get_blob_client(status_path(host_id, function.name))),
            lock=BlobLock(container.get_blob_client(lock_path(host_id, function.name)), host.clock),
        )
        for function, trigger in timers
    ]


def _create(trigger: QueueTrigger, host: Surroundings) -> None:
    for name in (trigger.queue, poison_queue_of(trigger.queue)):
        if name is not None:
            host.tell(create_loudly(trigger.connection, name))
