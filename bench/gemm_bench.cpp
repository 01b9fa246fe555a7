// The matrix products that layers need.

#include <string>

#include "benchmarks.hpp"
#include "products.hpp"
#include "support.hpp"

namespace bench {

void add_gemm() {
  for (const Product& product : products) {
    for (const ProductForm& form : product_forms) {
      add(std::string("gemm/") + form.name + '/' + product.name(), [=](auto& state) {
        ProductProblem problem(product, form);
        const auto no_input = [] { return 0; };
        time_passes(state, work_of(product), no_input, [&](int) {
          problem.multiply();
          benchmark::ClobberMemory();
        });
      });
    }
  }
}

}  // namespace bench
