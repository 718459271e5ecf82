"""Posting types of the ledger, with the numbers that finance gives them.

Source: LedgerPostingType, the enumeration that says for every ledger entry what it is for.
"""

from enum import IntEnum


class PostingType(IntEnum):
    """`LedgerPostingType`, the members that invoicing uses."""

    SALES_TAX = 4
    PENNY_DIFFERENCE = 11
    # what an expense is offset against (payables or a clearing account)
    LEDGER_JOURNAL = 14
    CUSTOMER_BALANCE = 31
    COST = 121
    PAYROLL_ALLOCATION = 122
    WIP_COST_VALUE = 123
    COST_ITEM = 124
    WIP_COST_VALUE_ITEM = 125
    INVOICED_REVENUE = 126
    INVOICED_ON_ACCOUNT = 127
    ACCRUED_REVENUE_SALES_VALUE = 128
    WIP_SALES_VALUE = 129
    WIP_INVOICED_ON_ACCOUNT = 138

    @property
    def title(self) -> str:
        """Give the name as an accountant reads it: WIP sales value."""
        words = self.name.replace("_", " ").lower()
        return words.replace("wip", "WIP", 1) if words.startswith("wip") else words.capitalize()
