#pragma once
// The name of a type as a reader writes it: "Conv2d" for pupil::Conv2d<float>.

#include <cstddef>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

namespace detail {

/// A text in which the compiler spells out X.
template <class X>
constexpr std::string_view text_with_type() {
#ifdef _MSC_VER
  return __FUNCSIG__;
#else
  return __PRETTY_FUNCTION__;
#endif
}

/// What stands before and after the type is the same for all types.
inline constexpr std::string_view text_with_double = text_with_type<double>();
inline constexpr std::size_t text_before_type = text_with_double.find("double");
inline constexpr std::size_t text_after_type =
    text_with_double.size() - text_before_type - std::string_view("double").size();

}  // namespace detail

/// Without namespaces and template arguments.
template <class X>
constexpr std::string_view type_name() {
  std::string_view name = detail::text_with_type<X>();
  name.remove_prefix(detail::text_before_type);
  name.remove_suffix(detail::text_after_type);
  name = name.substr(0, name.find('<'));
  if (name.find_last_of(": ") != name.npos) name.remove_prefix(name.find_last_of(": ") + 1);
  return name;
}

}  // namespace pupil
