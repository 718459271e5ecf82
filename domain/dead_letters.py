"""Dead letters: messages that could not be processed, kept for good with their reason.

The host deletes poison messages after seven days; the row stays. The same body in the same queue is the same letter,
however often the host copies it.
"""

import base64
import hashlib

from pydantic import Field

from domain.commands import Command
from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.record import KeyText, Record, Text
from domain.rows import RowKey

# characters of one column; a message body never needs more than three, base64 of 64 KiB among them
PART_LENGTH = 30_000
# of the sentence that is kept
SENTENCE_LENGTH_MAX = 2000
# UTF-16 units of one column, which is how the storage counts: 64 KiB and a margin
_PART_UNITS_MAX = 32_000
_BODY_NAMES = ("body", "body_more", "body_rest")


class DeadLetter(Record):
    """A row of `InvoicingDeadLetters`. Partition: the queue. Row: the letter."""

    letter: KeyText = Field(alias="Letter")
    # the queue that the message was for, without -poison
    queue: KeyText = Field(alias="Queue")
    # the body as it was received, in up to three parts; base64 when it is not text
    body: Text = Field(default="", alias="Body")
    body_more: Text | None = Field(default=None, alias="Body2")
    body_rest: Text | None = Field(default=None, alias="Body3")
    body_encoding: KeyText = Field(default="text", alias="BodyEncoding")
    # how often it was delivered
    attempts: int = Field(alias="Attempts", ge=0)
    code: ReasonCode = Field(alias="Code")
    sentence: Text = Field(alias="Sentence")
    # groups failures of one cause: digest of the exception's type and the places in the code that it passed
    traceback_digest: Text | None = Field(default=None, alias="TracebackDigest")
    document: Text | None = Field(default=None, alias="Document")
    correlation: Text | None = Field(default=None, alias="Correlation")

    @property
    def key(self) -> RowKey:
        """Partition: the queue. Row: the letter."""
        return RowKey(self.queue, self.letter)


def letter_id(queue: str, body: bytes) -> str:
    """Derive the id of a letter from its queue and body."""
    return derive_id("dead-letter", queue, hashlib.sha256(body).hexdigest())


def make_letter(
    queue: str,
    body: bytes,
    attempts: int,
    problem: Problem,
    command: Command | None = None,
    digest: str | None = None,
) -> DeadLetter:
    """Make the letter of a message that is given up.

    Args:
        queue: name of the queue that the message was for.
        body: the body; of a command: as it was sent first, so that every try of one wish is the same letter.
        attempts: how often it was tried.
        problem: why it is given up.
        command: what the body says; None when it can't be read.
        digest: of the exception, for grouping.
    """
    return DeadLetter.model_validate(
        {
            "letter": letter_id(queue, body),
            "queue": queue,
            **body_columns(body),
            "attempts": attempts,
            "code": problem.code,
            "sentence": problem.sentence[:SENTENCE_LENGTH_MAX],
            "traceback_digest": digest,
            "document": command.document if command else None,
            "correlation": command.correlation if command else None,
        }
    )


def body_columns(body: bytes) -> dict[str, object]:
    """Split a body over the columns that hold it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    parts = _parts(text)
    if all(_is_plain(part) for part in parts):
        return {**dict(zip(_BODY_NAMES, parts, strict=False)), "body_encoding": "text"}
    # what a column can't show as text is kept as base64, so that nothing of it is lost
    encoded = _parts(base64.b64encode(body).decode())
    return {**dict(zip(_BODY_NAMES, encoded, strict=False)), "body_encoding": "base64"}


def body_of(letter: DeadLetter) -> bytes:
    """Put a body together again, byte for byte as it was received."""
    text = "".join(part for part in (letter.body, letter.body_more, letter.body_rest) if part)
    return base64.b64decode(text) if letter.body_encoding == "base64" else text.encode()


def _parts(text: str) -> list[str]:
    return [text[start : start + PART_LENGTH] for start in range(0, len(text), PART_LENGTH)]


def _is_plain(part: str) -> bool:
    is_readable = all(character.isprintable() or character in "\t\r\n" for character in part)
    return is_readable and len(part.encode("utf-16-le")) <= 2 * _PART_UNITS_MAX
