#pragma once
// Matrix products, as a dense layer needs them: y = x W^T, dx = dy W, dW = dy^T x. Named rows x columns x depth.

#include <array>
#include <string>

#include <pupil/kernels/gemm/gemm.hpp>

#include "operations.hpp"
#include "support.hpp"

namespace bench {

struct Product {
  Index rows, columns, depth;

  std::string name() const { return spelled(Shape{rows, columns, depth}); }
};

inline constexpr std::array<Product, 3> products{{
    {32, 2048, 512},     // one step of the captioner's LSTM
    {1280, 2540, 512},   // its words' logits, for five short captions an image
    {1024, 1024, 1024},  // what libraries are compared by
}};

inline Work work_of(const Product& product) {
  return {.operations = product_operations(product.rows, product.columns, product.depth),
          .bytes = bytes_of(Shape{product.rows, product.depth}) + bytes_of(Shape{product.depth, product.columns}) +
                   bytes_of(Shape{product.rows, product.columns})};
}

/// Which of the operands are stored transposed.
struct ProductForm {
  const char* name;
  bool left_transposed, right_transposed;
};

inline constexpr std::array<ProductForm, 3> product_forms{
    {{"a_b", false, false}, {"a_bT", false, true}, {"aT_b", true, false}}};

/// The operands of one product as they are stored, and its result.
struct ProductProblem {
  ProductProblem(const Product& product_, const ProductForm& form_) : product(product_), form(form_) {
    Rng rng(1);
    a = stored(product.rows, product.depth, form.left_transposed, rng);
    b = stored(product.depth, product.columns, form.right_transposed, rng);
    c = Tensor<float, 2>::uninitialized({product.rows, product.columns});
  }

  void multiply() {
    using pupil::kernels::gemm, pupil::kernels::into, pupil::kernels::matrix, pupil::kernels::transposed;
    if (form.left_transposed) {
      gemm(transposed(matrix(a)), matrix(b), into(c));
    } else if (form.right_transposed) {
      gemm(matrix(a), transposed(matrix(b)), into(c));
    } else {
      gemm(matrix(a), matrix(b), into(c));
    }
  }

  Product product;
  ProductForm form;
  Tensor<float, 2> a, b, c;

 private:
  static Tensor<float, 2> stored(Index rows, Index columns, bool transposed, Rng& rng) {
    return random_tensor(transposed ? Shape{columns, rows} : Shape{rows, columns}, rng);
  }
};

}  // namespace bench
