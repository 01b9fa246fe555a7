#pragma once
// PretrainedWeights: a safetensors file with the weights of an image network, and of its classifier perhaps, as
// torchvision or timm name them.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/data/hash.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/models/image_classifier.hpp>
#include <pupil/models/image_network.hpp>
#include <pupil/models/preprocessing.hpp>
#include <pupil/models/pretrained_names.hpp>

namespace pupil {

/// Every error is a FileError that begins with the path and names the tensor, with both shapes where they differ.
class PretrainedWeights {
 public:
  /// Throws FileError where the file is no sound safetensors file, holds no architecture that is known, or one that is
  /// wider than it, or has metadata that make no sense.
  explicit PretrainedWeights(const std::filesystem::path& path)
      : file_(path),
        architecture_(detail::recognize_architecture(file_)),
        width_(read_width()),
        preprocessing_(read_preprocessing(file_)) {}

  const std::filesystem::path& path() const noexcept { return file_.path(); }

  /// One of image_architectures.
  const std::string& architecture() const noexcept { return architecture_.name; }

  const Preprocessing& preprocessing() const noexcept { return preprocessing_; }

  /// The network that these weights are for.
  ImageNetworkOptions network_options() const {
    return {.architecture = architecture_.name,
            .image_size = preprocessing_.image_size,
            .width = width_,
            .same_padding = preprocessing_.same_padding};
  }

  /// How many classes the classifier has; 0 where the file has none. Throws FileError for one that cannot be.
  Index classes() const;

  /// Fills a network. A classifier is not asked for, and ignored; the number of batches that statistics come from may
  /// be absent. Throws FileError where a tensor is missing, is left over, or has another shape, or where the network is
  /// of another architecture; the network is then partly filled.
  template <class T>
  void load(ImageNetwork<T>& network) const {
    load(network, network.options(), stored(architecture_.classifier).name + ".");
  }

  /// The same, with the classifier.
  template <class T>
  void load(ImageClassifier<T>& classifier) const {
    load(classifier, classifier.network().options(), {});
  }

  /// 16 digits that two files share only if they hold the same, metadata included. Reads the whole file.
  std::string fingerprint() const;

 private:
  Index read_width() const;

  /// The module of torchvision's name, in the file.
  detail::StoredModule stored(const std::string& module) const {
    const auto found = architecture_.modules.find(module);
    return found == architecture_.modules.end() ? detail::StoredModule{module} : found->second;
  }

  /// The tensor of torchvision's name, in the file.
  detail::StoredModule stored_tensor(const std::string& name) const {
    const std::size_t dot = std::min(name.rfind('.'), name.size());
    detail::StoredModule tensor = stored(name.substr(0, dot));
    tensor.name += name.substr(dot);
    return tensor;
  }

  /// Tensors whose names begin with `ignored` may be left over, if that is not empty.
  template <class Model>
  void load(Model& model, const ImageNetworkOptions& options, const std::string& ignored) const;

  template <class T, std::size_t Rank>
  void read_parameter(const detail::StoredModule& tensor, Tensor<T, Rank>& parameter) const;

  void require_tensor_of_shape(const std::string& name, std::span<const Index> shape) const {
    file_.require_tensor(file_.contains(name), name, "is missing, expected the shape ", format_extents(shape));
  }

  SafetensorsFile file_;
  detail::StoredArchitecture architecture_;
  Index width_;
  Preprocessing preprocessing_;
};

// A network is never made wider than the architecture's own, so that a damaged shape asks for no more memory than that.
inline Index PretrainedWeights::read_width() const {
  const Shape<4>& own = architecture_.first_shape;
  require_tensor_of_shape(architecture_.first, own.dims);
  const std::vector<Index>& shape = file_.info(architecture_.first).shape;
  const bool narrow = shape.size() == 4 && shape[0] >= 1 && shape[0] <= own[0];
  file_.require_tensor(narrow && std::equal(shape.begin() + 1, shape.end(), own.begin() + 1), architecture_.first,
                       "has the shape ", format_extents(shape), ", expected ", own);
  return shape[0];
}

inline Index PretrainedWeights::classes() const {
  const std::string name = stored(architecture_.classifier).name + ".weight";
  if (!file_.contains(name)) return 0;
  const std::vector<Index>& shape = file_.info(name).shape;
  constexpr Index most_classes = 1 << 16;
  file_.require_tensor(shape.size() == 2 && shape[0] >= 1 && shape[0] <= most_classes, name, "has the shape ",
                       format_extents(shape), ", expected two dimensions and 1 to ", most_classes, " classes");
  return shape[0];
}

inline std::string PretrainedWeights::fingerprint() const {
  std::uint64_t hash = empty_hash;
  const auto add = [&](std::string_view text) { hash = hash_bytes(text, hash_number(text.size(), hash)); };
  for (const auto& [key, text] : file_.metadata()) add(key), add(text);
  for (const std::string& name : file_.names()) {
    const TensorInfo& info = file_.info(name);
    const std::span<const std::byte> bytes = file_.raw(name);
    add(name), add(message(info.dtype, format_extents(info.shape)));
    add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  file_.release_pages();
  return hash_digits(hash);
}

template <class Model>
void PretrainedWeights::load(Model& model, const ImageNetworkOptions& options, const std::string& ignored) const {
  require<FileError>(options.architecture == architecture_.name, file_.path().string(), ": holds weights of ",
                     architecture_.name, ", not of ", options.architecture);
  std::set<std::string> expected;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    const detail::StoredModule tensor = stored_tensor(name.str());
    read_parameter(tensor, parameter.value);
    expected.insert(tensor.name);
  });
  for_each_buffer(model, [&](const Name& name, auto& buffer) {
    const std::string stored_name = stored_tensor(name.str()).name;
    expected.insert(stored_name);
    if (std::is_integral_v<std::remove_cvref_t<decltype(buffer[0])>> && !file_.contains(stored_name)) return;
    require_tensor_of_shape(stored_name, buffer.shape().dims);
    file_.read_into(stored_name, buffer.shape(), buffer.data());
  });
  for (const std::string& name : file_.names()) {
    const bool known = expected.contains(name) || (!ignored.empty() && name.starts_with(ignored));
    file_.require_tensor(known, name, "of the shape ", format_extents(file_.info(name).shape), " has no place in ",
                         architecture_.name);
  }
  file_.release_pages();
}

template <class T, std::size_t Rank>
void PretrainedWeights::read_parameter(const detail::StoredModule& tensor, Tensor<T, Rank>& parameter) const {
  const Shape<Rank> shape = detail::pytorch_shape(parameter.shape());
  std::vector<Index> expected(shape.begin(), shape.end());
  if (tensor.kernel > 0 && Rank == 2) {
    const Index kernel = tensor.kernel;
    expected = {shape[0], shape[1] / (kernel * kernel), kernel, kernel};
  }
  require_tensor_of_shape(tensor.name, expected);
  if constexpr (Rank >= 3) {
    read_parameter(file_, ParameterLayout::channels_first, tensor.name, parameter);
  } else {
    file_.read_into(tensor.name, expected, parameter.data());  // the same numbers in the same order
  }
}

}  // namespace pupil
