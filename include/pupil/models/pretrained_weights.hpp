#pragma once
// PretrainedWeights: a safetensors file with the weights of an image network, and of its classifier perhaps, as
// torchvision, timm or Hugging Face name them, behind any prefix.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/hash.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict_items.hpp>
#include <pupil/models/image_classifier.hpp>
#include <pupil/models/image_network.hpp>
#include <pupil/models/preprocessing.hpp>
#include <pupil/models/pretrained_architecture.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

/// Every error is a FileError that begins with the path and names the tensor, with both shapes where they differ.
class PretrainedWeights {
 public:
  /// Throws FileError where the file is no sound safetensors file, holds no architecture that is known, or one that is
  /// wider than it, or has metadata that make no sense.
  explicit PretrainedWeights(const std::filesystem::path& path)
      : file_(path),
        layout_(stated_layout(file_).value_or(ParameterLayout::channels_first)),
        architecture_(detail::recognize_architecture(file_)),
        width_(read_width()),
        preprocessing_(read_preprocessing(file_, architecture_.preprocessing)) {}

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

  /// The tensors that are no part of the network or its classifier, and that loading leaves out: those outside of the
  /// prefix that the network's names have, copies that a trainer keeps (averages, a teacher), single numbers, and what
  /// belongs to training, such as an optimizer's state or a projection head.
  std::vector<std::string> ignored() const;

  /// How many classes the classifier has; 0 where the file has none. Throws FileError for one that cannot be.
  Index classes() const;

  /// Fills a network. A classifier is not asked for, and left out; the number of batches that statistics come from may
  /// be absent, and of any type. Throws FileError where a tensor is missing, is left over and not ignored(), or has
  /// another shape, or where the network is of another architecture; the network is then partly filled.
  template <class T>
  void load(ImageNetwork<T>& network) const {
    load(network, network.options(), architecture_.stored_classifier + ".");
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
    if (module == architecture_.classifier) return {architecture_.stored_classifier};
    const auto found = architecture_.modules.find(module);
    detail::StoredModule result = found == architecture_.modules.end() ? detail::StoredModule{module} : found->second;
    result.name = architecture_.prefix + result.name;
    return result;
  }

  /// The tensor of torchvision's name, in the file.
  detail::StoredModule stored_tensor(const std::string& name) const {
    const std::size_t dot = std::min(name.rfind('.'), name.size());
    detail::StoredModule tensor = stored(name.substr(0, dot));
    tensor.name += name.substr(dot);
    return tensor;
  }

  /// Whether a tensor that the network does not have is none of those that it misses; see ignored().
  bool is_ignored(const std::string& name) const;

  /// Tensors whose names begin with `unasked` may be left over, if that is not empty.
  void load(const ModelRef& model, const ImageNetworkOptions& options, const std::string& unasked) const;

  void read_buffer(const std::string& name, const ModelItem& buffer) const;

  void read_parameter(const detail::StoredModule& tensor, const ModelItem& parameter) const;

  void require_tensor_of_shape(const std::string& name, std::span<const Index> shape) const {
    file_.require_tensor(file_.contains(name), name, "is missing, expected the shape ", format_extents(shape));
  }

  SafetensorsFile file_;
  ParameterLayout layout_;
  detail::StoredArchitecture architecture_;
  Index width_;
  Preprocessing preprocessing_;
};

// A network is never made wider than the architecture's own, so that a damaged shape asks for no more memory than that.
inline Index PretrainedWeights::read_width() const {
  const Shape<4>& own = architecture_.first_shape;
  const std::string name = stored(architecture_.first).name + ".weight";
  require_tensor_of_shape(name, own.dims);
  std::vector<Index> shape = file_.info(name).shape;
  const bool has_rank = shape.size() == 4;
  if (has_rank && layout_ == ParameterLayout::channels_last)
    std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  const bool fits = has_rank && shape[0] >= 1 && std::equal(shape.begin() + 1, shape.end(), own.begin() + 1);
  file_.require_tensor(fits && shape[0] <= own[0], name, "has the shape ", format_extents(shape), ", expected ", own,
                       fits ? message(": a wider ", architecture_.name, " than the usual one is not read") : "");
  return shape[0];
}

inline Index PretrainedWeights::classes() const {
  const std::string name = architecture_.stored_classifier + ".weight";
  if (!file_.contains(name)) return 0;
  const std::vector<Index>& shape = file_.info(name).shape;
  constexpr Index most_classes = 1 << 16;
  file_.require_tensor(shape.size() == 2 && shape[0] >= 1 && shape[0] <= most_classes, name, "has the shape ",
                       format_extents(shape), ", expected two dimensions and 1 to ", most_classes, " classes");
  return shape[0];
}

inline bool PretrainedWeights::is_ignored(const std::string& name) const {
  const std::string& prefix = architecture_.prefix;
  if (name.starts_with(architecture_.stored_classifier + ".")) return false;
  const auto is_copy = [&](const std::string& copy) { return name.starts_with(copy); };
  if (!name.starts_with(prefix) || std::ranges::any_of(architecture_.copies, is_copy)) return true;
  const std::string_view own = std::string_view(name).substr(prefix.size());
  const std::string_view module = own.substr(0, own.find('.'));
  if (module.size() == own.size()) return file_.info(name).size() <= 1;  // a number beside the modules
  constexpr std::array<std::string_view, 16> of_training{
      "optimizer",        "optim",         "scheduler", "lr_scheduler", "scaler",          "criterion", "loss",
      "loss_fn",          "ema",           "model_ema", "projector",    "projection_head", "predictor", "prototypes",
      "contrastive_head", "aux_classifier"};
  return std::ranges::find(of_training, module) != of_training.end();
}

inline std::vector<std::string> PretrainedWeights::ignored() const {
  std::vector<std::string> names = file_.names();
  std::erase_if(names, [&](const std::string& name) { return !is_ignored(name); });
  return names;
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

inline void PretrainedWeights::load(const ModelRef& model, const ImageNetworkOptions& options,
                                    const std::string& unasked) const {
  require<FileError>(options.architecture == architecture_.name, file_.path().string(), ": holds weights of ",
                     architecture_.name, ", not of ", options.architecture);
  std::set<std::string> expected;
  model.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
    const detail::StoredModule tensor = stored_tensor(name.str());
    read_parameter(tensor, parameter);
    expected.insert(tensor.name);
  });
  model.for_each(ItemKind::buffer, [&](const Name& name, const ModelItem& buffer) {
    const std::string stored_name = stored_tensor(name.str()).name;
    expected.insert(stored_name);
    read_buffer(stored_name, buffer);
  });
  for (const std::string& name : file_.names()) {
    const bool known = expected.contains(name) || (!unasked.empty() && name.starts_with(unasked)) || is_ignored(name);
    file_.require_tensor(known, name, "of the shape ", format_extents(file_.info(name).shape), " has no place in ",
                         architecture_.name);
  }
  file_.release_pages();
}

inline void PretrainedWeights::read_buffer(const std::string& name, const ModelItem& buffer) const {
  if (buffer.holds<std::int64_t>()) {
    if (file_.contains(name)) file_.read_counts_into(name, buffer.shape(), buffer.values<std::int64_t>().data());
    return;
  }
  require_tensor_of_shape(name, buffer.shape());
  detail::read_item(file_, name, buffer);
  if (!name.ends_with(".running_var")) return;
  // The network's norms add their own epsilon to the variance.
  detail::with_floats(buffer, [&]<class T>(const std::span<T>& variances) {
    const auto difference = static_cast<T>(architecture_.norm_epsilon - BatchNormOptions().epsilon);
    for (T& variance : variances) variance = static_cast<T>(variance + difference);
  });
}

inline void PretrainedWeights::read_parameter(const detail::StoredModule& tensor, const ModelItem& parameter) const {
  const std::span<const Index> shape = parameter.shape();
  if (tensor.kernel == 0 || shape.size() != 2) {
    if (layout_ == ParameterLayout::channels_last) {
      require_tensor_of_shape(tensor.name, shape);
    } else {
      require_tensor_of_shape(tensor.name, detail::pytorch_shape(shape));
    }
    return pupil::read_parameter(file_, layout_, tensor.name, parameter);
  }
  const Index kernel = tensor.kernel;
  const std::vector<Index> expected{shape[0], shape[1] / (kernel * kernel), kernel, kernel};
  require_tensor_of_shape(tensor.name, expected);
  file_.require_tensor(kernel == 1 || layout_ == ParameterLayout::channels_first, tensor.name,
                       "has its channels last, as dense layers that are convolutions are not read");
  // The same numbers in the same order.
  file_.read_into(tensor.name, expected, detail::dtype_of_item(parameter, tensor.name), parameter.bytes().data());
}

}  // namespace pupil
