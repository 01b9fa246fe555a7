// What NumPy 1.24 prints of the same arrays.

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/tensor_print.hpp>

using namespace pupil;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

template <class T, std::size_t Rank>
std::string text_of(const Tensor<T, Rank>& tensor) {
  std::ostringstream text;
  text << tensor;
  return text.str();
}

}  // namespace

TEST_CASE("numbers are printed with as many digits as tell them from others, points below each other") {
  CHECK(text_of(Tensor<float, 2>({2, 3}, {1, 2.5F, -3, 40, 0, 6})) == "[[ 1.   2.5 -3. ]\n [40.   0.   6. ]]");
  CHECK(text_of(Tensor<double, 1>({2}, {0.1, 0.123456789})) == "[0.1        0.12345679]");
  CHECK(text_of(Tensor<float, 1>({2}, {1000, 1})) == "[1000.    1.]");
  CHECK(text_of(Tensor<float, 1>({2}, {0.1F, 0.3F})) == "[0.1 0.3]");
}

TEST_CASE("numbers of very different size have an exponent") {
  CHECK(text_of(Tensor<float, 1>({2}, {1e-5F, 1})) == "[1.e-05 1.e+00]");
  CHECK(text_of(Tensor<float, 1>({2}, {1001, 1})) == "[1.001e+03 1.000e+00]");
  CHECK(text_of(Tensor<float, 1>({2}, {1e8F, 2})) == "[1.e+08 2.e+00]");
  CHECK(text_of(Tensor<float, 1>({2}, {2e-4F, 1e-3F})) == "[0.0002 0.001 ]");
}

TEST_CASE("what is no number ends where numbers end") {
  CHECK(text_of(Tensor<float, 1>({3}, {1, 2, not_a_number})) == "[ 1.  2. nan]");
  CHECK(text_of(Tensor<float, 2>({2, 2}, {1.5F, infinity, -2, 3})) == "[[ 1.5  inf]\n [-2.   3. ]]");
  CHECK(text_of(Tensor<float, 1>({2}, {not_a_number, 1e-9F})) == "[   nan 1.e-09]");
  CHECK(text_of(Tensor<float, 1>({2}, {-infinity, not_a_number})) == "[-inf  nan]");
}

TEST_CASE("whole numbers and truths are printed as such") {
  CHECK(text_of(Tensor<std::int64_t, 1>({3}, {-1, 10, 100})) == "[ -1  10 100]");
  CHECK(text_of(Tensor<bool, 1>({2}, {true, false})) == "[ True False]");
}

TEST_CASE("dimensions are brackets, and the outer ones have lines between them") {
  Tensor<std::int32_t, 3> tensor({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(text_of(tensor) == "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]");
}

TEST_CASE("a tensor of no dimensions is a number, and one without elements a pair of brackets") {
  Tensor<float, 0> number((Shape<0>()));
  number() = 5;
  CHECK(text_of(number) == "5.0");
  CHECK(text_of(Tensor<float, 2>({2, 0})) == "[]");
  CHECK(text_of(Tensor<float, 2>({0, 3})) == "[]");
}

TEST_CASE("rows that are too long for a line go on in the next") {
  Tensor<float, 1> tensor({30});
  for (Index i = 0; i < 30; ++i) tensor[i] = static_cast<float>(static_cast<double>(i) / 7);
  CHECK(text_of(tensor) ==
        "[0.         0.14285715 0.2857143  0.42857143 0.5714286  0.71428573\n"
        " 0.85714287 1.         1.1428572  1.2857143  1.4285715  1.5714285\n"
        " 1.7142857  1.8571428  2.         2.142857   2.2857144  2.4285715\n"
        " 2.5714285  2.7142856  2.857143   3.         3.142857   3.2857144\n"
        " 3.4285715  3.5714285  3.7142856  3.857143   4.         4.142857  ]");
}

TEST_CASE("of many numbers the first and the last are shown") {
  Tensor<std::int32_t, 2> tensor({40, 50});
  for (Index i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<std::int32_t>(i);
  CHECK(text_of(tensor) ==
        "[[   0    1    2 ...   47   48   49]\n"
        " [  50   51   52 ...   97   98   99]\n"
        " [ 100  101  102 ...  147  148  149]\n"
        " ...\n"
        " [1850 1851 1852 ... 1897 1898 1899]\n"
        " [1900 1901 1902 ... 1947 1948 1949]\n"
        " [1950 1951 1952 ... 1997 1998 1999]]");
}
