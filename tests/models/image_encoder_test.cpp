#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/image_encoder.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "parameter_gradients.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class T>
ImageEncoder<T> tiny_encoder(const std::string& architecture, Rng& rng, Index embedding_size = 3) {
  return ImageEncoder<T>(
      {.network = {.architecture = architecture, .image_size = 32, .width = 2}, .embedding_size = embedding_size}, rng);
}

/// How many parameters have a gradient other than zero, and whether all of them have one of these prefixes.
template <class Model>
std::pair<int, bool> with_gradient(Model& model, const std::vector<std::string>& prefixes) {
  int count = 0;
  bool all_have_prefix = true;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    if (std::all_of(parameter.gradient.begin(), parameter.gradient.end(), [](auto x) { return x == 0; })) return;
    ++count;
    all_have_prefix = all_have_prefix && std::any_of(prefixes.begin(), prefixes.end(),
                                                     [&](const std::string& p) { return name.begins_with(p); });
  });
  return {count, all_have_prefix};
}

}  // namespace

TEST_CASE("the encoder is its network, a dense layer and a batch norm, one after another") {
  Rng rng(2);
  const auto encoder = tiny_encoder<float>("resnet18", rng, 11);
  const auto images = random_tensor<float>(Shape{2, 32, 32, 3}, rng);
  const auto features = encoder.forward(images);
  CHECK(features.shape() == Shape{2, 11});
  CHECK(features == encoder.project(encoder.network().pooled(images)));
}

TEST_CASE("parameters of an encoder have the names that captioners' files have") {
  Rng rng(3);
  for (const auto& [architecture, first, projection] :
       {std::tuple{"resnet18", "conv1.weight", "fc"}, std::tuple{"small", "0.weight", "13"}}) {
    auto encoder = tiny_encoder<float>(architecture, rng);
    std::vector<std::string> names;
    for_each_parameter(encoder, [&](const Name& name, auto&) { names.push_back(name.str()); });
    CHECK(names.front() == first);
    const std::vector<std::string> last(names.end() - 4, names.end());
    CHECK(last == std::vector<std::string>{std::string(projection) + ".weight", std::string(projection) + ".bias",
                                           "norm.weight", "norm.bias"});
  }
}

TEST_CASE("gradients of an encoder that is trained from its third stage on agree with differences") {
  Rng rng(4);
  const auto encoder = tiny_encoder<double>("resnet18", rng);
  const Index first_trained = encoder.network().block_index("layer3");
  const auto images = random_tensor<double>(Shape{3, 32, 32, 3}, rng);
  const auto cotangent = random_tensor<double>(Shape{3, 3}, rng);
  ImageEncoder<double> subject = encoder;
  ImageEncoder<double>::Context context;
  subject.forward(images, context, first_trained);
  subject.backward(cotangent, context);
  const auto [count, only_trained] = with_gradient(subject, {"layer3", "layer4", "fc", "norm"});
  CHECK(count >= 33);  // of 34: the norm takes the dense layer's bias away again
  CHECK(only_trained);

  // The blocks before it are a function of the images alone, whose output the others may be given.
  const auto loss = [&](ImageEncoder<double>& copy) {
    ImageEncoder<double>::Context unused;
    const auto features = copy.forward(images, unused, first_trained);
    double sum = 0;
    for (Index i = 0; i < features.size(); ++i) sum += features[i] * cotangent[i];
    return sum;
  };
  ImageEncoder<double> probe = encoder;
  for_each_parameter(probe, [&](const Name& name, auto& parameter) {
    if (!name.begins_with("layer3.0")) return;
    auto gradient = parameter.gradient;
    for_each_parameter(subject, [&](const Name& other, auto& checked) {
      if constexpr (std::is_same_v<decltype(checked), decltype(parameter)>) {
        if (other.str() == name.str()) gradient = checked.gradient;
      }
    });
    const auto evaluate = [&] {
      ImageEncoder<double> copy = probe;
      return loss(copy);
    };
    testing::detail::compare_with_differences(name.str(), parameter.value, gradient, evaluate,
                                              {.step = 1e-6, .tolerance = 5e-6, .most_elements = 5});
  });
}

TEST_CASE("an encoder whose network is not trained gives its dense layer the gradients of a whole pass") {
  Rng rng(5);
  auto encoder = tiny_encoder<float>("small", rng);
  const auto images = random_tensor<float>(Shape{3, 32, 32, 3}, rng);
  const auto pooled = encoder.network().pooled(images);
  const auto dy = random_tensor<float>(Shape{3, 3}, rng);
  ImageEncoder<float>::Context context;
  const auto features = encoder.forward_pooled(pooled, context);
  encoder.backward_pooled(dy, context);
  CHECK(with_gradient(encoder, {"13", "norm"}).first >= 3);
  CHECK(with_gradient(encoder, {"13", "norm"}).second);

  auto other = tiny_encoder<float>("small", rng = Rng(5));
  const Index blocks = 4;
  CHECK(other.forward(images, context, blocks) == features);
  other.backward(dy, context);
  CHECK(with_gradient(other, {"13", "norm"}).second);
}

TEST_CASE("an encoder is not trained on one image at a time") {
  Rng rng(6);
  auto encoder = tiny_encoder<float>("small", rng);
  ImageEncoder<float>::Context context;
  CHECK(error_of<ShapeError>([&] {
          encoder.forward(Tensor<float, 4>({1, 32, 32, 3}), context);
        }) == "encoder: training needs two images or more at a time (input [1, 32, 32, 3])");
  CHECK(contains(error_of<ShapeError>([&] {
                   encoder.forward_pooled(Tensor<float, 2>({1, 32}), context);
                 }),
                 "two images or more"));
}
