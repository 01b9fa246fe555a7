"""A Conan 2 recipe: `conan create tools/packaging/conan` makes the package of these sources."""

import re
from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy

ROOT = Path(__file__).resolve().parents[3]
HEADER_OF_VERSION = Path("include", "pupil", "core", "version.hpp")


class PupilConan(ConanFile):
    name = "pupil"
    description = "A header-only deep-learning library on Eigen, and an image captioner built from it"
    license = "MIT"
    topics = ("deep-learning", "neural-networks", "header-only", "eigen")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    implements = ["auto_header_only"]

    def set_version(self):
        text = (Path(self.recipe_folder).resolve().parents[2] / HEADER_OF_VERSION).read_text()
        self.version = ".".join(re.findall(r"^#define PUPIL_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", text, re.MULTILINE))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "compiled/*", "include/*"):
            copy(self, pattern, src=str(ROOT), dst=self.export_sources_folder)

    def requirements(self):
        self.requires("eigen/3.4.0", transitive_headers=True)
        self.requires("stb/cci.20230920", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        CMakeToolchain(self).generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=str(Path(self.package_folder, "licenses")))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "pupil")
        self.cpp_info.set_property("cmake_target_name", "pupil::pupil")
        self.cpp_info.set_property("pkg_config_name", "pupil")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
