import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tools.devhost.errors import AppError
from tools.devhost.host_json import HostOptions, QueueOptions, read_host_json


def read(folder: Path, document: Any, *, development: bool = False, processors: int = 2) -> HostOptions:
    (folder / "host.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return read_host_json(folder, development=development, processors=processors)


def queues(**options: Any) -> dict[str, Any]:
    return {"version": "2.0", "extensions": {"queues": options}}


def test_the_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    options = read(tmp_path, {"version": "2.0"})
    assert options.queues == QueueOptions(
        batch_size=16,
        new_batch_threshold=16,
        max_polling_seconds=60.0,
        visibility_seconds=0.0,
        max_dequeue_count=5,
        message_encoding="base64",
    )
    assert options.function_timeout == timedelta(minutes=30)
    assert options.warnings == ()


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_host_json(tmp_path, development=False, processors=2).queues == QueueOptions()


def test_the_threshold_is_half_a_batch_for_each_processor(tmp_path: Path) -> None:
    assert read(tmp_path, queues(batchSize=9), processors=3).queues.new_batch_threshold == 12
    assert read(tmp_path, queues(batchSize=9, newBatchThreshold=0)).queues.new_batch_threshold == 0


def test_development_polls_every_two_seconds_unless_told_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, queues(), development=True).queues.max_polling_seconds == 2.0
    polling = read(tmp_path, queues(maxPollingInterval="00:00:30"), development=True).queues.max_polling_seconds
    assert polling == 30.0


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("{", "not valid JSON"),
        ("[]", '"version": "2.0"'),
        ({"version": "1.0"}, '"version": "2.0"'),
        ({"version": "2.0", "extensions": []}, "'extensions' must be an object"),
        (queues(batchSize=33), "batchSize is 33: it must be at least 1 and at most 32"),
        (queues(batchSize=0), "batchSize is 0"),
        (queues(batchSize="16"), "whole number"),
        (queues(batchSize=True), "whole number"),
        (queues(newBatchThreshold=-1), "newBatchThreshold is -1"),
        (queues(maxDequeueCount=0), "maxDequeueCount is 0"),
        (queues(maxPollingInterval="00:00:00.05"), "at least 00:00:00.100"),
        (queues(visibilityTimeout="30"), None),
        (queues(visibilityTimeout="30 seconds"), "visibilityTimeout: '30 seconds' is no TimeSpan"),
        (queues(messageEncoding="hex"), "base64 or none"),
        ({"version": "2.0", "functionTimeout": "00:00:00"}, "longer than zero"),
    ],
)
def test_values_out_of_range_are_refused_by_name(tmp_path: Path, document: Any, complaint: str | None) -> None:
    if complaint is None:
        # A bare number is a number of days, in .NET and so here.
        assert read(tmp_path, document).queues.visibility_seconds == 30 * 86_400
        return
    with pytest.raises(AppError, match=complaint):
        read(tmp_path, document)


def test_no_limit_of_time_is_possible(tmp_path: Path) -> None:
    assert read(tmp_path, {"version": "2.0", "functionTimeout": "-1"}).function_timeout is None


def test_unknown_keys_and_what_is_not_emulated_are_named(tmp_path: Path) -> None:
    document = queues(batchsize=1) | {"colour": "red", "concurrency": {"dynamicConcurrencyEnabled": True}}
    document["extensions"]["carrierPigeon"] = {}
    document["functions"] = ["one"]
    warnings = "\n".join(read(tmp_path, document).warnings)
    for key in ("'colour'", "'extensions.carrierPigeon'", "'extensions.queues.batchsize'", "dynamic", "'functions'"):
        assert key in warnings
