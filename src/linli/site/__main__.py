"""`python -m linli.site`."""

from linli.site.cli import main

main(prog_name="linli")
