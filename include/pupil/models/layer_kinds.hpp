#pragma once
// LayerKinds: what the layers of a model are called in its file, and how their options stand there, both ways. The
// kinds that pupil knows are in known_layer_kinds.hpp; a program adds those of its own:
//
//   LayerKinds<float> kinds = known_layer_kinds<float>();
//   kinds.add<MyLayer<float>>("MyLayer");
//
// In a file a layer is {"kind":"Dense","options":{"in_features":3,"out_features":4,"bias":true}}.

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/io/json_reader.hpp>
#include <pupil/models/option_json.hpp>
#include <pupil/nn/any_branches.hpp>
#include <pupil/nn/any_layer.hpp>
#include <pupil/nn/any_sequential.hpp>
#include <pupil/nn/name.hpp>

namespace pupil {

template <class T>
class LayerKinds;

/// What a layer is read with.
template <class T>
struct LayerReading {
  JsonReader& json;
  const LayerKinds<T>& kinds;
  Rng& rng;                ///< what layers draw from
  std::string_view layer;  ///< who errors speak of: `layer 2 (Conv2d)`
  Name name;               ///< where the layer is in the model
};

/// One kind of layer: its name, its type, and how its options are written and read.
template <class T>
struct LayerKind {
  std::string name;
  const char* type;  ///< &detail::type_tag<L>
  /// The options of the layer at this address as JSON; empty where it has none.
  std::function<std::string(const void* layer, const LayerKinds<T>& kinds, const Name& name)> write;
  /// Whether `read` is to find options.
  bool has_options;
  std::function<AnyLayer<T>(const LayerReading<T>& reading)> read;
};

namespace detail {

/// A layer with these options, which throws what the layer throws.
template <class L, class Options>
L layer_of(const Options& options, Rng& rng) {
  if constexpr (std::constructible_from<L, const Options&, Rng&>) {
    return L(options, rng);
  } else {
    return L(options);
  }
}

inline std::string layer_at(const Name& name, std::string_view kind) {
  return message("layer ", name.str(), name == "" ? "(" : " (", kind, ')');
}

}  // namespace detail

/// Kinds by their names and types. Who reads or writes a file is given one.
template <class T>
class LayerKinds {
 public:
  /// Knows what is made of other layers: AnySequential, AnyAdd, AnyConcat and AnyResidual.
  LayerKinds() {
    add_composed<AnySequential<T>>("Sequential");
    add_composed<AnyAdd<T>>("Add");
    add_composed<AnyConcat<T>>("Concat");
    add_composed<AnyResidual<T>>("Residual");
  }

  /// Adds the kind of layers of type L, which are made by L(options), L(options, rng) or L(). A layer with options has
  /// `options()`, and its struct of options has name_options (option_json.hpp). Throws OptionError where the name or
  /// the type is taken.
  template <class L>
  LayerKinds& add(std::string name) {
    if constexpr (requires(const L& layer) { layer.options(); }) {
      using Options = std::remove_cvref_t<decltype(std::declval<const L&>().options())>;
      static_assert(detail::HasOptionNames<Options>,
                    "layer_kinds: the options of this layer have no name_options; see option_json.hpp");
      if constexpr (detail::HasOptionNames<Options>) {
        return add({std::move(name), &detail::type_tag<L>,
                    [](const void* layer, const LayerKinds&, const Name&) {
                      return detail::option_to_json(static_cast<const L*>(layer)->options());
                    },
                    true,
                    [](const LayerReading<T>& reading) -> AnyLayer<T> {
                      auto options = detail::options_to_read<Options>();
                      detail::options_from_json(reading.json, reading.layer, options);
                      return detail::layer_of<L>(options, reading.rng);
                    }});
      }
    } else {
      return add({std::move(name), &detail::type_tag<L>,
                  [](const void*, const LayerKinds&, const Name&) { return std::string(); }, false,
                  [](const LayerReading<T>&) -> AnyLayer<T> { return L(); }});
    }
  }

  /// Adds the kind of layers of type L, which are made of others: L(std::vector<AnyLayer<T>>), with `size()`, `[i]` and
  /// `L::name_of(name, i)`, which says what layer i is called. In a file it has the one option "layers".
  template <class L>
  LayerKinds& add_composed(std::string name) {
    return add({std::move(name), &detail::type_tag<L>,
                [](const void* layer, const LayerKinds& kinds, const Name& at) {
                  const auto& composed = *static_cast<const L*>(layer);
                  std::string text;
                  for (Index i = 0; i < composed.size(); ++i) {
                    const AnyLayer<T>& part = composed[i];
                    text += i == 0 ? "" : ",";
                    text += kinds.to_json(part.type(), part.address(), part.name(), L::name_of(at, i));
                  }
                  return "{\"layers\":[" + text + "]}";
                },
                true,
                [](const LayerReading<T>& reading) -> AnyLayer<T> {
                  std::optional<std::vector<AnyLayer<T>>> layers;
                  reading.json.object([&](const std::string& key) {
                    reading.json.check(key == "layers", reading.layer, ": there is no option ", json_quoted(key));
                    layers.emplace();
                    reading.json.array([&] {
                      const Name at = L::name_of(reading.name, static_cast<Index>(layers->size()));
                      layers->push_back(reading.kinds.from_json(reading.json, reading.rng, at));
                    });
                  });
                  reading.json.check(layers.has_value(), reading.layer, ": the option \"layers\" is missing");
                  return L(std::move(*layers));
                }});
  }

  /// Adds a kind whose layers are written and read in a way of their own.
  LayerKinds& add(LayerKind<T> kind) {
    for (const LayerKind<T>& other : kinds_) {
      require<OptionError>(other.name != kind.name, "layer_kinds: there is a kind ", json_quoted(kind.name),
                           " already");
      require<OptionError>(other.type != kind.type, "layer_kinds: layers of the kind ", json_quoted(kind.name),
                           " are of the kind ", json_quoted(other.name), " already");
    }
    kinds_.push_back(std::move(kind));
    return *this;
  }

  const std::vector<LayerKind<T>>& all() const { return kinds_; }

  /// A layer as JSON, from what stands for its type, its address, its type's name and its place in the model. Throws
  /// OptionError, naming it, for a layer of no kind that is known.
  std::string to_json(const char* type, const void* layer, std::string_view type_name, const Name& name) const {
    const auto kind = std::ranges::find(kinds_, type, &LayerKind<T>::type);
    require<OptionError>(kind != kinds_.end(), "layer_kinds: ", detail::layer_at(name, type_name),
                         " is of no kind that is known, and cannot be written; add its kind");
    const std::string options = kind->write(layer, *this, name);
    return "{\"kind\":" + json_quoted(kind->name) + (options.empty() ? "" : ",\"options\":" + options) + '}';
  }

  /// Reads a layer. Throws FileError, naming it, for a kind that is not known, options that are missing or unknown, and
  /// values that the layer does not take.
  AnyLayer<T> from_json(JsonReader& json, Rng& rng, const Name& name) const {
    const LayerKind<T>& kind = next_kind(json, name);
    const std::string layer = detail::layer_at(name, kind.name);
    std::optional<AnyLayer<T>> read;
    const auto make = [&] {
      try {
        read.emplace(kind.read({json, *this, rng, layer, name}));
      } catch (const OptionError& error) {
        json.check(false, layer, ": ", error.what());
      }
    };
    json.object([&](const std::string& key) {
      if (key == "kind") return static_cast<void>(json.string());
      json.check(key == "options" && kind.has_options, layer, ": there is no place for ", json_quoted(key));
      make();
    });
    if (!kind.has_options) make();
    json.check(read.has_value(), layer, ": its options are missing");
    return std::move(*read);
  }

 private:
  /// The kind of the layer that comes next, which is not read yet: its name may stand behind its options.
  const LayerKind<T>& next_kind(JsonReader ahead, const Name& name) const {
    std::optional<std::string> stated;
    JsonReader json = ahead;
    ahead.object([&](const std::string& key) {
      if (key == "kind") {
        stated = ahead.string();
      } else {
        ahead.skip_value();
      }
    });
    json.check(stated.has_value(), "layer ", name.str(), ": its kind is missing");
    const auto kind = std::ranges::find(kinds_, *stated, &LayerKind<T>::name);
    json.check(kind != kinds_.end(), "layer ", name.str(), ": there is no kind of layer ", json_quoted(*stated));
    return *kind;
  }

  std::vector<LayerKind<T>> kinds_;
};

}  // namespace pupil
