import json
from pathlib import Path

import pytest

from tools.devhost.app_settings import connection_of, expand, read_settings
from tools.devhost.errors import AppError


def write(folder: Path, **values: object) -> None:
    (folder / "local.settings.json").write_text(json.dumps({"Values": values}))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, A="file", B="file")
    settings = read_settings(tmp_path, {"A": "environment"}, storage=None)
    assert (settings["A"], settings["B"]) == ("environment", "file")


def test_a_given_storage_stands_in_for_every_emulator_connection(tmp_path: Path) -> None:
    write(tmp_path, AzureWebJobsStorage="other", SHOP="UseDevelopmentStorage=true;", REAL="AccountName=x")
    settings = read_settings(tmp_path, {}, storage="given")
    assert (settings["AzureWebJobsStorage"], settings["SHOP"], settings["REAL"]) == ("given", "given", "AccountName=x")


def test_the_environment_is_development_unless_said_otherwise(tmp_path: Path) -> None:
    assert read_settings(tmp_path, {}, storage=None)["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"
    staging = read_settings(tmp_path, {"AZURE_FUNCTIONS_ENVIRONMENT": "Staging"}, storage=None)
    assert staging["AZURE_FUNCTIONS_ENVIRONMENT"] == "Staging"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "not valid JSON"), ('{"Values": {"A": 1}}', "texts"), ('{"IsEncrypted": true}', "decrypt"), ("[]", "texts")],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "local.settings.json").write_text(text)
    with pytest.raises(AppError, match=complaint):
        read_settings(tmp_path, {}, storage=None)


def test_settings_are_expanded_within_a_text() -> None:
    assert expand("%A%-and-%B%", {"A": "1", "B": "2"}, function="f", what="queue") == "1-and-2"
    assert expand("plain", {}, function="f", what="queue") == "plain"


def test_a_missing_setting_is_named_with_its_function() -> None:
    with pytest.raises(AppError, match=r"function post: its queue '%POST_QUEUE%' needs the setting POST_QUEUE"):
        expand("%POST_QUEUE%", {}, function="post", what="queue")


def test_an_open_percent_sign_is_refused() -> None:
    with pytest.raises(AppError, match="not closed"):
        expand("%POST_QUEUE", {"POST_QUEUE": "x"}, function="post", what="queue")


def test_a_connection_is_found_with_and_without_its_prefix() -> None:
    assert connection_of("SHOP", {"SHOP": "a"}, function="f") == "a"
    assert connection_of("SHOP", {"SHOP": "a", "AzureWebJobsSHOP": "b"}, function="f") == "b"
    assert connection_of("", {"AzureWebJobsStorage": "c"}, function="f") == "c"
    assert connection_of("Storage", {"AzureWebJobsStorage": "c"}, function="f") == "c"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [({}, "neither in local"), ({"SHOP__accountName": "x"}, "is an identity"), ({"SHOP": ""}, "neither in local")],
)
def test_a_connection_that_cannot_be_used_is_named(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(AppError, match=f"function f: connection SHOP .*{complaint}"):
        connection_of("SHOP", settings, function="f")
