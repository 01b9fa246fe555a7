#pragma once
// Models in safetensors files: parameters, buffers and random generators under the names that `visit` gives them,
// behind a prefix.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

/// How parameters lie in a file. bf16 is the nearest that half the bytes can hold, with 8 bits of significand: enough
/// to use a model, not to go on training it.
enum class ParameterPrecision { fp32, bf16 };

/// Collects models for one file. What was added must stay as it is until `write`.
class CheckpointWriter {
 public:
  /// A scalar other than float is stored as it is at any precision.
  explicit CheckpointWriter(ParameterPrecision precision = ParameterPrecision::fp32) : precision_(precision) {}

  /// Adds a model's parameters and buffers under `prefix` + name; generators too where `with_generators`. Buffers are
  /// few, and stay as they are at any precision.
  template <class Model>
  void add(const std::string& prefix, Model& model, bool with_generators = true) {
    for_each_parameter(model, [&](const Name& name, auto& p) { add_parameter(prefix + name.str(), p.value); });
    for_each_buffer(model, [&](const Name& name, auto& buffer) { tensors_.add(prefix + name.str(), buffer); });
    if (!with_generators) return;
    for_each_generator(model, [&](const Name& name, Rng& rng) {
      const Rng::State& state = rng.state();
      const auto& stored = generators_.emplace_back(std::array{state.seed, state.stream, state.position});
      tensors_.add(prefix + name.str(), std::array<Index, 1>{3}, stored.data());
    });
  }

  /// Single tensors and texts besides.
  SafetensorsWriter& tensors() { return tensors_; }

  /// Writes the file, all of it or nothing. Throws FileError, and the old file stays.
  void write(const std::filesystem::path& path) const { tensors_.write(path); }

 private:
  template <class T, std::size_t Rank>
  void add_parameter(const std::string& name, const Tensor<T, Rank>& value) {
    if constexpr (std::is_same_v<T, float>) {
      if (precision_ == ParameterPrecision::bf16) return add_rounded(name, value);
    }
    tensors_.add(name, value);
  }

  template <std::size_t Rank>
  void add_rounded(const std::string& name, const Tensor<float, Rank>& value) {
    auto& rounded = rounded_.emplace_back(Tensor<std::uint16_t, 1>::uninitialized({value.size()}));
    std::ranges::transform(value, rounded.begin(), float_to_bfloat16);
    tensors_.add(name, Dtype::BF16, value.shape().dims, reinterpret_cast<const std::byte*>(rounded.data()));
  }

  ParameterPrecision precision_;
  SafetensorsWriter tensors_;
  std::deque<Tensor<std::uint16_t, 1>> rounded_;         // stay where they are as others come
  std::deque<std::array<std::uint64_t, 3>> generators_;  // stay where they are as others come
};

/// Fills a model from what CheckpointWriter::add wrote under `prefix`. Throws FileError, naming the tensor, where one
/// is missing, has another shape, or is left over; the model is then partly filled.
template <class Model>
void read_model(const SafetensorsFile& file, const std::string& prefix, Model& model, bool with_generators = true) {
  std::set<std::string> expected;
  const auto read = [&](const Name& name, auto& tensor) {
    const std::string full_name = prefix + name.str();
    file.read_into(full_name, tensor.shape().dims, tensor.data());
    expected.insert(full_name);
  };
  for_each_parameter(model, [&](const Name& name, auto& parameter) { read(name, parameter.value); });
  for_each_buffer(model, read);
  for_each_generator(model, [&](const Name& name, Rng& rng) {
    const std::string full_name = prefix + name.str();
    if (!with_generators) return;
    std::array<std::uint64_t, 3> state{};
    file.read_into(full_name, std::array<Index, 1>{3}, state.data());
    rng = Rng(Rng::State{state[0], state[1], state[2]});
    expected.insert(full_name);
  });
  for (const std::string& name : file.names()) {
    file.require_tensor(!name.starts_with(prefix) || expected.contains(name), name, "has no place in this model");
  }
}

}  // namespace pupil
