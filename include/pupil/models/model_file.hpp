#pragma once
// A model in one file, what it is made of as well as its weights: a safetensors file that is the model's state dict and
// has, in its metadata under "pupil_model", its layers and their options as JSON (layer_kinds.hpp).
//
//   save_model("net.safetensors", net);  // an AnySequential<float>
//   auto same = load_model<float>("net.safetensors");
//
// The state of generators (dropout's) is no part of it: to go on with a training bit for bit, keep a checkpoint
// (io/checkpoint.hpp).

#include <filesystem>
#include <string>
#include <utility>

#include <pupil/core/random.hpp>
#include <pupil/io/json_reader.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/models/known_layer_kinds.hpp>
#include <pupil/models/layer_kinds.hpp>
#include <pupil/nn/any_layer.hpp>
#include <pupil/nn/any_sequential.hpp>
#include <pupil/nn/name.hpp>

namespace pupil {

namespace detail {

inline constexpr const char* model_key = "pupil_model";

}  // namespace detail

/// Writes the model, all or nothing. A Sequential of types that the compiler knows is written as AnySequential<T>(net).
/// Throws OptionError, naming the layer, where it is of no kind that is known; FileError where the file cannot be
/// written.
template <class T>
void save_model(const std::filesystem::path& path, const AnyLayer<T>& model,
                const LayerKinds<T>& kinds = known_layer_kinds<T>()) {
  const std::string layers = kinds.to_json(model.type(), model.address(), model.name(), Name());
  save_state_dict(path, model, {{detail::model_key, layers}});
}
/// The same for layers in a sequence.
template <class T>
void save_model(const std::filesystem::path& path, const AnySequential<T>& model,
                const LayerKinds<T>& kinds = known_layer_kinds<T>()) {
  const std::string layers =
      kinds.to_json(&detail::type_tag<AnySequential<T>>, &model, type_name<AnySequential<T>>(), Name());
  save_state_dict(path, model, {{detail::model_key, layers}});
}

/// The model in a file. Throws FileError, naming it, where the file does not say what the model is made of, for a kind
/// of layer that is not known, an option that is missing, not known or out of its range, and for weights that are
/// missing, left over, or of another shape.
template <class T>
AnyLayer<T> load_model(const std::filesystem::path& path, const LayerKinds<T>& kinds = known_layer_kinds<T>()) {
  const SafetensorsFile file(path);
  JsonReader json(file.metadata(detail::model_key), path.string(), "the model");
  Rng rng = Rng(0).leaving_weights();
  AnyLayer<T> model = kinds.from_json(json, rng, Name());
  json.end();
  load_state_dict(file, model);
  return model;
}

}  // namespace pupil
