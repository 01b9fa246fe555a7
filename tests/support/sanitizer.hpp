#pragma once
// Whether this program is compiled for a sanitizer, where everything takes many times as long.

namespace pupil::testing {

#if defined(__has_feature)
#define PUPIL_TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define PUPIL_TEST_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || PUPIL_TEST_HAS_FEATURE(address_sanitizer) || \
    PUPIL_TEST_HAS_FEATURE(thread_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif

#undef PUPIL_TEST_HAS_FEATURE

}  // namespace pupil::testing
