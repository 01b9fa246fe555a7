#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/inverted_residual.hpp>

#include "../support/files.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

std::vector<std::string> filters(const InvertedResidualOptions& options) {
  Rng rng(1);
  InvertedResidual<float> block(options, rng);
  std::vector<std::string> result;
  for_each_parameter(block, [&](const Name& name, auto& parameter) {
    if (parameter.value.rank == 4) result.push_back(message(name.str(), " ", parameter.value.shape()));
  });
  return result;
}

}  // namespace

TEST_CASE("inverted residual gradients agree with differences, with and without expansion and shortcut") {
  for (const Index expand_ratio : {1, 2}) {
    for (InvertedResidualOptions options :
         {InvertedResidualOptions{.in_channels = 3, .out_channels = 3},
          InvertedResidualOptions{.in_channels = 3, .out_channels = 4},
          InvertedResidualOptions{.in_channels = 3, .out_channels = 3, .stride = 2}}) {
      options.expand_ratio = expand_ratio;
      CAPTURE(expand_ratio);
      CAPTURE(options.out_channels);
      CAPTURE(options.stride);
      Rng rng(1);
      const InvertedResidual<double> block(options, rng);
      check_gradients(block, random_tensor<double>(Shape{2, 5, 4, 3}, rng), rng,
                      {.step = 1e-6, .tolerance = 5e-6, .most_elements = 40});
    }
  }
}

TEST_CASE("parameters of an inverted residual have torchvision's names") {
  CHECK(filters({.in_channels = 2, .out_channels = 3, .expand_ratio = 1}) ==
        std::vector<std::string>{"conv.0.0.weight [2, 3, 3, 1]", "conv.1.weight [3, 1, 1, 2]"});
  CHECK(filters({.in_channels = 2, .out_channels = 3, .expand_ratio = 6}) ==
        std::vector<std::string>{"conv.0.0.weight [12, 1, 1, 2]", "conv.1.0.weight [12, 3, 3, 1]",
                                 "conv.2.weight [3, 1, 1, 12]"});
}

TEST_CASE("an expansion to fewer than all channels is refused") {
  Rng rng(2);
  CHECK(error_of<OptionError>([&] {
          InvertedResidual<float>({.in_channels = 2, .out_channels = 2, .expand_ratio = 0}, rng);
        }) == "inverted_residual: expand_ratio is 0, not at least 1");
}
