// Matrix products, as a dense layer needs them: y = x W^T, dx = dy W, dW = dy^T x. Named rows x columns x depth.

#include <array>
#include <string>

#include <pupil/kernels/gemm.hpp>

#include "benchmarks.hpp"
#include "operations.hpp"
#include "support.hpp"

namespace bench {

namespace {

struct Product {
  Index rows, columns, depth;
};

constexpr std::array<Product, 3> products{{
    {32, 2048, 512},     // one step of the captioner's LSTM
    {1280, 2540, 512},   // its words' logits, for five short captions an image
    {1024, 1024, 1024},  // what libraries are compared by
}};

/// The operand that a stored tensor is: as it lies, or transposed.
enum class Stored { plainly, transposed };

template <Stored stored>
Tensor<float, 2> stored_matrix(Index rows, Index columns, Rng& rng) {
  return random_tensor(stored == Stored::plainly ? Shape{rows, columns} : Shape{columns, rows}, rng);
}

template <Stored stored>
auto operand(const Tensor<float, 2>& tensor) {
  const auto matrix = pupil::kernels::matrix(tensor);
  if constexpr (stored == Stored::plainly) {
    return matrix;
  } else {
    return pupil::kernels::transposed(matrix);
  }
}

template <Stored left, Stored right>
void time_product(benchmark::State& state, const Product& product) {
  Rng rng(1);
  const auto a = stored_matrix<left>(product.rows, product.depth, rng);
  const auto b = stored_matrix<right>(product.depth, product.columns, rng);
  auto c = Tensor<float, 2>::uninitialized({product.rows, product.columns});
  const auto no_input = [] { return 0; };
  const auto multiply = [&](int) {
    pupil::kernels::gemm(operand<left>(a), operand<right>(b), pupil::kernels::into(c));
    benchmark::ClobberMemory();
  };
  time_passes(state, {.operations = product_operations(product.rows, product.columns, product.depth)}, no_input,
              multiply);
}

}  // namespace

void add_gemm() {
  for (const Product& product : products) {
    const std::string name = spelled(Shape{product.rows, product.columns, product.depth});
    add("gemm/a_b/" + name, [=](auto& state) { time_product<Stored::plainly, Stored::plainly>(state, product); });
    add("gemm/a_bT/" + name, [=](auto& state) { time_product<Stored::plainly, Stored::transposed>(state, product); });
    add("gemm/aT_b/" + name, [=](auto& state) { time_product<Stored::transposed, Stored::plainly>(state, product); });
  }
}

}  // namespace bench
