"""What a table map is: data, without any rule that runs.

A table map pairs a table of one system with a table of the other and says how each column travels. The words are those
of dual-write: direction, filter, integration key, transform, version (finance and operations documentation, "Dual-write
mapping concepts" and "Customize table and column mappings").
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from domain.errors import ReasonCode
from domain.rows import RowKey, Value
from domain.tables import Table

# the column of every finance table that belongs to a legal entity: part of its key, never mapped like other columns
COMPANY_COLUMN = "DataAreaId"


class Direction(StrEnum):
    """Which way rows travel. Bidirectional: rows go to finance, and the columns mapped back return."""

    DATAVERSE_TO_FINANCE = "dataverse-to-finance"
    BIDIRECTIONAL = "bidirectional"
    FINANCE_TO_DATAVERSE = "finance-to-dataverse"


class Flow(StrEnum):
    """Which way one column travels, in the product's signs; forward is from the map's source to its target."""

    FORWARD = ">"
    BACK = "<"
    BOTH = "="


class AfterArrival(StrEnum):
    """What happens to a column when its row comes again with another value."""

    # the row is left as it is and the difference is a problem
    FIXED = "fixed"
    # the target takes the new value
    FOLLOWS = "follows"
    # the value belongs to the target since it arrived: people may have changed it there
    KEPT = "kept"


class Operator(StrEnum):
    """How a condition compares."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"


class MapFault(StrEnum):
    """Why a table map is refused when it is loaded; `docs/reference/table-maps.md` says what to do.

    Numbers below 1100 mean what the same number means in dual-write's own map validation (DIPV1002, DIPV1003, ...).
    """

    # one side belongs to a legal entity and the map has no company key, or the other way round, or it is mapped by hand
    COMPANY_MISMATCH = "TMV1002"
    # the map names no integration key
    KEY_MISSING = "TMV1003"
    # a key column of a bidirectional map does not travel both ways
    KEY_NOT_BIDIRECTIONAL = "TMV1004"
    # nothing fills a column that every target row has
    MANDATORY_COLUMN_UNMAPPED = "TMV1010"
    # a column that only later stages, or the people of that system, may write
    READ_ONLY_COLUMN_MAPPED = "TMV1011"
    # a filter or condition on a column that the source lacks, or with a value that the column cannot have
    FILTER_WRONG = "TMV1012"
    # a column of the integration key is in no column mapping
    KEY_NOT_MAPPED = "TMV1014"
    # no record describes the table
    TABLE_UNKNOWN = "TMV1018"
    SOURCE_COLUMN_UNKNOWN = "TMV1021"
    TARGET_COLUMN_UNKNOWN = "TMV1022"
    # two mappings fill one column
    TARGET_COLUMN_TWICE = "TMV1023"
    # a value map has a value twice, on either side
    VALUE_MAP_DUPLICATE = "TMV1029"
    # the value at one end is of another type than the column at the other
    TYPE_MISMATCH = "TMV1030"
    # a mandatory target column is made of an optional source column, and nothing says what stands in for it
    DEFAULT_MISSING = "TMV1031"
    # -- ours
    NAME_WRONG = "TMV1101"
    NAME_TWICE = "TMV1102"
    VERSION_WRONG = "TMV1103"
    # a table or a column is on the wrong side of the map's direction
    DIRECTION_WRONG = "TMV1104"
    # a look-up names a table or a column that is not there
    LOOKUP_UNKNOWN = "TMV1105"
    # a column travels back through a transform that cannot be turned round
    NOT_REVERSIBLE = "TMV1106"
    # a column that is written back is also mapped forward
    WRITE_BACK_ALSO_FORWARD = "TMV1107"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a source column with a value, as `msdyn_skipsync ne True`."""

    column: str
    operator: Operator
    value: Value
    # the value that an absent column counts as; None: no value, which equals nothing
    absent: Value = None


class LookupKey(NamedTuple):
    """A row that a look-up has to read."""

    table: Table
    key: RowKey


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a look-up: from an id to a column of the row that has this id as its row key."""

    table: Table
    # the column to take from that row
    column: str
    # the column, of the row that the step starts from, that holds the partition; None: the id itself
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class Direct:
    """The value as it is."""


@dataclass(frozen=True, slots=True)
class Date:
    """The day of a date or an instant, never moved by a time zone."""


@dataclass(frozen=True, slots=True)
class ValueMap:
    """Pairs of a source value and a target value; a value that is in no pair is rejected."""

    pairs: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value found by following an id through integration keys, in one or more hops."""

    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every row; the mapping has no source column."""

    value: Value


type Transform = Direct | Date | ValueMap | Lookup | Constant


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How one column travels. `source` is a column of the map's source, whichever way the column flows."""

    # None: a constant
    source: str | None
    target: str
    transform: Transform = Direct()
    flow: Flow = Flow.FORWARD
    # the target's value when the source has none; None: the target has none either
    default: Value = None
    # True: the source's record may lack the column, but no row that passes the filter does
    required: bool = False
    # the column travels only when this holds; None: always
    when: Condition | None = None
    after_arrival: AfterArrival = AfterArrival.FIXED


@dataclass(frozen=True, slots=True)
class OneWay:
    """What somebody reads who asks for what the map does not do: rows from the other side, or a deletion."""

    # what to do instead, after the map's label and a colon
    advice: str
    code: ReasonCode = ReasonCode.MAP_ONE_WAY


@dataclass(frozen=True, slots=True)
class TargetKey:
    """Source columns that hold the key of the target row, where it is not the key of the source row."""

    partition: str
    row: str


@dataclass(frozen=True)
class TableMap:
    """One table map. What `domain.table_map_loading.load_map` has accepted is consistent with both tables."""

    # registered name, which commands carry
    name: str
    # the product's own name of the map
    label: str
    # four numbers, as 1.0.0.19
    version: str
    source: Table
    target: Table
    direction: Direction
    # integration key: columns of the Dataverse side
    keys: tuple[str, ...]
    columns: tuple[ColumnMapping, ...]
    one_way: OneWay
    # the implicit company key; None: the map is cross-company
    company: ColumnMapping | None = None
    # all must hold; empty: every row crosses
    filter: tuple[Condition, ...] = ()
    # None: the key of the source row
    target_key: TargetKey | None = None
    # True: a document may have no row of this kind, an empty range is nothing to do; False: its rows are still to come
    may_be_empty: bool = False

    @cached_property
    def forward(self) -> tuple[ColumnMapping, ...]:
        """The mappings from source to target, the company first."""
        company = () if self.company is None else (self.company,)
        return company + tuple(each for each in self.columns if each.flow is not Flow.BACK)

    @cached_property
    def back(self) -> tuple[ColumnMapping, ...]:
        """The mappings that only return from target to source."""
        return tuple(each for each in self.columns if each.flow is Flow.BACK)
