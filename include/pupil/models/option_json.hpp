#pragma once
// The options of layers as JSON, both ways. What an option is called is said once for each struct of options, by a
// function that lies beside the struct's namespace:
//
//   void name_options(const DenseOptions*, const auto& option) {
//     option("in_features", &DenseOptions::in_features);
//     option("out_features", &DenseOptions::out_features);
//   }
//
// and for an enumeration the names of its values, in their order:
//
//   constexpr auto value_names(const GeluApproximation*) { return std::array{"none", "tanh"}; }

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/json_reader.hpp>

namespace pupil {

namespace detail {

/// Takes an option and its name, and does nothing.
struct IgnoredOption {
  template <class Member>
  void operator()(std::string_view /*name*/, Member /*member*/) const {}
};

/// Stands for a pointer to an X, and for none to a base of it.
template <class X>
struct PointerToExactly {
  template <std::same_as<X> Y>
  operator const Y*() const;  // NOLINT(google-explicit-constructor): it stands for a pointer
};

/// Whether X has names of its own: with those of a base alone, the options that X adds would be lost.
template <class X>
concept HasOptionNames = requires {
  name_options(PointerToExactly<X>{}, IgnoredOption{});
};

template <class X>
inline constexpr bool is_optional = false;
template <class X>
inline constexpr bool is_optional<std::optional<X>> = true;

/// The shortest text that is read as the same number. Throws OptionError for one that is not finite.
inline std::string json_number(double number) {
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
  std::string result(text.data(), written.ptr);
  require<OptionError>(result.find_first_not_of("0123456789+-.e") == std::string::npos, "option_json: ", result,
                       " cannot stand in a file");
  return result;
}

/// Appends `"name":value` to a list of others.
inline void append_option(std::string& list, std::string_view name, std::string_view value) {
  if (!list.empty()) list += ',';
  list.append(json_quoted(name)).append(":").append(value);
}

/// The value of an option as JSON.
template <class Value>
std::string option_to_json(const Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::integral<Value>) {
    return std::to_string(value);
  } else if constexpr (std::floating_point<Value>) {
    return json_number(static_cast<double>(value));
  } else if constexpr (std::is_same_v<Value, std::string>) {
    return json_quoted(value);
  } else if constexpr (std::is_same_v<Value, Size2d>) {
    return message('[', value.height, ',', value.width, ']');
  } else if constexpr (std::is_same_v<Value, Padding2d>) {
    return message('[', value.top, ',', value.bottom, ',', value.left, ',', value.right, ']');
  } else if constexpr (is_optional<Value>) {
    return value ? option_to_json(*value) : "null";
  } else if constexpr (std::is_enum_v<Value>) {
    return json_quoted(value_names(&value).at(static_cast<std::size_t>(value)));
  } else {
    static_assert(HasOptionNames<Value>, "option_json: an option of a type without name_options");
    std::string text;
    if constexpr (HasOptionNames<Value>) {
      name_options(&value, [&](std::string_view name, auto member) {
        append_option(text, name, option_to_json(value.*member));
      });
    }
    return '{' + text + '}';
  }
}

/// Options that are all about to be read. Those without a default of their own begin with a 1.
template <class Options>
Options options_to_read() {
  if constexpr (std::default_initializable<Options>) {
    return Options{};
  } else {
    return Options{1};
  }
}

template <class Value>
void option_from_json(JsonReader& json, std::string_view owner, Value& value);

/// Numbers in brackets, as many as there are.
template <std::size_t Count>
std::array<Index, Count> indices_from_json(JsonReader& json) {
  std::array<Index, Count> numbers{};
  std::size_t count = 0;
  json.array([&] {
    const auto number = static_cast<Index>(json.whole_number());
    if (count < Count) numbers[count] = number;
    ++count;
  });
  json.check(count == Count, "expected ", Count, " numbers, there are ", count);
  return numbers;
}

/// Reads an object with all options of a struct, and no others, in any order. `owner` is who errors speak of.
template <class Options>
void options_from_json(JsonReader& json, std::string_view owner, Options& options) {
  std::set<std::string, std::less<>> read;
  json.object([&](const std::string& name) {
    bool is_known = false;
    name_options(&options, [&](std::string_view known, auto member) {
      if (known != name) return;
      is_known = true;
      option_from_json(json, message(owner, ": ", name), options.*member);
    });
    json.check(is_known, owner, ": there is no option ", json_quoted(name));
    read.insert(name);
  });
  name_options(&options, [&](std::string_view known, auto /*member*/) {
    json.check(read.contains(known), owner, ": the option ", json_quoted(known), " is missing");
  });
}

/// Reads the value of an option.
template <class Value>
void option_from_json(JsonReader& json, std::string_view owner, Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    value = json.boolean();
  } else if constexpr (std::integral<Value>) {
    const std::uint64_t number = json.whole_number();
    json.check(std::in_range<Value>(number), owner, ": the number ", number, " is too large");
    value = static_cast<Value>(number);
  } else if constexpr (std::floating_point<Value>) {
    value = static_cast<Value>(json.number());
  } else if constexpr (std::is_same_v<Value, std::string>) {
    value = json.string();
  } else if constexpr (std::is_same_v<Value, Size2d>) {
    const auto [height, width] = indices_from_json<2>(json);
    value = {height, width};
  } else if constexpr (std::is_same_v<Value, Padding2d>) {
    const auto [top, bottom, left, right] = indices_from_json<4>(json);
    value = {top, bottom, left, right};
  } else if constexpr (is_optional<Value>) {
    value.reset();
    if (json.null()) return;
    auto held = options_to_read<typename Value::value_type>();
    option_from_json(json, owner, held);
    value = std::move(held);
  } else if constexpr (std::is_enum_v<Value>) {
    const std::string name = json.string();
    const auto names = value_names(&value);
    std::size_t i = 0;
    while (i < names.size() && names[i] != name) ++i;
    json.check(i < names.size(), owner, ": ", json_quoted(name), " is none of ", joined(names));
    value = static_cast<Value>(i);
  } else if constexpr (HasOptionNames<Value>) {
    options_from_json(json, owner, value);
  }
}

}  // namespace detail

}  // namespace pupil
