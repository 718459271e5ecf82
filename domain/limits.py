"""What the storage takes, in one place: refused here with a clear sentence, before anything is sent.

The emulator enforces few of these limits and the platform answers most of them with a bare 400, so every store checks
a transaction here first. Sources: "Understanding the Table service data model", "Performing entity group transactions"
and "Scalability and performance targets for Queue storage" of the Azure Storage documentation.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii

from domain.errors import LimitExceeded
from domain.ports import TRANSACTION_OPERATIONS_MAX
from domain.rows import Columns, Insert, Merge, Operation, Replace, RowKey, Value
from domain.tables import Table

# bytes of one entity group transaction as it is sent
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
# bytes of one row, by the platform's own formula
ROW_BYTES_MAX = 1024 * 1024
# columns of one row, beside PartitionKey, RowKey and Timestamp
COLUMNS_MAX = 252
COLUMN_NAME_LENGTH_MAX = 255
# 64 KiB hold 32,768 UTF-16 units; one is kept back because the platform and its emulator disagree about the last one
TEXT_UNITS_MAX = 32_767
# 1 KiB
KEY_UNITS_MAX = 512
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
# bytes of a message before base64 makes 64 KiB of them
MESSAGE_BYTES_MAX = 49_152
# a message can wait for seven days before it becomes visible
DELAY_SECONDS_MAX = 7 * 24 * 60 * 60

_KEY_FORBIDDEN = frozenset("/\\#?") | frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
# nearly every key: printable ASCII without / \\ # ?, at most KEY_UNITS_MAX of them
_PLAIN_KEY = re.compile(r'[ !"$-.0->@-\[\]-~]{1,512}')
_COLUMN_NAMES_RESERVED = frozenset(("PartitionKey", "RowKey", "Timestamp"))
_NUMBER_TYPES = frozenset((int, bool))
# the platform's formula: 4 bytes a row, 8 a column, 4 for the length of a text, and the Timestamp column
_ROW_BYTES, _COLUMN_BYTES, _TEXT_LENGTH_BYTES, _TIMESTAMP_BYTES = 4, 8, 4, 34
# on the wire, measured with the official client and rounded up: the envelope, one part with its headers and address,
# the type annotation of one column; a key stands in the address (percent-encoded UTF-8) and in the body (escaped)
_ENVELOPE_WIRE_BYTES, _PART_WIRE_BYTES, _COLUMN_WIRE_BYTES, _KEY_UNIT_WIRE_BYTES = 1024, 1280, 48, 15
_NUMBER_WIRE_BYTES = 11
# a refused value is quoted, but not all of it
_QUOTED_LENGTH_MAX = 60
# all column names of all tables, some times over
_NAMES_REMEMBERED = 4096


class CheckedTransaction(tuple[Operation, ...]):
    """Operations that have been checked one by one for a place, and counted: checking a row costs as much as making it.

    Attributes:
        place: the table and the partition that they were checked for.
    """

    place: tuple[Table, str]

    @classmethod
    def of(cls, table: Table, partition: str, operations: Iterable[Operation]) -> "CheckedTransaction":
        """Say that these 1 to 100 operations of different rows were checked for this place and fit in a transaction."""
        checked = cls(operations)
        checked.place = (table, partition)
        return checked


def key_order(key: str) -> bytes:
    """Give what keys are sorted by: UTF-16 units, which for rare characters is another order than Python's own."""
    return key.encode("utf-16-be", "surrogatepass")


def check_transaction(table: Table, partition: str, operations: Sequence[Operation]) -> None:
    """Check that the storage takes these operations as one entity group transaction.

    Args:
        table: where the operations go.
        partition: the one partition of all operations.
        operations: 1 to 100, each row once.

    Raises:
        LimitExceeded: names the table, the key, the limit and what to do. The size of the row that a merge leaves is
            not known here; only the merged columns are counted.
    """
    if isinstance(operations, CheckedTransaction) and operations.place == (table, partition):
        return
    if not 1 <= len(operations) <= TRANSACTION_OPERATIONS_MAX:
        raise LimitExceeded(
            f"{table} {partition}: a transaction has 1 to {TRANSACTION_OPERATIONS_MAX} operations, "
            f"not {len(operations)}; save them in several transactions"
        )
    rows: set[str] = set()
    wire_bytes = _ENVELOPE_WIRE_BYTES
    for operation in operations:
        if operation.row in rows:
            raise _refused(table, RowKey(partition, operation.row), "stands twice in one transaction; write it once")
        rows.add(operation.row)
        wire_bytes += check_operation(table, partition, operation)
    if wire_bytes > TRANSACTION_BYTES_MAX:
        raise LimitExceeded(
            f"{table} {partition}: a transaction of about {wire_bytes:,} bytes is over the "
            f"{TRANSACTION_BYTES_MAX:,} that the storage takes; save fewer rows at once"
        )


def check_operation(table: Table, partition: str, operation: Operation) -> int:
    """Check one operation and tell how many bytes it adds to a transaction, estimated on the safe side.

    Raises:
        LimitExceeded: its key or its columns are refused.
    """
    key = RowKey(partition, operation.row)
    check_key(table, key)
    size = _PART_WIRE_BYTES + _KEY_UNIT_WIRE_BYTES * (_units(partition) + _units(operation.row))
    match operation:
        case Insert() | Replace():
            return size + check_columns(table, key, operation.columns)
        case Merge():
            # a merge clears a column with empty text, so None is sent
            sent = {name: "" if value is None else value for name, value in operation.columns.items()}
            return size + check_columns(table, key, sent)
        case _:
            return size


def check_key(table: Table, key: RowKey) -> None:
    """Check that the storage takes both parts of a key.

    Raises:
        LimitExceeded: a part is empty, over 1 KiB, or has a forbidden character.
    """
    if _PLAIN_KEY.fullmatch(key.partition) and _PLAIN_KEY.fullmatch(key.row):
        return
    for name, part in zip(("partition", "row key"), key, strict=True):
        if not part:
            raise _refused(table, key, f"has an empty {name}; every row needs one")
        if not _KEY_FORBIDDEN.isdisjoint(part) or not _is_text(part):
            raise _refused(
                table, key, f"has a character in its {name} that keys cannot have (/ \\ # ? or a control); leave it out"
            )
        if _units(part) > KEY_UNITS_MAX:
            raise _refused(
                table, key, f"has a {name} of {_units(part):,} UTF-16 units, over {KEY_UNITS_MAX}; shorten it"
            )


def check_columns(table: Table, key: RowKey, columns: Columns) -> int:
    """Check the columns of one row and tell how many bytes they add to a transaction; None is not sent, not counted.

    Raises:
        LimitExceeded: too many columns, a bad name, a value of another type than text, integer or truth value, an
            integer over 32 bits, a text over 64 KiB, or a row over 1 MiB.
    """
    values = columns.values()
    texts = [value for value in values if type(value) is str]
    numbers = [value for value in values if type(value) is not str]
    together = "".join(texts)
    names_length = _names_length(tuple(columns))
    is_plain = names_length is not None and len(together) <= TEXT_UNITS_MAX and together.isascii()
    if names_length is None or not is_plain or not all(map(_is_number, numbers)) or len(columns) > COLUMNS_MAX:
        return _check_one_by_one(table, key, columns)
    # nearly every row: far from every limit, so that its texts are measured together
    quotes = 2 * (len(texts) - 1)
    numbers_bytes = _NUMBER_WIRE_BYTES * len(numbers)
    texts_bytes = len(encode_basestring_ascii(together)) + quotes
    return _COLUMN_WIRE_BYTES * len(columns) + 2 * names_length + texts_bytes + numbers_bytes


@lru_cache(_NAMES_REMEMBERED)
def _names_length(names: tuple[str, ...]) -> int | None:
    """Tell how long names are together; None: one of them is refused."""
    return sum(map(len, names)) if all(map(_is_good_name, names)) else None


def _is_number(value: object) -> bool:
    return type(value) is bool or (type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX)


def _check_one_by_one(table: Table, key: RowKey, columns: Columns) -> int:
    row_bytes = _ROW_BYTES + _TIMESTAMP_BYTES + 2 * (_units(key.partition) + _units(key.row))
    wire_bytes = count = 0
    for name, value in columns.items():
        if not _is_good_name(name):
            raise _bad_name(table, key, name)
        if value is None:
            continue
        value_bytes, value_wire_bytes = _check_value(table, key, name, value)
        count += 1
        name_bytes = 2 * len(name)
        row_bytes += _COLUMN_BYTES + name_bytes + value_bytes
        wire_bytes += _COLUMN_WIRE_BYTES + name_bytes + value_wire_bytes
    if count > COLUMNS_MAX:
        raise _refused(
            table, key, f"has {count} columns, over {COLUMNS_MAX}; keep rarely used ones as JSON text in one"
        )
    if row_bytes > ROW_BYTES_MAX:
        raise _refused(table, key, f"has {row_bytes:,} bytes, over {ROW_BYTES_MAX:,}; split it into several rows")
    return wire_bytes


def check_message(kind: str, document: str, body: str) -> None:
    """Check that a queue takes a message.

    Raises:
        LimitExceeded: the body has more than 49,152 bytes of UTF-8.
    """
    size = len(body.encode())
    if size > MESSAGE_BYTES_MAX:
        raise LimitExceeded(
            f"{kind} of {document}: a message of {size:,} bytes is over the {MESSAGE_BYTES_MAX:,} that a queue takes; "
            "send keys instead of rows, in several messages"
        )


def check_delay(seconds: int) -> None:
    """Check that a message can be held back for so long.

    Raises:
        LimitExceeded: less than 0 seconds or more than seven days.
    """
    if not 0 <= seconds <= DELAY_SECONDS_MAX:
        raise LimitExceeded(
            f"a message cannot wait {seconds:,} seconds; a queue takes 0 to {DELAY_SECONDS_MAX:,} (seven days)"
        )


@lru_cache(_NAMES_REMEMBERED)
def _is_good_name(name: str) -> bool:
    is_plain = name.isascii() and name.isidentifier() and len(name) <= COLUMN_NAME_LENGTH_MAX
    return is_plain and name not in _COLUMN_NAMES_RESERVED


def _bad_name(table: Table, key: RowKey, name: str) -> LimitExceeded:
    if name in _COLUMN_NAMES_RESERVED:
        return _refused(table, key, f"has a column {name}, which is the storage's own; name it otherwise")
    reason = f"a name has letters, digits and _ only, starts with no digit and has at most {COLUMN_NAME_LENGTH_MAX}"
    return _refused(table, key, f"has a column {_quoted(name)}; {reason}")


def _check_value(table: Table, key: RowKey, name: str, value: Value) -> tuple[int, int]:
    if type(value) is str:
        if not _is_text(value):
            # what Python calls text but no UTF-8 can carry
            raise _refused(table, key, f"has half a character (a lone surrogate) in column {name}; correct the text")
        units = _units(value)
        if units > TEXT_UNITS_MAX:
            raise _refused(
                table, key, f"has {units:,} UTF-16 units in column {name}, over {TEXT_UNITS_MAX:,}; shorten it"
            )
        return _TEXT_LENGTH_BYTES + 2 * units, len(encode_basestring_ascii(value))
    if not isinstance(value, int) or type(value) not in _NUMBER_TYPES:
        # a member of an enum is refused too: clients disagree whether to store its name or its value
        reason = "only plain text, integers and truth values are stored; give the value of an enum, a Decimal as text"
        raise _refused(table, key, f"has a {type(value).__name__} in column {name}; {reason}")
    if not INTEGER_MIN <= value <= INTEGER_MAX:
        raise _refused(table, key, f"has {value} in column {name}, over 32 bits; store it as text")
    return 4, _NUMBER_WIRE_BYTES


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(key_order(text)) // 2


def _refused(table: Table, key: RowKey, reason: str) -> LimitExceeded:
    return LimitExceeded(f"{table} {_quoted(key.text)}: the row {reason}")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _QUOTED_LENGTH_MAX else text[: _QUOTED_LENGTH_MAX - 3] + "...")
