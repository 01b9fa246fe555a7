// agreement [LAYER...] [--seed S] [--first I] [--count N]
//
// Draws random configurations of every layer, or of those that are named, and compares each with LibTorch.
// Configuration I of a layer depends on the seed and I alone; a disagreement says how to see it again.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>

#include <pupil/data/hash.hpp>

#include "agreement.hpp"

namespace {

using namespace pupil;
using namespace pupil::agreement;

struct Arguments {
  std::vector<std::string> layers;
  std::uint64_t seed = std::random_device{}();
  Index first = 0;
  Index count = 1000;
};

Agreements all_agreements() {
  Agreements agreements;
  add_convolutions(agreements);
  add_pooling(agreements);
  add_normalizations(agreements);
  add_dense(agreements);
  add_activations(agreements);
  add_recurrent(agreements);
  add_attention(agreements);
  add_losses(agreements);
  return agreements;
}

/// Whether all configurations agree.
bool check(const Agreement& agreement, const Arguments& arguments) {
  for (Index i = arguments.first; i < arguments.first + arguments.count; ++i) {
    Draw draw(Rng(arguments.seed, hash_number(static_cast<std::uint64_t>(i), hash_bytes(agreement.name))));
    try {
      (i % 2 == 0 ? agreement.check_double : agreement.check_float)(draw);
    } catch (const std::exception& error) {
      std::printf("%s: %s\n  see it again: agreement %s --seed %llu --first %ld --count 1\n", agreement.name.c_str(),
                  error.what(), agreement.name.c_str(), static_cast<unsigned long long>(arguments.seed),
                  static_cast<long>(i));
      return false;
    }
  }
  std::printf("%s: %ld configurations agree\n", agreement.name.c_str(), static_cast<long>(arguments.count));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Compares random configurations of pupil's layers with LibTorch", "agreement");
  app.add_option("layers", arguments.layers, "Which ones; all without any");
  app.add_option("--seed", arguments.seed, "Decides the configurations; another every time where it is not given");
  app.add_option("--first", arguments.first, "Number of the first configuration")->check(CLI::NonNegativeNumber);
  app.add_option("--count", arguments.count, "How many configurations a layer")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  at::set_num_threads(1);
  std::printf("seed %llu\n", static_cast<unsigned long long>(arguments.seed));
  bool all_agree = true;
  std::size_t checked = 0;
  for (const Agreement& agreement : all_agreements()) {
    const bool wanted =
        arguments.layers.empty() || std::ranges::find(arguments.layers, agreement.name) != arguments.layers.end();
    if (!wanted) continue;
    ++checked;
    all_agree = check(agreement, arguments) && all_agree;
  }
  if (checked == 0) std::puts("no layer has such a name");
  return all_agree && checked > 0 ? 0 : 1;
}
