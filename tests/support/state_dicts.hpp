#pragma once
// PyTorch's state dicts through a model and back.

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include <pupil/io/state_dict.hpp>

#include "temporary_folder.hpp"

namespace pupil::testing {

/// Loads the state dict under `prefix` into the model, saves it again, and checks that the files hold the same names,
/// types, shapes and bytes.
template <class Model>
void check_state_dict_returns(const SafetensorsFile& file, const std::string& prefix, Model model) {
  const TemporaryFolder folder;
  load_state_dict(file, model, prefix);
  save_state_dict(folder / "saved.safetensors", model);
  const SafetensorsFile saved(folder / "saved.safetensors");
  const auto under_prefix = [&](const std::string& name) { return name.starts_with(prefix); };
  const auto originals = file.names();
  CHECK(static_cast<std::ptrdiff_t>(saved.names().size()) ==
        std::count_if(originals.begin(), originals.end(), under_prefix));
  for (const std::string& name : saved.names()) {
    CAPTURE(name);
    CHECK(saved.info(name).dtype == file.info(prefix + name).dtype);
    CHECK(saved.info(name).shape == file.info(prefix + name).shape);
    CHECK(std::ranges::equal(saved.raw(name), file.raw(prefix + name)));
  }
}

}  // namespace pupil::testing
