"""`python -m usher` is `usher`."""

from usher.cli import main

main()
