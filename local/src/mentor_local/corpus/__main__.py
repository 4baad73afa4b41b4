"""Write the corpus: ``python -m mentor_local.corpus DIRECTORY``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mentor_local.corpus import HOSTILE, ODD, make_hostile, make_odd

_NOBODY = "http://127.0.0.1:9/"  # the discard port

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mentor_local.corpus", description=__doc__)
    parser.add_argument("directory", type=Path)
    folder: Path = parser.parse_args().directory
    for name in ODD:
        print(make_odd(name, folder / "odd"))
    for name in HOSTILE:
        print(make_hostile(name, folder / "hostile", _NOBODY))
