"""What the storage's answers mean: the one place where errors of the official clients become errors of the domain.

A retry inside the client can turn a committed write into a 409, 412 or 404, so none of these says who wrote:
`domain.saving` reads back. What is not listed here (a wrong key, a forbidden network) passes as the client raised it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from types import MappingProxyType
from xml.etree.ElementTree import ParseError

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from domain.errors import AlreadyExists, ChangedMeanwhile, LimitExceeded, OutcomeUnknown, RowMissing, StoreError

# what passes as the client raised it, for those who decide what becomes of a failure
CLIENT_ERRORS = (AzureError,)
_MISSING_PLACES = frozenset(("TableNotFound", "QueueNotFound"))
_OVER_LIMITS = frozenset(
    (
        "EntityTooLarge",
        "KeyValueTooLarge",
        "PropertyNameInvalid",
        "PropertyNameTooLong",
        "PropertyValueTooLarge",
        "RequestBodyTooLarge",
        "TooManyProperties",
    )
)
# what azure-storage-queue lets through of its own parsers when a proxy or a failing server answers in its place
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError, ParseError)
_NOT_NOW = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS))


_BY_STATUS: Mapping[int, tuple[type[StoreError], str]] = MappingProxyType(
    {
        HTTPStatus.CONFLICT: (AlreadyExists, "the row exists already"),
        HTTPStatus.PRECONDITION_FAILED: (ChangedMeanwhile, "another version stands"),
        HTTPStatus.NOT_FOUND: (RowMissing, "there is no such row"),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (LimitExceeded, "the storage refuses the size; write less at once"),
    }
)


@contextmanager
def translated(place: str, rows: Sequence[str] = ()) -> Iterator[None]:
    """Raise what the storage answers as an error of the domain, with the client's error as its cause.

    Args:
        place: the table and partition, or the queue, for the sentence.
        rows: row keys of the operations in their order, so that the one that failed is named.
    """
    try:
        yield
    except AzureError as error:
        told = _told(error, _named(place, rows, error))
        if told is None:
            raise
        raise told from error
    except OSError as error:
        # azure-data-tables reads the answer to a transaction behind its own translation: here the connection broke
        raise _unanswered(place, error) from error
    except AttributeError as error:
        # it asks an error for its answer too, and of an answer that was cut off there is none
        if not isinstance(error.__context__, AzureError):
            raise
        raise _unanswered(place, error.__context__) from error


@contextmanager
def translated_queue(place: str) -> Iterator[None]:
    """Do as `translated` does, for one call of the client of the queues and nothing else.

    What that client cannot read tells nothing, whatever its status.
    """
    with translated(place):
        try:
            yield
        except _UNREADABLE as error:
            raise _unanswered(place, error) from error


def _told(error: AzureError, place: str) -> StoreError | None:
    if isinstance(error, ClientAuthenticationError):
        return None
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return _unanswered(place, error)
    return _told_by_status(error, error.status_code, place)


def _unanswered(place: str, error: Exception) -> OutcomeUnknown:
    return OutcomeUnknown(f"{place}: no answer came ({type(error).__name__}); it may have happened or not")


def _told_by_status(error: HttpResponseError, status: int, place: str) -> StoreError | None:
    code = _code_of(error)
    if code in _MISSING_PLACES:
        return StoreError(f"{place}: this table or queue does not exist; run the ensure step (ensure_storage) first")
    if code in _OVER_LIMITS:
        return LimitExceeded(f"{place}: the storage refuses it ({code}); write less at once or in one row")
    # a garbled success, a failure of the server, or throttling that outlasted the client's own retries
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST or status in _NOT_NOW:
        return OutcomeUnknown(f"{place}: the storage answered {status}; it may have happened or not")
    if status not in _BY_STATUS:
        return None
    kind, sentence = _BY_STATUS[status]
    return kind(f"{place}: {sentence}")


def _named(place: str, rows: Sequence[str], error: AzureError) -> str:
    if not rows:
        return place
    # a failed transaction tells which of its operations was to blame
    index = getattr(error, "index", None)
    if isinstance(index, int) and index < len(rows):
        return f"{place}/{rows[index]}"
    return f"{place}/{rows[0]}" + (f" and {len(rows) - 1} more" if len(rows) > 1 else "")


def _code_of(error: HttpResponseError) -> str:
    # some calls of the tables client put the code on the error, the others leave it in the answer
    code = getattr(error, "error_code", None)
    if code is None:
        # the client quotes the answer in its message, where the code stands as it came
        known = _MISSING_PLACES | _OVER_LIMITS
        code = next((each for each in known if f'"{each}"' in str(error)), "")
    return str(getattr(code, "value", code))
