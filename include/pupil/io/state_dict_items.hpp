#pragma once
// The numbers of a model's parameters and buffers, to and from files.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil::detail {

/// What the item's numbers are in a file. Throws OptionError, naming the item, where no file holds such numbers.
inline Dtype dtype_of_item(const ConstModelItem& item, const std::string& name) {
  std::optional<Dtype> dtype;
  const auto try_types = [&]<class... T>(T...) { ((item.holds<T>() ? dtype = dtype_of<T>() : dtype), ...); };
  try_types(float{}, double{}, std::int64_t{}, std::uint64_t{}, std::int32_t{}, std::uint32_t{}, std::int16_t{},
            std::uint16_t{}, std::int8_t{}, std::uint8_t{});
  require<OptionError>(dtype.has_value(), name, ": numbers of its type cannot stand in a file");
  return *dtype;
}

/// Adds the item's numbers to what is to be written.
inline void add_item(SafetensorsWriter& writer, const std::string& name, const ConstModelItem& item) {
  writer.add(name, dtype_of_item(item, name), item.shape(), item.bytes().data());
}

/// Fills the item from the tensor of this name, as SafetensorsFile::read_into.
inline void read_item(const SafetensorsFile& file, const std::string& name, const ModelItem& item) {
  file.read_into(name, item.shape(), dtype_of_item(item, name), item.bytes().data());
}

/// Calls `use(numbers)` with the numbers of a parameter, or of a buffer of floats or doubles, as a span; of const
/// numbers where the item is a ConstModelItem.
template <class Item, class Use>
void with_floats(const Item& item, const Use& use) {
  if (item.template holds<float>()) {
    use(item.template values<float>());
  } else if (item.template holds<double>()) {
    use(item.template values<double>());
  }
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
  detail::with_floats(parameter, [&]<class T>(const std::span<T>& numbers) {
    auto stored = Tensor<T, 1>::uninitialized({parameter.size()});
    file.read_into(name, detail::pytorch_shape(parameter.shape()), stored.data());
    detail::for_each_pytorch_element(parameter.shape(),
                                     [&](Index i, Index j) { numbers[static_cast<std::size_t>(i)] = stored[j]; });
  });
}
/// Reads one parameter of a file, whichever layout it has.
template <class T, std::size_t Rank>
void read_parameter(const SafetensorsFile& file, ParameterLayout layout, const std::string& name,
                    Tensor<T, Rank>& parameter) {
  read_parameter(file, layout, name, ModelItem(parameter));
}

}  // namespace pupil
