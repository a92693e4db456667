"""Write the reviewed files anew: `python -m tests.house.regenerate [flows|lists|oracle]`.

Runs the tests that read them in a mode in which they write what they find. Then read the
difference: every line of it says that somebody may do, see or count something else than before.
"""

import os
import sys

SWITCH = "LINLI_REGENERATE"
FILES = {
    "flows": "tests/house/test_flows.py",
    "lists": "tests/house/test_lists.py",
    "oracle": "tests/oracle",
}


def regenerating() -> bool:
    return SWITCH in os.environ


def main(asked: list[str]) -> int:
    import pytest

    os.environ[SWITCH] = "1"
    return pytest.main(["-q", "-p", "no:xdist", *(FILES[one] for one in asked or FILES)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
