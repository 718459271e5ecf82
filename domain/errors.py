"""What can go wrong, in two families.

Wrong *data* is a value: a `Problem` with a `ReasonCode`, stored on the document that it concerns. A wrong *program*, a
dead storage account or an unreadable message is an exception::

    InvoicingError
    ├── BadMessage           a queue message that can never be processed as it is
    ├── BadRow               a row at rest that does not fit its record
    ├── BadTableMap          a table map that is refused when it is loaded
    ├── BadSettings          settings that are missing or wrong, all named at once
    ├── NotYet               the document is not known or not ready yet; trying again later can succeed
    ├── Refused              a command that a rule refuses; carries the problem
    └── StoreError           what the storage answered
        ├── LimitExceeded    more than the storage takes; refused before it is sent
        ├── AlreadyExists    an insert found a row
        ├── ChangedMeanwhile a conditional write found another version
        ├── RowMissing       a merge or replace found no row
        ├── OutcomeUnknown   the answer was lost or ambiguous: the write may have happened
        └── ContentDiffers   a repeated insert found other content: the named column differs
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ReasonCode(StrEnum):
    """Why something stopped, in order of precedence: when two reasons apply, the first one is told."""

    # -- messages
    MESSAGE_ENCODING_WRONG = "message_encoding_wrong"
    MESSAGE_NOT_JSON = "message_not_json"
    MESSAGE_TOO_LARGE = "message_too_large"
    MESSAGE_SCHEMA_UNKNOWN = "message_schema_unknown"
    MESSAGE_FIELD_WRONG = "message_field_wrong"
    # -- rows that a person or another system wrote
    ROW_NOT_JSON = "row_not_json"
    ROW_TABLE_UNKNOWN = "row_table_unknown"
    ROW_COLUMN_UNKNOWN = "row_column_unknown"
    ROW_COLUMN_WRONG = "row_column_wrong"
    ROW_DIFFERS = "row_differs"
    PROPOSAL_ONE_WAY = "proposal_one_way"
    # -- commands
    DOCUMENT_UNKNOWN = "document_unknown"
    DOCUMENT_WRONG_STATE = "document_wrong_state"
    CONTENT_DIFFERS = "content_differs"
    # -- backlog and proforma
    CONTRACT_UNKNOWN = "contract_unknown"
    NOTHING_TO_INVOICE = "nothing_to_invoice"
    ITEM_NOT_ON_BACKLOG = "item_not_on_backlog"
    ITEM_HAS_NO_CUSTOMER = "item_has_no_customer"
    ITEM_ADJUSTED = "item_adjusted"
    ITEM_EXCEEDS_LIMIT = "item_exceeds_limit"
    SPLIT_NOT_WHOLE = "split_not_whole"
    ROUNDING_CUSTOMER_WRONG = "rounding_customer_wrong"
    PROGRESS_WRONG = "progress_wrong"
    CURRENCY_NOT_OF_CONTRACT = "currency_not_of_contract"
    # -- editing a draft
    LINE_DETAIL_UNKNOWN = "line_detail_unknown"
    INVOICE_LINE_UNKNOWN = "invoice_line_unknown"
    FIELD_UNKNOWN = "field_unknown"
    FIELD_NOT_EDITABLE = "field_not_editable"
    BILLING_TYPE_ON_CORRECTION = "billing_type_on_correction"
    FIELD_VALUE_WRONG = "field_value_wrong"
    QUANTITY_NEGATIVE = "quantity_negative"
    # -- confirmation
    TOO_MANY_INVOICES = "too_many_invoices"
    INVOICE_EMPTY = "invoice_empty"
    BACKING_ACTUAL_MISSING = "backing_actual_missing"
    LINE_EDIT_NOT_SUPPORTED = "line_edit_not_supported"
    DISCOUNT_OR_FEE_WRONG = "discount_or_fee_wrong"
    CORRECTION_WITHOUT_DIFFERENCE = "correction_without_difference"
    CORRECTION_NOT_SUPPORTED = "correction_not_supported"
    RETAINER_NOT_SUPPORTED = "retainer_not_supported"
    RETAINER_NOT_AVAILABLE = "retainer_not_available"
    RETAINER_ABOVE_CHARGEABLE = "retainer_above_chargeable"
    RETAINER_NOT_REFUNDABLE = "retainer_not_refundable"
    TRANSACTION_CLASS_NOT_SUPPORTED = "transaction_class_not_supported"
    INTERCOMPANY_NOT_SUPPORTED = "intercompany_not_supported"
    # -- revision
    CORRECTION_BEFORE_POSTING = "correction_before_posting"
    CORRECTIVE_DRAFT_UNFIT = "corrective_draft_unfit"
    ALREADY_REVISED = "already_revised"
    NOTHING_TO_REVISE = "nothing_to_revise"
    # -- table maps
    MAP_UNKNOWN = "map_unknown"
    MAP_ONE_WAY = "map_one_way"
    MAP_SOURCE_MISSING = "map_source_missing"
    MAP_LOOKUP_MISSING = "map_lookup_missing"
    MAP_VALUE_UNKNOWN = "map_value_unknown"
    STAGED_ROW_CHANGED = "staged_row_changed"
    # -- set-up of the legal entity
    COMPANY_NOT_SET_UP = "company_not_set_up"
    LINE_PROPERTY_MISSING = "line_property_missing"
    DISCOUNT_AND_FEE_OFF = "discount_and_fee_off"
    CATEGORY_MISSING = "category_missing"
    EXCHANGE_RATE_MISSING = "exchange_rate_missing"
    PERIOD_CLOSED = "period_closed"
    NO_OPEN_PERIOD = "no_open_period"
    POSTING_ACCOUNT_MISSING = "posting_account_missing"
    REVENUE_PROFILE_MISSING = "revenue_profile_missing"
    SALES_TAX_CODE_MISSING = "sales_tax_code_missing"
    PAYMENT_TERMS_UNKNOWN = "payment_terms_unknown"
    CUSTOMER_UNKNOWN = "customer_unknown"
    PROJECT_UNKNOWN = "project_unknown"
    PRODUCT_NOT_RELEASED = "product_not_released"
    # -- integration journals
    JOURNAL_LINE_UNKNOWN = "journal_line_unknown"
    IN_OPENING_BALANCES = "in_opening_balances"
    # -- import of a proposal's lines
    AWAITING_HEADER = "awaiting_header"
    BILLED_SALES_MISMATCH = "billed_sales_mismatch"
    CONNECTION_MISSING = "connection_missing"
    FEE_NOT_POSTED = "fee_not_posted"
    UNBILLED_SALES_NOT_POSTED = "unbilled_sales_not_posted"
    MILESTONE_MISSING = "milestone_missing"
    # -- posting
    PROPOSAL_WITHOUT_LINES = "proposal_without_lines"
    CUSTOMER_ON_HOLD = "customer_on_hold"
    VOUCHER_OUT_OF_BALANCE = "voucher_out_of_balance"
    BATCH_REQUIRED = "batch_required"
    JOURNAL_IN_ERROR = "journal_in_error"
    # -- write-back
    ACTUAL_MISSING = "actual_missing"
    # -- reconciliation
    LOST_ROW = "lost_row"
    EXTRA_ROW = "extra_row"
    AMOUNT_DIFFERS = "amount_differs"
    NOT_ARRIVED = "not_arrived"
    NOT_IMPORTED = "not_imported"
    NOT_POSTED = "not_posted"
    NOT_WRITTEN_BACK = "not_written_back"
    RECONCILIATION_GAVE_UP = "reconciliation_gave_up"
    # -- infrastructure
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person has to know: what, which ids, what to do."""

    # why, from the documented list
    code: ReasonCode
    # one sentence with the id and the way out, for the person who reads it
    sentence: str
    # the exact ids it is about (actuals, lines, invoices), may be empty
    ids: tuple[str, ...] = ()


# where each code stands in the list: the first one is told first
_PLACES = MappingProxyType({code: place for place, code in enumerate(ReasonCode)})


def by_precedence(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort problems so that the one to tell comes first; each stands once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: _PLACES[problem.code]))


def problems_in(*found: object) -> tuple[Problem, ...]:
    """Pick the problems out of what several look-ups found, by precedence."""
    return by_precedence(one for one in found if isinstance(one, Problem))


class InvoicingError(Exception):
    """The root of everything that this product raises on purpose."""


class CarriesProblem(InvoicingError):
    """An error that carries the problem which a person will read."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem; its sentence is the message."""
        super().__init__(problem.sentence)
        self.problem = problem


class BadMessage(CarriesProblem):
    """A queue message that can never be processed as it is."""


class BadRow(CarriesProblem):
    """A row that does not fit its record."""


class NotYet(CarriesProblem):
    """The document is not known or not ready yet; trying again later can succeed."""


class Refused(CarriesProblem):
    """A command that a rule refuses for good; nothing was changed."""


class BadTableMap(InvoicingError):
    """A table map that is refused when it is loaded: names the map, the column and the reason."""


class BadSettings(InvoicingError):
    """Settings are missing or wrong: all of them named at once."""


class StoreError(InvoicingError):
    """What the storage answered; names the table and the key."""


class LimitExceeded(StoreError):
    """More than the storage takes; refused before it is sent."""


class AlreadyExists(StoreError):
    """An insert found a row."""


class ChangedMeanwhile(StoreError):
    """A conditional write found another version."""


class RowMissing(StoreError):
    """A merge, a replace or a delete found no row."""


class OutcomeUnknown(StoreError):
    """The answer was lost or ambiguous: the write may or may not have happened."""


class ContentDiffers(StoreError):
    """A repeated insert found other content under the same key; the named column differs."""
