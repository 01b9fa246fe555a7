#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/model_file.hpp>

#include "../nn/every_layer.hpp"
#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer that a program has of its own, and its options.
struct ShiftOptions {
  double by = 0;
};
void name_options(const ShiftOptions*, const auto& option) { option("by", &ShiftOptions::by); }

class Shift {
 public:
  struct Context {};
  explicit Shift(const ShiftOptions& options) : options_(options) {
    require<OptionError>(options.by >= 0, "shift: by ", options.by, " is negative");
  }
  Tensor<float, 2> forward(Tensor<float, 2> x) const {
    x.array() += static_cast<float>(options_.by);
    return x;
  }
  Tensor<float, 2> forward(Tensor<float, 2> x, Context&) const { return forward(std::move(x)); }
  Tensor<float, 2> backward(Tensor<float, 2> dy, const Context&) const { return dy; }
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}
  const ShiftOptions& options() const { return options_; }

 private:
  ShiftOptions options_;
};

struct TwiceShiftOptions : ShiftOptions {
  Index times = 1;
};
static_assert(!pupil::detail::HasOptionNames<TwiceShiftOptions>, "its own option would be lost");

struct NamedShiftOptions : ShiftOptions {
  Index times = 1;
};
void name_options(const NamedShiftOptions*, const auto& option) {
  option("by", &NamedShiftOptions::by);
  option("times", &NamedShiftOptions::times);
}

class OtherShift : public Shift {
 public:
  using Shift::Shift;
};

/// A file of a model that consists of this JSON, without weights.
std::filesystem::path written_model(const TemporaryFolder& folder, const std::string& json) {
  SafetensorsWriter writer;
  writer.set_metadata("pupil_model", json);
  const auto path = folder / "written.safetensors";
  writer.write(path);
  return path;
}

/// Whether the type of a layer holds the layers that it joins: a file has them as AnySequential does.
template <class Layer>
constexpr bool joins_layers = false;
template <class Inner, class Shortcut>
constexpr bool joins_layers<Residual<Inner, Shortcut>> = true;
template <class... Layers>
constexpr bool joins_layers<Add<Layers...>> = true;
template <class... Layers>
constexpr bool joins_layers<Concat<Layers...>> = true;

template <class Layer>
AnyLayer<float> as_in_a_file(const Layer& layer) {
  if constexpr (joins_layers<Layer>) {
    return AnySequential<float>(Sequential<Layer>(layer));
  } else {
    return layer;
  }
}

/// What load_model says of this JSON, without the file's name and the position.
std::string model_error(const std::string& json) {
  const TemporaryFolder folder;
  const auto path = written_model(folder, json);
  std::string error = error_of<FileError>([&] { load_model<float>(path); });
  REQUIRE(error.starts_with(path.string() + ": "));
  error = error.substr(path.string().size() + 2);
  return error.substr(0, error.rfind(", at byte "));
}

std::string json_of_model(const std::filesystem::path& path) { return SafetensorsFile(path).metadata("pupil_model"); }

}  // namespace

TEST_CASE("every layer of one tensor comes back from a file, with its options and its weights") {
  const TemporaryFolder folder;
  int layers = 0;
  for_each_layer([&]<class Layer, class X>(const char* name, const Layer& layer, const X& x) {
    if constexpr (pupil::detail::is_tensor<X> && pupil::detail::TakesTensor<Layer, X> &&
                  !pupil::detail::is_sequential<Layer>) {
      CAPTURE(name);
      ++layers;
      const AnyLayer<float> any = as_in_a_file(layer);
      save_model(folder / "layer", any);
      const AnyLayer<float> loaded = load_model<float>(folder / "layer");
      CHECK(loaded.name() == any.name());
      CHECK(loaded.forward(x) == any.forward(x));
      save_model(folder / "again", loaded);
      CHECK(json_of_model(folder / "again") == json_of_model(folder / "layer"));
    }
  });
  CHECK(layers >= 30);
}

TEST_CASE("a model made at run time comes back from a file, and its file is a state dict") {
  const TemporaryFolder folder;
  Rng rng(1);
  AnySequential<float> net;
  net.add(Conv2d<float>({.in_channels = 1, .out_channels = 2, .kernel_size = 3, .padding = {1, 0, 1, 0}}, rng));
  net.add(AnySequential<float>().add(BatchNorm2d<float>({.num_features = 2})).add(Relu<float>()));
  net.add(Flatten<float>({.channels_first = true})).add(Dense<float>({.in_features = 32, .out_features = 3}, rng));
  save_model(folder / "net", net);
  CHECK(json_of_model(folder / "net") ==
        R"({"kind":"Sequential","options":{"layers":[)"
        R"({"kind":"Conv2d","options":{"in_channels":1,"out_channels":2,"kernel_size":[3,3],"stride":[1,1],)"
        R"("padding":[1,0,1,0],"dilation":[1,1],"groups":1,"bias":true}},)"
        R"({"kind":"Sequential","options":{"layers":[{"kind":"BatchNorm2d","options":{"num_features":2,)"
        R"("epsilon":1e-05,"momentum":0.1,"frozen_statistics":false}},{"kind":"Relu"}]}},)"
        R"({"kind":"Flatten","options":{"channels_first":true}},)"
        R"({"kind":"Dense","options":{"in_features":32,"out_features":3,"bias":true}}]}})");
  const auto x = random_tensor<float>(Shape{2, 5, 5, 1}, rng);
  const AnyLayer<float> loaded = load_model<float>(folder / "net");
  CHECK(loaded.forward(x) == net.forward(x));
  REQUIRE(loaded.as<AnySequential<float>>() != nullptr);
  CHECK(loaded.as<AnySequential<float>>()->size() == 4);
  for_each_parameter(net, [](const Name&, auto& p) { p.value.fill(0); });
  CHECK(load_state_dict(folder / "net", net).empty());
  CHECK(loaded.forward(x) == net.forward(x));
}

TEST_CASE("a Sequential is written as an AnySequential") {
  const TemporaryFolder folder;
  Rng rng(2);
  const Sequential net{Dense<float>({.in_features = 2, .out_features = 2}, rng), Tanh<float>()};
  save_model(folder / "net", AnySequential<float>(Sequential<Dense<float>, Tanh<float>>(net)));
  const Tensor<float, 2> x({1, 2}, {1, 2});
  CHECK(load_model<float>(folder / "net").forward(x).get<2>() == net.forward(x));
}

TEST_CASE("layers that join others are written with their branches") {
  const TemporaryFolder folder;
  Rng rng(4);
  const Dense<float> dense({.in_features = 2, .out_features = 2}, rng);
  AnySequential<float> net(Sequential{Residual{Sequential{dense, Tanh<float>()}}, Add{Identity(), Relu<float>()},
                                      Concat{Identity(), Tanh<float>()}});
  save_model(folder / "net", net);
  const std::string dense_json = R"({"kind":"Dense","options":{"in_features":2,"out_features":2,"bias":true}})";
  const std::string inner = R"({"kind":"Sequential","options":{"layers":[)" + dense_json + R"(,{"kind":"Tanh"}]}})";
  CHECK(json_of_model(folder / "net") ==
        R"({"kind":"Sequential","options":{"layers":[{"kind":"Residual","options":{"layers":[)" + inner +
            R"(,{"kind":"Identity"}]}},{"kind":"Add","options":{"layers":[{"kind":"Identity"},{"kind":"Relu"}]}},)"
            R"({"kind":"Concat","options":{"layers":[{"kind":"Identity"},{"kind":"Tanh"}]}}]}})");
  const Tensor<float, 2> x({1, 2}, {1, -2});
  CHECK(load_model<float>(folder / "net").forward(x) == net.forward(x));
}

TEST_CASE("a network that reads a sequence to its last step comes back from a file") {
  const TemporaryFolder folder;
  Rng rng(5);
  AnySequential<float> net(Sequential{Lstm<float>({.input_size = 2, .hidden_size = 3}, rng), LastStep<float>(),
                                      Dense<float>({.in_features = 3, .out_features = 2}, rng)});
  save_model(folder / "net", net);
  const auto x = random_tensor<float>(Shape{4, 2, 2}, rng);
  CHECK(load_model<float>(folder / "net").forward(x) == net.forward(x));
}

TEST_CASE("a program adds kinds of layers of its own") {
  const TemporaryFolder folder;
  LayerKinds<float> kinds = known_layer_kinds<float>();
  kinds.add<Shift>("Shift");
  AnySequential<float> net;
  net.add(Relu<float>()).add(Shift({.by = 0.1}));
  save_model(folder / "net", net, kinds);
  const Tensor<float, 2> x({1, 2}, {-1, 2});
  CHECK(load_model<float>(folder / "net", kinds).forward(x) == net.forward(x));
  CHECK(contains(error_of<FileError>([&] { load_model<float>(folder / "net"); }),
                 ": layer 1: there is no kind of layer \"Shift\""));
  CHECK_THROWS_WITH_AS(save_model(folder / "other", net),
                       "layer_kinds: layer 1 (Shift) is of no kind that is known, and cannot be written; add its kind",
                       OptionError);
  CHECK_FALSE(std::filesystem::exists(folder / "other"));
  CHECK_THROWS_WITH_AS(kinds.add<OtherShift>("Shift"), "layer_kinds: there is a kind \"Shift\" already", OptionError);
  CHECK_THROWS_WITH_AS(kinds.add<Shift>("Move"),
                       "layer_kinds: layers of the kind \"Move\" are of the kind \"Shift\" already", OptionError);
}

TEST_CASE("a file of a model names kinds and options that are wrong") {
  CHECK(model_error(R"({"kind":"Conv3d"})") == "layer : there is no kind of layer \"Conv3d\"");
  CHECK(model_error(R"({"kind":"Sequential","options":{"layers":[{"kind":"Relu"},{"kind":"Rleu"}]}})") ==
        "layer 1: there is no kind of layer \"Rleu\"");
  CHECK(model_error(R"({"kind":"Sequential","options":{"layers":[{"options":{}}]}})") ==
        "layer 0: its kind is missing");
  CHECK(model_error(R"({"kind":"Sequential","options":{"layers":[{"kind":"Elu"}]}})") ==
        "layer 0 (Elu): its options are missing");
  CHECK(model_error(R"({"kind":"Sequential","options":{}})") == "layer (Sequential): the option \"layers\" is missing");
  CHECK(model_error(R"({"kind":"Residual","options":{"layers":[{"kind":"Relu"},{"kind":"Elu"}]}})") ==
        "layer shortcut (Elu): its options are missing");
  CHECK(model_error(R"({"kind":"Residual","options":{"layers":[{"kind":"Relu"}]}})") ==
        "layer (Residual): residual: takes an inner layer and a shortcut, not 1 layers");
  CHECK(model_error(R"({"kind":"Add","options":{"layers":[]}})") ==
        "layer (Add): add: there must be at least one layer");
  CHECK(model_error(R"({"kind":"Dense","options":{"in_features":1,"bias":true}})") ==
        "layer (Dense): the option \"out_features\" is missing");
  CHECK(model_error(R"({"kind":"Elu","options":{"beta":1}})") == "layer (Elu): there is no option \"beta\"");
  CHECK(model_error(R"({"kind":"Relu","options":{}})") == "layer (Relu): there is no place for \"options\"");
  CHECK(model_error(R"({"kind":"Dropout","options":{"probability":2}})").starts_with("layer (Dropout): dropout: "));
  CHECK(model_error(R"({"kind":"Gelu","options":{"approximate":"some"}})") ==
        "layer (Gelu): approximate: \"some\" is none of none, tanh");
  CHECK(model_error(R"({"kind":"AdaptiveAvgPool2d","options":{"output_size":[1,2,3]}})") ==
        "expected 2 numbers, there are 3");
  CHECK(model_error(R"({"kind":"Relu"} x)") == "more text after the end");
}

TEST_CASE("the kind of a layer may stand behind its options") {
  const TemporaryFolder folder;
  const auto path = written_model(folder, R"( { "options" : { "alpha" : 2 } , "kind" : "Elu" } )");
  CHECK(load_model<float>(path).as<Elu<float>>()->options().alpha == 2);
}

TEST_CASE("a file of a model with other weights, or without a model, is an error") {
  const TemporaryFolder folder;
  const std::string json = R"({"kind":"Dense","options":{"in_features":1,"out_features":1,"bias":true}})";
  const auto path = written_model(folder, json);
  CHECK(error_of<FileError>([&] { load_model<float>(path); }) ==
        path.string() + ": tensors \"weight\", \"bias\" are not in this file");
  Rng rng(3);
  save_state_dict(folder / "wide", Dense<float>({.in_features = 2, .out_features = 1}, rng), {{"pupil_model", json}});
  CHECK(error_of<FileError>([&] { load_model<float>(folder / "wide"); }) ==
        (folder / "wide").string() + ": tensor \"weight\" has the shape [1, 2], expected [1, 1]");
  save_state_dict(folder / "plain", Relu<float>());
  CHECK(error_of<FileError>([&] { load_model<float>(folder / "plain"); }) ==
        (folder / "plain").string() + ": no \"pupil_model\" in the metadata");
}

TEST_CASE("options that a struct inherits are written and read like its own") {
  NamedShiftOptions options;
  options.by = 0.5;
  options.times = 3;
  const std::string text = pupil::detail::option_to_json(options);
  CHECK(text == R"({"by":0.5,"times":3})");
  NamedShiftOptions same;
  JsonReader json(text, "file", "the options");
  pupil::detail::options_from_json(json, "shift", same);
  CHECK(same.by == options.by);
  CHECK(same.times == options.times);
}
