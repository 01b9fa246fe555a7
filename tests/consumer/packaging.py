"""packaging.py ROOT VERSION

Holds that the recipes in tools/packaging can be read, and are of this version.
"""

import json
import sys
from pathlib import Path

root, version = Path(sys.argv[1]), sys.argv[2]
packaging = root / "tools" / "packaging"

recipe = packaging / "conan" / "conanfile.py"
compile(recipe.read_text(), str(recipe), "exec")

manifest = json.loads((packaging / "vcpkg" / "vcpkg.json").read_text())
if manifest["name"] != "pupil" or manifest["version-semver"] != version:
    sys.exit(f"vcpkg.json is of {manifest['name']} {manifest['version-semver']}, not of pupil {version}")

# The recipes read, and the installation needs, no more than these.
for path in ("CMakeLists.txt", "LICENSE", "cmake", "compiled", "include/pupil/core/version.hpp"):
    if not (root / path).exists():
        sys.exit(f"the recipes name {path}, which is not there")
