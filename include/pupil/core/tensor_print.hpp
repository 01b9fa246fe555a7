#pragma once
// Tensors as text, as NumPy prints arrays:
//
//   std::cout << Tensor<float, 2>({2, 3}, {1, 2.5, -3, 40, 0, 6}) << '\n';
//
//   [[ 1.   2.5 -3. ]
//    [40.   0.   6. ]]
//
// Numbers have as many digits as tell them from all others, and eight after the point at most. Where some are 10^8 or
// more, below 10^-4, or a thousand times others, all have an exponent. Of more than a thousand numbers, the first and
// the last three along each dimension are shown.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>

namespace pupil {

namespace detail {

/// Prints a tensor into lines.
template <class T, std::size_t Rank>
class TensorText {
 public:
  explicit TensorText(const Tensor<T, Rank>& tensor) : tensor_(tensor), is_cut_(tensor.size() > most_shown) {
    for_each_shown(0, 0, [&](Index i) { judge(tensor_[i]); });
    has_exponent_ = largest_ >= 1e8 || (largest_ > 0 && (smallest_ < 1e-4 || largest_ / smallest_ > 1e3));
    if (has_exponent_) for_each_shown(0, 0, [&](Index i) { count_decimals(tensor_[i]); });
    for_each_shown(0, 0, [&](Index i) { measure(text_of(tensor_[i])); });
    if (longest_word_ > left_ + right_) left_ = longest_word_ - right_;
  }

  std::string text() {
    if constexpr (Rank == 0) {
      text_ = text_of(tensor_[0]);
      if (text_.back() == '.') text_ += '0';
    } else if (tensor_.empty()) {
      text_ = "[]";
    } else {
      append_part(0, 0);
    }
    return std::move(text_);
  }

 private:
  static constexpr Index most_shown = 1000;
  static constexpr Index edge = 3;  // that is shown on each side of what is left out
  static constexpr std::size_t line_length = 75;
  static constexpr int most_decimals = 8;

  /// Calls `use(index, is_gap)` for what is shown along a dimension; a gap stands for all that is left out.
  template <class Use>
  void along(std::size_t dimension, const Use& use) const {
    const Index extent = tensor_.dim(dimension);
    const bool has_gap = is_cut_ && extent > 2 * edge;
    for (Index i = 0; i < extent; ++i) {
      if (has_gap && i == edge) {
        use(i, true);
        i = extent - edge;
      }
      use(i, false);
    }
  }

  /// Calls `use(i)` for every number that is shown of the part that begins at number `first`.
  template <class Use>
  void for_each_shown(std::size_t dimension, Index first, const Use& use) const {
    if constexpr (Rank == 0) {
      use(0);
    } else {
      const Index stride = stride_of(dimension);
      along(dimension, [&](Index i, bool is_gap) {
        if (is_gap) return;
        if (dimension + 1 == Rank) {
          use(first + i);
        } else {
          for_each_shown(dimension + 1, first + i * stride, use);
        }
      });
    }
  }

  Index stride_of(std::size_t dimension) const {
    Index stride = 1;
    for (std::size_t d = dimension + 1; d < Rank; ++d) stride *= tensor_.dim(d);
    return stride;
  }

  void judge(T number) {
    if constexpr (std::is_floating_point_v<T>) {
      const double size = std::abs(static_cast<double>(number));
      if (!std::isfinite(size) || size == 0) return;
      largest_ = std::max(largest_, size);
      smallest_ = std::min(smallest_, size);
    }
  }

  /// The number without blanks, and with a point where it is of a type that has one.
  std::string text_of(T number) const {
    if constexpr (std::is_same_v<T, bool>) {
      return number ? "True" : "False";
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(number)) return std::isnan(number) ? "nan" : number < 0 ? "-inf" : "inf";
      return has_exponent_ ? with_exponent(number) : without_exponent(number);
    } else {
      return std::to_string(number);
    }
  }

  template <class... Format>
  static std::string digits_of(T number, Format... format) {
    std::array<char, 512> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, format...).ptr;
    return {digits.data(), end};
  }

  /// "1.", "2.5"
  static std::string without_exponent(T number) {
    std::string text = digits_of(number, std::chars_format::fixed);
    const std::size_t point = text.find('.');
    if (point == std::string::npos) return text + '.';
    if (text.size() - point - 1 > most_decimals) text = digits_of(number, std::chars_format::fixed, most_decimals);
    while (text.back() == '0') text.pop_back();
    return text;
  }

  /// "1.e+00", "2.5e-05"; all have equally many decimals.
  std::string with_exponent(T number) const {
    std::string text = digits_of(number, std::chars_format::scientific, decimals_);
    if (decimals_ == 0) text.insert(text.find('e'), 1, '.');
    return text;
  }

  void count_decimals(T number) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(number)) return;
      const std::string text = digits_of(number, std::chars_format::scientific);
      const std::size_t point = text.find('.');
      if (point == std::string::npos) return;
      decimals_ = std::max(decimals_, std::min(most_decimals, static_cast<int>(text.find('e') - point) - 1));
    }
  }

  /// Where the part begins that stands to the right of the point's column: what has no point has none.
  static std::size_t end_of_left(std::string_view number) {
    const std::size_t point = number.find('.');
    return point == std::string_view::npos ? number.size() : point;
  }

  void measure(std::string_view number) {
    const std::size_t left = end_of_left(number);
    if (std::is_floating_point_v<T> && left == number.size()) {  // nan, inf
      longest_word_ = std::max(longest_word_, left);
      return;
    }
    left_ = std::max(left_, left);
    right_ = std::max(right_, number.size() - left);
  }

  /// Appends a number, filled up with blanks so that points stand below each other.
  void append(T number) {
    const std::string text = text_of(number);
    const std::size_t left = end_of_left(text);
    if (std::is_floating_point_v<T> && left == text.size()) {  // nan ends where numbers end
      text_.append(left_ + right_ - left, ' ').append(text);
    } else {
      text_.append(left_ - left, ' ').append(text).append(right_ - (text.size() - left), ' ');
    }
  }

  void append_part(std::size_t dimension, Index first) {
    text_ += '[';
    const std::size_t margin = dimension + 1;
    const Index stride = stride_of(dimension);
    const bool is_row = dimension + 1 == Rank;
    std::size_t line = text_.size() - margin;
    along(dimension, [&](Index i, bool is_gap) {
      const bool is_first = i == 0;
      if (is_row) {
        const std::size_t width = is_gap ? 3 : left_ + right_;
        if (!is_first && text_.size() - line + 1 + width + Rank > line_length) {
          text_.resize(text_.find_last_not_of(' ') + 1);
          text_.append(1, '\n').append(margin, ' ');
          line = text_.size() - margin;
        } else if (!is_first) {
          text_ += ' ';
        }
      } else if (!is_first) {
        text_.append(Rank - dimension - 1, '\n').append(margin, ' ');
      }
      if (is_gap) {
        text_ += "...";
      } else if (is_row) {
        append(tensor_[first + i]);
      } else {
        append_part(dimension + 1, first + i * stride);
      }
    });
    text_ += ']';
  }

  const Tensor<T, Rank>& tensor_;
  bool is_cut_;
  bool has_exponent_ = false;
  int decimals_ = 0;  // of numbers with an exponent
  double largest_ = 0;
  double smallest_ = std::numeric_limits<double>::infinity();
  std::size_t left_ = 0;   // characters before the point, at most
  std::size_t right_ = 0;  // from the point on
  std::size_t longest_word_ = 0;
  std::string text_;
};

}  // namespace detail

/// As NumPy prints an array.
template <class T, std::size_t Rank>
std::ostream& operator<<(std::ostream& out, const Tensor<T, Rank>& tensor) {
  return out << detail::TensorText(tensor).text();
}

}  // namespace pupil
