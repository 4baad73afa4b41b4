"""The links of a page: every module that it loads, once, and nothing else."""

from __future__ import annotations

import re

from mentor_api.http.assets import own_files, own_folder
from mentor_api.http.module_preloads import modules_behind, with_preloads

MODULES = {
    "page/main.js": """// import { no } from "./commented.js";
import { a } from "./parts/a.js";
import {
  b,
} from '../shared/b.js';
/* export { no } from "./commented.js"; */
/** @typedef {import("./types.js").Type} Type */
import "./effects.js";
const later = () => import("./later.js");
console.log('import it from "./nowhere.js"');
""",
    "page/parts/a.js": 'export { b as c } from "../../shared/b.js";import{d}from"./d.js";',
    "page/parts/d.js": 'import { a } from "./a.js"; // a circle',
    "page/effects.js": "",
    "shared/b.js": 'export * from "./e.js"; export const from = "./f.js";',
    "shared/e.js": 'import { b } from "./b.js";',
}
FOUND = ["page/parts/a.js", "shared/b.js", "page/effects.js", "page/parts/d.js", "shared/e.js"]


def test_modules_are_found_by_their_static_imports_the_nearest_first() -> None:
    assert modules_behind("page/main.js", MODULES.__getitem__) == FOUND
    html = '<head>\n    <script type="module" src="page/main.js"></script>\n</head>'
    linked = with_preloads(html, MODULES.__getitem__)
    assert re.findall('<link rel="modulepreload" href="(.+)">\n', linked) == FOUND
    assert with_preloads("<p></p>", MODULES.__getitem__) == "<p></p>"


def test_the_pages_have_no_module_that_nothing_imports() -> None:
    pages = own_folder(".")
    used = {
        module
        for page in ("studio", "ops")
        for module in modules_behind(f"{page}/main.js", lambda path: (pages / path).read_text())
    }
    there = {
        f"{folder}/{name}"
        for folder in ("studio", "ops", "shared", "vendor")
        for name in own_files(folder)
        if name.endswith(".js") and name != "main.js"
    }
    assert there == used
