// agreement [LAYER...] [--seed S] [--first I] [--count N]
//
// Draws random configurations of every layer, or of those that are named, and compares each with LibTorch.
// Configuration I of a layer depends on the seed and I alone; a disagreement says how to see it again.

#include <algorithm>
#include <cstdint>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <CLI/CLI.hpp>

#include <pupil/core/hash.hpp>

#include "../../examples/command_line/parse.hpp"
#include "../../examples/command_line/program.hpp"
#include "agreement.hpp"

namespace {

using namespace pupil;
using namespace pupil::agreement;
using command_line::write_output;

struct Arguments {
  std::vector<std::string> layers;
  std::uint64_t seed = std::random_device{}();
  Index first = 0;
  Index count = 1000;
};

Agreements all_agreements() {
  Agreements agreements;
  add_branches(agreements);
  add_convolutions(agreements);
  add_pooling(agreements);
  add_resampling(agreements);
  add_normalizations(agreements);
  add_dense(agreements);
  add_activations(agreements);
  add_recurrent(agreements);
  add_attention(agreements);
  add_losses(agreements);
  return agreements;
}

/// Throws OptionError where no layer has that name, with the name that may be meant.
void require_known(const std::string& layer, const Agreements& agreements) {
  std::vector<std::string> names;
  for (const Agreement& agreement : agreements) names.push_back(agreement.name);
  if (std::ranges::find(names, layer) != names.end()) return;
  const auto nearest = command_line::nearest_name(layer, names);
  throw OptionError(layer + ": no layer is called so" + (nearest ? "; did you mean " + *nearest + "?" : ""));
}

/// Whether all configurations agree.
bool check(const Agreement& agreement, const Arguments& arguments) {
  for (Index i = arguments.first; i < arguments.first + arguments.count; ++i) {
    Draw draw(Rng(arguments.seed, hash_number(static_cast<std::uint64_t>(i), hash_bytes(agreement.name))));
    try {
      (i % 2 == 0 ? agreement.check_double : agreement.check_float)(draw);
    } catch (const std::exception& error) {
      write_output(message(agreement.name, ": ", error.what(), "\n  see it again: agreement ", agreement.name,
                           " --seed ", arguments.seed, " --first ", i, " --count 1\n"));
      return false;
    }
  }
  write_output(message(agreement.name, ": ", arguments.count, " configurations agree\n"));
  return true;
}

int run(int argc, char** argv) {
  constexpr Index most = Index{1} << 40;  // the first and the count together are a number still
  Arguments arguments;
  CLI::App app("Compares random configurations of pupil's layers with LibTorch", "agreement");
  app.add_option("layers", arguments.layers, "Which ones; all without any");
  app.add_option("--seed", arguments.seed, "Decides the configurations; another every time where it is not given");
  app.add_option("--first", arguments.first, "Number of the first configuration")
      ->check(command_line::at_least(Index{0}, most));
  app.add_option("--count", arguments.count, "How many configurations a layer")
      ->check(command_line::at_least(Index{1}, most));
  if (!command_line::parse_and_run(app, argc, argv)) return 0;

  const Agreements agreements = all_agreements();
  for (const std::string& layer : arguments.layers) require_known(layer, agreements);
  at::set_num_threads(1);
  write_output(message("seed ", arguments.seed, "\n"));
  bool all_agree = true;
  for (const Agreement& agreement : agreements) {
    const bool wanted =
        arguments.layers.empty() || std::ranges::find(arguments.layers, agreement.name) != arguments.layers.end();
    if (wanted) all_agree = check(agreement, arguments) && all_agree;
  }
  return all_agree ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return command_line::run_program("agreement", [&] { return run(argc, argv); });
}
