#pragma once
// Which pupil this is. CMake reads the version of the project and of its package here.
//
// A program must have one version in all of its object files: their inline functions and templates have the same names,
// of which the linker keeps any. So each object file defines one more name, whose value is the version; a linker takes
// the same value twice, and refuses two values: "multiple definition of `pupil_is_of_one_version_in_all_object_files'".
// That is said in this file alone, where an inline namespace would stand in each of the others and in every error that
// names a type. A shared library may have a version of its own, as long as it does not export what is pupil's.

/// The first number of the version.
#define PUPIL_VERSION_MAJOR 0
/// The second.
#define PUPIL_VERSION_MINOR 1
/// The third.
#define PUPIL_VERSION_PATCH 0

/// As a number that grows with the version: 10203 is 1.2.3.
#define PUPIL_VERSION (PUPIL_VERSION_MAJOR * 10000 + PUPIL_VERSION_MINOR * 100 + PUPIL_VERSION_PATCH)

// Makes text of what a macro stands for.
#define PUPIL_DETAIL_TEXT_OF(macro) #macro
#define PUPIL_DETAIL_VERSION_TEXT(major, minor, patch) \
  PUPIL_DETAIL_TEXT_OF(major) "." PUPIL_DETAIL_TEXT_OF(minor) "." PUPIL_DETAIL_TEXT_OF(patch)
#define PUPIL_DETAIL_ASSEMBLER_TEXT(number) PUPIL_DETAIL_TEXT_OF(number)

/// As text: "1.2.3".
#define PUPIL_VERSION_STRING PUPIL_DETAIL_VERSION_TEXT(PUPIL_VERSION_MAJOR, PUPIL_VERSION_MINOR, PUPIL_VERSION_PATCH)

#ifdef __ELF__  // what Linux has; the assembler computes the value
asm(".globl pupil_is_of_one_version_in_all_object_files\n"
    ".hidden pupil_is_of_one_version_in_all_object_files\n"
    ".set pupil_is_of_one_version_in_all_object_files, " PUPIL_DETAIL_ASSEMBLER_TEXT(PUPIL_VERSION));
#endif
