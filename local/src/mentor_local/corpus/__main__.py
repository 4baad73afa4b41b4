"""Write the corpus: ``python -m mentor_local.corpus DIRECTORY``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mentor_local.corpus import ODD, make_odd

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mentor_local.corpus", description=__doc__)
    parser.add_argument("directory", type=Path)
    folder: Path = parser.parse_args().directory
    for name in ODD:
        print(make_odd(name, folder / "odd"))
