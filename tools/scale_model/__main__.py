"""`python -m tools.scale_model` prints the tables of docs/scale.md and docs/cost.md."""

import sys

from tools.scale_model.tables import HARDENED, SMALL, cost_table, document_table, scale_table


def main() -> None:
    """Print all tables."""
    for table in (scale_table(), document_table(), cost_table(SMALL), cost_table(HARDENED)):
        sys.stdout.write("\n".join(table) + "\n\n")


if __name__ == "__main__":
    main()
