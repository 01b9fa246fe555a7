#pragma once
// pupil's side of comparisons of matrix products.

#include <memory>
#include <string>

#include "../products.hpp"
#include "comparison.hpp"

namespace bench {

inline Contender pupil_product(const std::shared_ptr<ProductProblem>& problem) {
  return {.run = [=] { problem->multiply(); }, .results = [=] { return Results{values_of(problem->c)}; }};
}

/// Compares all products in all forms with `peer`; each benchmark begins with `make_peer(problem)`.
template <class MakePeer>
void add_product_comparisons(const std::string& peer, const MakePeer& make_peer) {
  for (const Product& product : products) {
    for (const ProductForm& form : product_forms) {
      add_comparison({.workload = "gemm_" + product.name(), .pass = form.name, .peer = peer, .work = work_of(product)},
                     [=] {
                       const auto problem = std::make_shared<ProductProblem>(product, form);
                       return Contenders{pupil_product(problem), make_peer(problem)};
                     });
    }
  }
}

}  // namespace bench
