#pragma once
// Models in safetensors files: parameters, buffers and random generators under the names that `visit` gives them,
// behind a prefix. Parameters have their channels last, as here, and the file says so (parameter_layout.hpp); what has
// several names is stored once, under the first.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict_items.hpp>
#include <pupil/io/state_dict_names.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

/// How parameters lie in a file. bf16 is the nearest that half the bytes can hold, with 8 bits of significand: enough
/// to use a model, not to go on training it.
enum class ParameterPrecision { fp32, bf16 };

/// Makes a model's parameters what they are once they were written at this precision and read again.
inline void round_parameters(const ModelRef& model, ParameterPrecision precision) {
  if (precision == ParameterPrecision::fp32) return;
  model.for_each(ItemKind::parameter, [](const Name&, const ModelItem& parameter) {
    if (!parameter.holds<float>()) return;
    for (float& value : parameter.values<float>()) value = bfloat16_to_float(float_to_bfloat16(value));
  });
}

/// Collects models for one file. What was added must stay as it is until `write`.
class CheckpointWriter {
 public:
  /// A scalar other than float is stored as it is at any precision.
  explicit CheckpointWriter(ParameterPrecision precision = ParameterPrecision::fp32) : precision_(precision) {}

  /// Adds a model's parameters and buffers under `prefix` + name; generators too where `with_generators`. Buffers are
  /// few, and stay as they are at any precision.
  void add(const std::string& prefix, const ConstModelRef& model, bool with_generators = true) {
    state_layout(tensors_, ParameterLayout::channels_last);
    model.for_each(ItemKind::parameter, [&](const Name& name, const ConstModelItem& parameter) {
      add_parameter(prefix + name.str(), parameter);
    });
    model.for_each(ItemKind::buffer, [&](const Name& name, const ConstModelItem& buffer) {
      detail::add_item(tensors_, prefix + name.str(), buffer);
    });
    if (!with_generators) return;
    model.for_each(ItemKind::generator, [&](const Name& name, const ConstModelItem& generator) {
      const Rng::State& state = generator.generator().state();
      const auto& stored = generators_.emplace_back(std::array{state.seed, state.stream, state.position});
      tensors_.add(prefix + name.str(), std::array<Index, 1>{3}, stored.data());
    });
  }

  /// Single tensors and texts besides.
  SafetensorsWriter& tensors() { return tensors_; }

  /// Writes the file, all of it or nothing. Throws FileError, and the old file stays.
  void write(const std::filesystem::path& path) const { tensors_.write(path); }

 private:
  void add_parameter(const std::string& name, const ConstModelItem& parameter) {
    if (precision_ == ParameterPrecision::fp32 || !parameter.holds<float>()) {
      return detail::add_item(tensors_, name, parameter);
    }
    auto& rounded = rounded_.emplace_back(Tensor<std::uint16_t, 1>::uninitialized({parameter.size()}));
    std::ranges::transform(parameter.values<float>(), rounded.begin(), float_to_bfloat16);
    tensors_.add(name, Dtype::BF16, parameter.shape(), reinterpret_cast<const std::byte*>(rounded.data()));
  }

  ParameterPrecision precision_;
  SafetensorsWriter tensors_;
  std::deque<Tensor<std::uint16_t, 1>> rounded_;         // stay where they are as others come
  std::deque<std::array<std::uint64_t, 3>> generators_;  // stay where they are as others come
};

namespace detail {

/// How the parameters of this model lie in the file. Where the file does not say, they are taken to lie as here, unless
/// the shapes of all that could tell fit both layouts: then FileError.
inline ParameterLayout layout_of(const SafetensorsFile& file, const std::string& prefix, const ModelRef& model) {
  if (const auto stated = stated_layout(file)) return *stated;
  std::string doubtful;
  bool told = false;
  model.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
    told = told || !std::ranges::equal(parameter.shape(), pytorch_shape(parameter.shape()));
    if (doubtful.empty() && fits_both_layouts(parameter.shape())) doubtful = prefix + name.str();
  });
  file.require_tensor(
      told || doubtful.empty(), doubtful,
      "may lie as pupil's checkpoints or as PyTorch lay it out, its shape is the same, and the file does "
      "not say which: put \"channels_last\" (pupil) or \"channels_first\" (PyTorch) under "
      "\"parameter_layout\" in its metadata");
  return ParameterLayout::channels_last;
}

}  // namespace detail

/// Fills a model from what CheckpointWriter::add wrote under `prefix`, or from a file that says that its parameters lie
/// as PyTorch's. What has several names in the model may be there under any or all of them. Throws FileError, naming
/// the tensor, where one is missing, has another shape, is left over (and not under `about_model_prefix`), or where two
/// that are one in the model differ; the model is then partly filled. A file that does not say how its parameters lie,
/// as older ones do not, is refused where their shapes do not tell either.
inline void read_model(const SafetensorsFile& file, const std::string& prefix, const ModelRef& model,
                       bool with_generators = true) {
  const ParameterLayout layout = detail::layout_of(file, prefix, model);
  detail::StateDictNames names(file, prefix);
  names.read_each(ItemKind::parameter, model, [&](const std::string& name, const ModelItem& parameter) {
    read_parameter(file, layout, name, parameter);
  });
  names.read_each(ItemKind::buffer, model,
                  [&](const std::string& name, const ModelItem& buffer) { detail::read_item(file, name, buffer); });
  if (with_generators) {
    names.read_each(ItemKind::generator, model, [&](const std::string& name, const ModelItem& generator) {
      std::array<std::uint64_t, 3> state{};
      file.read_into(name, std::array<Index, 1>{3}, state.data());
      generator.generator() = Rng(Rng::State{state[0], state[1], state[2]});
    });
  }
  names.require_all_read();
}

}  // namespace pupil
