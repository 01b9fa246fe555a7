#pragma once
// The numbers of a model's parameters and buffers, to and from files.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil::detail {

/// Calls `use(numbers)` with the numbers of a parameter or a buffer, a span of what they are. Throws OptionError,
/// naming the item, where no file holds such numbers.
template <class Use>
void with_numbers(const ModelItem& item, const std::string& name, const Use& use) {
  const auto used_as = [&]<class T>(T) {
    if (item.holds<T>()) use(item.values<T>());
    return item.holds<T>();
  };
  const auto any_of = [&](auto... zeros) { return (used_as(zeros) || ...); };
  const bool is_used = any_of(float{}, double{}, std::int64_t{}, std::uint64_t{}, std::int32_t{}, std::uint32_t{},
                              std::int16_t{}, std::uint16_t{}, std::int8_t{}, std::uint8_t{});
  require<OptionError>(is_used, name, ": numbers of its type cannot stand in a file");
}

/// Adds the item's numbers to what is to be written.
inline void add_item(SafetensorsWriter& writer, const std::string& name, const ModelItem& item) {
  with_numbers(item, name, [&](const auto& numbers) { writer.add(name, item.shape(), numbers.data()); });
}

/// Fills the item from the tensor of this name, as SafetensorsFile::read_into.
inline void read_item(const SafetensorsFile& file, const std::string& name, const ModelItem& item) {
  with_numbers(item, name, [&](const auto& numbers) { file.read_into(name, item.shape(), numbers.data()); });
}

}  // namespace pupil::detail

namespace pupil {

/// Fills a parameter from a tensor that lies in the file like this. Throws FileError, naming the tensor and both
/// shapes, where it is missing or has another shape.
inline void read_parameter(const SafetensorsFile& file, ParameterLayout layout, const std::string& name,
                           const ModelItem& parameter) {
  if (parameter.shape().size() < 3 || layout == ParameterLayout::channels_last) {
    return detail::read_item(file, name, parameter);
  }
  detail::with_numbers(parameter, name, [&]<class T>(const std::span<T>& numbers) {
    auto stored = Tensor<T, 1>::uninitialized({parameter.size()});
    file.read_into(name, detail::pytorch_shape(parameter.shape()), stored.data());
    detail::for_each_pytorch_element(parameter.shape(),
                                     [&](Index i, Index j) { numbers[static_cast<std::size_t>(i)] = stored[j]; });
  });
}
template <class T, std::size_t Rank>
void read_parameter(const SafetensorsFile& file, ParameterLayout layout, const std::string& name,
                    Tensor<T, Rank>& parameter) {
  read_parameter(file, layout, name, ModelItem(parameter));
}

}  // namespace pupil
