"""`python -m tools.cli` is `invoicing`."""

from tools.cli.app import main

if __name__ == "__main__":
    main()
