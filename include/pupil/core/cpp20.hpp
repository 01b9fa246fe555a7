#pragma once
// Ends the compiler at once where it does not compile C++20, or no exceptions, with one line instead of hundreds of
// errors. Every header comes here before it says anything: those that include no other of pupil's headers include this
// one.

#include <pupil/core/version.hpp>

// A file that is not there ends every compiler; after #error they go on.
#if __cplusplus <= 201703L
#include <pupil needs C++20: compile with -std=c++20>
#endif
#ifndef __cpp_exceptions
#include <pupil throws exceptions: compile without -fno-exceptions>
#endif
