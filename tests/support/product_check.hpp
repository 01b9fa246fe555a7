#pragma once
// Products by any tile, compared with the definition: a fast product's naive twin.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/core/function_ref.hpp>
#include <pupil/kernels/gemm/gemm.hpp>

#include "gradient_check.hpp"
#include "random_tensor.hpp"

namespace pupil::testing {

using kernels::Destination;
using kernels::Epilogue;
using kernels::RowMajor;

/// A random matrix in memory whose rows lie further apart than they are long; between them is NaN.
template <class T>
class StridedMatrix {
 public:
  StridedMatrix(Index rows, Index columns, Rng& rng)
      : memory_(Tensor<T, 2>::full({rows, columns + rng.below(4)}, std::numeric_limits<T>::quiet_NaN())),
        columns_(columns) {
    for (Index r = 0; r < rows; ++r) std::generate_n(memory_.row(r), columns, [&] { return rng.normal<T>(); });
  }
  RowMajor<T> view() const { return {memory_.data(), memory_.rows(), columns_, memory_.columns()}; }

 private:
  Tensor<T, 2> memory_;
  Index columns_;
};

/// A matrix in memory, or the transpose of one.
template <class T>
struct Operand {
  RowMajor<T> memory;
  bool is_transposed = false;

  Index rows() const { return is_transposed ? memory.columns : memory.rows; }
  Index columns() const { return is_transposed ? memory.rows : memory.columns; }
  T operator()(Index r, Index c) const {
    return is_transposed ? memory.data[c * memory.stride + r] : memory.data[r * memory.stride + c];
  }
  /// Calls `use` with what a product takes.
  template <class Use>
  void visit(const Use& use) const {
    if (is_transposed) {
      use(kernels::transposed(memory));
    } else {
      use(memory);
    }
  }
};

/// Any function `multiply(a, b, c)`. What checks a product takes this, so that it is compiled once for all.
template <class T>
class Product {
 public:
  template <class Multiply>
  Product(const Multiply& multiply)
      : multiply_([multiply](const Operand<T>& a, const Operand<T>& b, const Destination<T>& c) {
          a.visit([&](const auto& left) { b.visit([&](const auto& right) { multiply(left, right, c); }); });
        }) {}

  void operator()(const Operand<T>& a, const Operand<T>& b, const Destination<T>& c) const { multiply_(a, b, c); }

 private:
  std::function<void(const Operand<T>&, const Operand<T>&, const Destination<T>&)> multiply_;
};

/// What a destination should hold afterwards, by the definition, and how large a rounding error may be.
struct Expected {
  double value;
  double magnitude;
};
/// What an epilogue makes of a sum.
template <class T>
void finish(const Epilogue<T>& epilogue, Index column, Index offset, Expected& sum) {
  const auto add = [&sum](T term) {
    sum.value += static_cast<double>(term);
    sum.magnitude += std::abs(static_cast<double>(term));
  };
  if (epilogue.scale != nullptr) {
    sum.value *= static_cast<double>(epilogue.scale[column]);
    sum.magnitude *= std::abs(static_cast<double>(epilogue.scale[column]));
    add(epilogue.shift[column]);
  }
  if (epilogue.residual != nullptr) add(epilogue.residual[offset]);
  sum.value = std::clamp(sum.value, static_cast<double>(epilogue.lowest), static_cast<double>(epilogue.highest));
}
template <class T>
Expected naive_element(const Operand<T>& a, const Operand<T>& b, const Destination<T>& c, Index row, Index column) {
  const T start = c.accumulate ? c.data[row * c.stride + column] : c.bias != nullptr ? c.bias[column] : T{};
  Expected sum{static_cast<double>(start), std::abs(static_cast<double>(start))};
  for (Index k = 0; k < a.columns(); ++k) {
    const double term = static_cast<double>(a(row, k)) * static_cast<double>(b(k, column));
    sum.value += term;
    sum.magnitude += std::abs(term);
  }
  if (c.epilogue != nullptr) finish(*c.epilogue, column, row * c.stride + column, sum);
  return sum;
}

/// By how much the terms of a sum may be wrong, relative to the sum of their absolute values.
template <class T>
inline constexpr double usual_rounding = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());

/// How a product begins and ends.
struct ProductForm {
  bool accumulate = false;
  bool bias = false;
  bool epilogue = false;
};

/// Numbers for epilogues of products of this shape, and beside them NaN.
template <class T>
class RandomEpilogue {
 public:
  RandomEpilogue(const Shape<2>& shape, Rng& rng)
      : scale_(random_tensor<T>(Shape{shape[1]}, rng)),
        shift_(random_tensor<T>(Shape{shape[1]}, rng)),
        residual_(random_tensor<T>(shape, rng)) {}

  /// Some of the parts there can be.
  Epilogue<T> some(Rng& rng) const {
    Epilogue<T> epilogue;
    if (rng.below(3) > 0) {
      epilogue.scale = scale_.data();
      epilogue.shift = shift_.data();
    }
    if (rng.below(3) > 0) epilogue.residual = residual_.data();
    return epilogue.rectified_by(static_cast<Activation>(rng.below(3)));
  }

 private:
  Tensor<T, 1> scale_, shift_;
  Tensor<T, 2> residual_;
};

/// Calls `multiply(c)`, which puts a * b into c, and compares c, and what lies beside it, with the naive product.
template <class T>
void check_product(const Operand<T>& a, const Operand<T>& b, const ProductForm& form, double tolerance, Rng& rng,
                   FunctionRef<void(const Destination<T>&)> multiply) {
  constexpr T untouched = 77;
  const Index left_margin = rng.below(3);
  const Index stride = left_margin + b.columns() + rng.below(3);
  auto result = Tensor<T, 2>::full({a.rows(), stride}, untouched);
  for (Index r = 0; r < a.rows(); ++r) {
    std::generate_n(result.row(r) + left_margin, b.columns(), [&] { return rng.normal<T>(); });
  }
  const auto biases = random_tensor<T>(Shape{b.columns()}, rng);
  const RandomEpilogue<T> epilogues({a.rows(), stride}, rng);
  const Epilogue<T> epilogue = epilogues.some(rng);
  const auto before = result;
  const auto destination = [&](const auto& tensor) {
    T* const first = tensor.empty() ? nullptr : const_cast<T*>(tensor.data()) + left_margin;
    return Destination<T>{first, stride, form.accumulate, form.bias ? biases.data() : nullptr,
                          form.epilogue ? &epilogue : nullptr};
  };
  multiply(destination(result));

  Index wrong = 0;
  for (Index r = 0; r < a.rows(); ++r) {
    for (Index c = 0; c < stride; ++c) {
      if (c < left_margin || c >= left_margin + b.columns()) {
        wrong += result(r, c) == untouched ? 0 : 1;
      } else {
        const auto expected = naive_element(a, b, destination(before), r, c - left_margin);
        const double error = std::abs(static_cast<double>(result(r, c)) - expected.value);
        wrong += error <= usual_rounding<T> + tolerance * expected.magnitude ? 0 : 1;  // a NaN is wrong
      }
    }
  }
  CHECK(wrong == 0);
}

/// All four transposes, several kinds of destination.
template <class T>
void check_all_forms(Index rows, Index columns, Index depth, double tolerance, Rng& rng, const Product<T>& multiply) {
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(depth);
  const StridedMatrix<T> a(rows, depth, rng);
  const StridedMatrix<T> a_transposed(depth, rows, rng);
  const StridedMatrix<T> b(depth, columns, rng);
  const StridedMatrix<T> b_transposed(columns, depth, rng);
  for (const ProductForm& form : {ProductForm{}, ProductForm{.accumulate = true}, ProductForm{.bias = true},
                                  ProductForm{.epilogue = true}, ProductForm{.bias = true, .epilogue = true}}) {
    CAPTURE(form.accumulate);
    CAPTURE(form.bias);
    CAPTURE(form.epilogue);
    const auto check = [&](const Operand<T>& left, const Operand<T>& right) {
      check_product<T>(left, right, form, tolerance, rng, [&](const Destination<T>& c) { multiply(left, right, c); });
    };
    check({a.view()}, {b.view()});
    check({a.view()}, {b_transposed.view(), true});
    check({a_transposed.view(), true}, {b.view()});
    check({a_transposed.view(), true}, {b_transposed.view(), true});
  }
}

/// Small and random shapes, those around a tile's edges, deeper than one block, taller and wider than one task, and
/// those with nothing in them.
template <class T>
void check_many_shapes(Index tile_rows, Index tile_columns, double tolerance, std::uint64_t seed,
                       const Product<T>& multiply) {
  using kernels::max_depth;
  CAPTURE(seed);
  const PoisonedMemory poison;
  Rng rng(seed);
  for (int repetition = 0; repetition < 10; ++repetition) {
    const Index rows = 1 + rng.below(3 * tile_rows);
    const Index columns = 1 + rng.below(3 * tile_columns);
    check_all_forms<T>(rows, columns, 1 + rng.below(40), tolerance, rng, multiply);
  }
  for (const Index rows : {tile_rows - 1, tile_rows, tile_rows + 1}) {
    for (const Index columns : {tile_columns - 1, tile_columns, tile_columns + 1}) {
      check_all_forms<T>(rows, columns, 3, tolerance, rng, multiply);
    }
  }
  for (const Index depth : {max_depth - 1, max_depth, max_depth + 1, 3 * max_depth + 5}) {
    check_all_forms<T>(5, 7, depth, tolerance, rng, multiply);
  }
  check_all_forms<T>(9 * 8 * tile_rows + 3, 5, 2, tolerance, rng, multiply);
  check_all_forms<T>(3, 2 * 9 * tile_columns + 3, 2, tolerance, rng, multiply);
  check_all_forms<T>(0, 4, 5, tolerance, rng, multiply);
  check_all_forms<T>(4, 0, 5, tolerance, rng, multiply);
  check_all_forms<T>(4, 5, 0, tolerance, rng, multiply);
}

/// C = A B by this tile, packing both on the way.
template <class Tile, class Left, class Right, class Destination>
void pack_and_multiply_by(const Left& a, const Right& b, const Destination& c) {
  kernels::pack_and_multiply(kernels::tile_form<Tile, kernels::LeftOrder<Tile, Left>>, kernels::left_operand<Tile>(a),
                             kernels::right_operand<Tile>(b), c);
}

/// The same with B packed beforehand.
template <class Tile, class Left, class Right, class Destination>
void multiply_packed_by(const Left& a, const Right& b, const Destination& c) {
  constexpr const auto& form = kernels::tile_form<Tile, kernels::LeftOrder<Tile, Left>>;
  kernels::multiply_packed(form, kernels::left_operand<Tile>(a),
                           kernels::PackedRight(form, kernels::right_operand<Tile>(b)), c);
}

inline constexpr auto packing_both = []<class Tile>(Tile) {
  return [](const auto& a, const auto& b, const auto& c) { pack_and_multiply_by<Tile>(a, b, c); };
};
inline constexpr auto packed_right = []<class Tile>(Tile) {
  return [](const auto& a, const auto& b, const auto& c) { multiply_packed_by<Tile>(a, b, c); };
};

template <class Tile>
void check_tile(std::uint64_t seed, double tolerance = usual_rounding<typename Tile::Scalar>) {
  using T = typename Tile::Scalar;
  check_many_shapes<T>(Tile::rows, Tile::columns, tolerance, seed, packing_both(Tile{}));
  check_many_shapes<T>(Tile::rows, Tile::columns, tolerance, seed + 1, packed_right(Tile{}));
}

/// The same bits whether the right operand is packed on the way or before.
template <class Tile>
void check_packed_beforehand() {
  using T = typename Tile::Scalar;
  Rng rng(8);
  for (const Shape<3>& shape : {Shape{1, 70, 600}, Shape{33, 400, 300}, Shape{1200, 45, 70}}) {
    CAPTURE(shape);
    const auto a = random_tensor<T>(Shape{shape[0], shape[2]}, rng);
    const auto b = random_tensor<T>(Shape{shape[1], shape[2]}, rng);
    const auto right = kernels::transposed(kernels::matrix(b));
    Tensor<T, 2> on_the_way({shape[0], shape[1]});
    Tensor<T, 2> beforehand({shape[0], shape[1]});
    pack_and_multiply_by<Tile>(kernels::matrix(a), right, kernels::into(on_the_way));
    multiply_packed_by<Tile>(kernels::matrix(a), right, kernels::into(beforehand));
    CHECK(on_the_way == beforehand);
  }
}

}  // namespace pupil::testing
